/**
 * The failover drill on a lab that is up and deployed: a client writes through the virtual IP while the primary's link is
 * cut at the bridge. Usage: failover.ts --vip with|elsewhere --runs N [--heal SECONDS]. Exit 1 when a promise is broken.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { parse } from 'yaml'
import { labPlan } from '../../src/cli/lab.ts'
import { openTopology } from '../../src/cli/show.ts'
import { cutLink, healLink, killHost, runInside, sshCommand, up } from '../../src/lab/index.ts'

/** Seconds without an acknowledgement that the deployment promises not to pass (`decisions.md`: 20 to 26 s measured). */
const PROMISED = 30
/** Seconds after the cut at which the silent primary's processes are killed. */
const KILL_AFTER = 60

const { values } = parseArgs({
  options: {
    vip: { type: 'string', default: 'with' },
    runs: { type: 'string', default: '1' },
    heal: { type: 'string' },
  },
})
const project = process.cwd()
const topology = await openTopology('lab')
if (typeof topology === 'number') process.exit(topology)
const plan = labPlan(topology)
const members = topology.service('database')?.hosts.map((h) => h.name) ?? []
const vip = topology.vip('database')

async function on(host: string, ...command: readonly string[]): Promise<string> {
  const [program = 'ssh', ...args] = sshCommand(plan, topologyHost(host), { project, command })
  const result = await execa(program, args, { reject: false, timeout: 30_000 })
  return result.stdout
}
const topologyHost = (name: string) => (typeof topology === 'number' ? { address: '' } : topology.host(name))

interface Member {
  readonly Member: string
  readonly Role: string
  readonly State: string
  readonly TL: number
}
async function cluster(from: string): Promise<readonly Member[]> {
  try {
    return JSON.parse(await on(from, 'patronictl', '-c', '/etc/patroni/config.yml', 'list', '-f', 'json'))
  } catch {
    return []
  }
}
const holds = async (host: string) =>
  (await on(host, 'ip', '-4', '-o', 'addr', 'show')).includes(`${vip.address}/`)

async function until(what: string, seconds: number, test: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    if (await test()) return
    await wait(1000)
  }
  throw new Error(`${what} did not happen within ${seconds} s`)
}
const healthy = async () => {
  const list = await cluster(members[0] ?? '')
  return (
    list.length === members.length &&
    list.filter((m) => m.Role === 'Leader').length === 1 &&
    list.some((m) => m.Role === 'Sync Standby' || m.Role === 'Quorum Standby') &&
    list.every((m) => m.State === 'running' || m.State === 'streaming') &&
    new Set(list.map((m) => m.TL)).size === 1
  )
}

/** The primary on the host that holds the VIP, or on another. */
async function arrange(): Promise<string> {
  await until('a healthy cluster', 180, healthy)
  const holder = (
    await Promise.all(vip.hosts.map(async (h) => ((await holds(h.name)) ? h.name : undefined)))
  ).find(Boolean)
  const leader = (await cluster(members[0] ?? '')).find((m) => m.Role === 'Leader')?.Member ?? ''
  const wanted =
    values.vip === 'with' ? holder : leader === holder ? members.find((m) => m !== holder) : leader
  if (wanted && wanted !== leader) {
    await until('a synchronous candidate', 60, async () =>
      (
        await on(
          leader,
          'patronictl',
          '-c',
          '/etc/patroni/config.yml',
          'switchover',
          '--leader',
          leader,
          '--candidate',
          wanted,
          '--force',
        )
      ).includes('Successfully'),
    )
    await until('a healthy cluster after the switchover', 120, healthy)
  }
  return wanted ?? leader
}

async function secret(): Promise<string> {
  const { stdout } = await execa(
    join(project, '.venv/bin/ansible-vault'),
    [
      'decrypt',
      '--output',
      '-',
      '--vault-password-file',
      join(project, '.lab/lab/vault-password'),
      join(project, '.lab/lab/secrets/group_vars/all/vault.yml'),
    ],
    { env: { LC_ALL: 'C.UTF-8' } },
  )
  return String(parse(stdout).vault_database_synapse_password)
}
const password = await secret()
async function sql(text: string): Promise<string> {
  const program =
    "import os,sys,psycopg2\nc=psycopg2.connect(host=sys.argv[1],port=6432,dbname='synapse',user='synapse',connect_timeout=5)\nc.autocommit=True\nk=c.cursor()\nk.execute(sys.argv[2])\nprint('\\n'.join(str(r[0]) for r in (k.fetchall() if k.description else [])))"
  const result = await runInside(
    'lab',
    [join(project, '.venv/bin/python'), '-c', program, vip.address, text],
    { from: 'client', stdio: 'pipe', env: { PGPASSWORD: password } },
  )
  if (result.exitCode !== 0) throw new Error(`the client could not run ${text}: ${result.stderr}`)
  return result.stdout
}

let broken = 0
for (let run = 1; run <= Number(values.runs); run++) {
  const primary = await arrange()
  await sql('DROP TABLE IF EXISTS drill; CREATE TABLE drill (number integer PRIMARY KEY)')
  const file = join(mkdtempSync(join(tmpdir(), 'drill-')), 'acknowledged')
  const heal = values.heal === undefined ? undefined : Number(values.heal)
  const seconds = 10 + (heal ?? KILL_AFTER) + 30
  const writing = runInside(
    'lab',
    [
      join(project, '.venv/bin/python'),
      join(project, 'test/drills/writer.py'),
      vip.address,
      '6432',
      String(seconds),
      file,
    ],
    { from: 'client', stdio: 'pipe', env: { PGPASSWORD: password } },
  )
  await wait(10_000)
  await cutLink({ deployment: 'lab', host: primary })
  await wait((heal ?? KILL_AFTER) * 1000)
  if (heal === undefined) {
    await killHost({ deployment: 'lab', host: primary })
    await up(plan, { project, only: [primary] })
  }
  await healLink({ deployment: 'lab', host: primary })
  const written = await writing
  if (written.exitCode !== 0) throw new Error(`the writer failed: ${written.stderr}`)
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((l) => l.split(' ').map(Number))
  const gap = Math.max(...lines.slice(1).map(([, t = 0], i) => t - (lines[i]?.[1] ?? t)))
  await until(`${primary} joins again`, 180, healthy)
  const present = new Set((await sql('SELECT number FROM drill')).split('\n').map(Number))
  const lost = lines.filter(([n = 0]) => !present.has(n)).length
  const timelines = new Set((await cluster(members[0] ?? '')).map((m) => m.TL)).size
  const kept = gap <= PROMISED && lost === 0 && timelines === 1
  if (!kept) broken++
  console.log(
    `run ${run}: primary ${primary}, VIP ${values.vip}: ${gap.toFixed(1)} s without an acknowledgement, ${lines.length} acknowledged, ${lost} lost, ${timelines} timeline${heal === undefined ? '' : `, link back after ${heal} s`}${kept ? '' : '  BROKEN'}`,
  )
}
console.log(`${Number(values.runs) - broken} passed, ${broken} failed`)
process.exit(broken > 0 ? 1 : 0)
