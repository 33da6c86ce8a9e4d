/**
 * The drill of the internet cut on a lab that is up and deployed: every host asks the simulated outside for a name, a page and the
 * time before it (all answered, all noted), lockdown.yml runs, and from its first restart on nothing may come outside any more.
 * Usage: lockdown.ts [--deployment lab] [--hosts NAME…] [--wait SECONDS] [--reopen]. The lab stays closed unless told to
 * reopen, after which the outside has to answer again. Exit 1 when a promise is broken.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { labPlan } from '../../src/cli/lab.ts'
import { openTopology } from '../../src/cli/show.ts'
import { arrivals, sshCommand, status, summarize } from '../../src/lab/index.ts'

/** The play that begins once every host is closed. */
const PROOF = 'PLAY [Prove that nothing needs it]'

const { values } = parseArgs({
  options: {
    deployment: { type: 'string', default: 'lab' },
    hosts: { type: 'string', multiple: true },
    wait: { type: 'string', default: '120' },
    reopen: { type: 'boolean', default: false },
  },
})
const project = process.cwd()
const { deployment } = values
const found = await openTopology(deployment)
if (typeof found === 'number') process.exit(found)
const topology = found
const plan = labPlan(topology)
const running = (await status(deployment))?.hosts.filter(({ state }) => state !== 'off') ?? []
// Verifiers run in the lab, too, and are cut from nothing.
const hosts = running
  .filter(({ name }) => topology.hosts.some((host) => host.name === name))
  .filter(({ name }) => values.hosts?.includes(name) ?? true)
const names = hosts.map(({ name }) => name)
const now = () => Date.now() / 1000
const time = (seconds: number) => new Date(seconds * 1000).toISOString()

const broken: string[] = []
const promise = (kept: boolean, what: string) => {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what}`)
  if (!kept) broken.push(what)
}

// As a program on a host would: resolve, fetch, ask for the time. Prints what was answered.
const program = `
import socket, ssl, urllib.request
answered = []
def attempt(what, ask):
    try:
        ask()
        answered.append(what)
    except OSError:
        pass
def ntp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(b"\\x23" + bytes(47), ("192.0.2.123", 123))
        s.recv(100)
trusting = ssl._create_unverified_context()
attempt("name", lambda: socket.getaddrinfo("drill.example.org", 443, socket.AF_INET))
attempt("page", lambda: urllib.request.urlopen("https://drill.example.org/", timeout=5, context=trusting).read())
attempt("address", lambda: socket.create_connection(("1.1.1.1", 443), 5).close())
attempt("time", ntp)
print(" ".join(answered))
`
const ALL = 'name page address time'

/** What the outside answers to a host. */
async function asks(name: string): Promise<string> {
  const [ssh = 'ssh', ...args] = sshCommand(plan, topology.host(name), { project, command: ['python3', '-'] })
  const { stdout, failed, stderr } = await execa(ssh, args, {
    input: program,
    reject: false,
    timeout: 120_000,
  })
  if (failed) throw new Error(`${name} could not ask: ${stderr}`)
  return stdout.trim()
}
const everybodyAsks = () => Promise.all(hosts.map(async ({ name }) => ({ name, answered: await asks(name) })))

/** Runs a playbook as people do, and says when a line of its output came. */
async function playbook(
  file: string,
  line?: string,
): Promise<{ readonly code: number; readonly at: number }> {
  const limit = values.hosts ? ['--hosts', ...names] : []
  const argv = [
    join(project, 'bin/rolewright.js'),
    'lab',
    'deploy',
    '--deployment',
    deployment,
    '--playbook',
    file,
  ]
  const child = execa(process.execPath, [...argv, ...limit], { reject: false, all: true, buffer: false })
  let at = 0
  for await (const text of child.iterable({ from: 'all' })) {
    console.log(`       ${text}`)
    if (at === 0 && line !== undefined && text.startsWith(line)) at = now()
  }
  return { code: (await child).exitCode ?? 2, at }
}

if (!existsSync(join(project, 'generated', deployment, 'lockdown.yml')))
  throw new Error('run it from the project')
if (hosts.length === 0) throw new Error(`no host of the lab ${deployment} runs`)

const began = now()
for (const { name, answered } of await everybodyAsks())
  promise(answered === ALL, `before the cut the outside answers ${name}: ${answered || 'nothing'}`)
const noted = new Set(summarize(arrivals(deployment, began), hosts).map(({ from }) => from))
promise(
  names.every((name) => noted.has(name)),
  `and has noted ${[...noted].join(', ')}`,
)

const cut = await playbook('lockdown.yml', PROOF)
promise(cut.code === 0, `lockdown.yml ended with ${cut.code}`)
promise(cut.at > 0, `every host was closed at ${time(cut.at)}; from then on everything restarted`)
await wait(Number(values.wait) * 1000)
const silent = arrivals(deployment, cut.at)
for (const { from, what, count } of summarize(silent, hosts))
  console.log(`       ${from}: ${what}, ${count} times`)
promise(
  cut.at > 0 && silent.length === 0,
  `the outside noted ${silent.length} packets between ${time(cut.at)} and ${time(now())}`,
)

// Whoever tries now does not get there, and the outside does not hear of it.
const tried = now()
for (const { name, answered } of await everybodyAsks())
  promise(answered === '', `after the cut the outside answers ${name}: ${answered || 'nothing'}`)
promise(arrivals(deployment, tried).length === 0, 'and has not heard of their questions')

if (values.reopen) {
  const opened = await playbook('reopen.yml')
  promise(opened.code === 0, `reopen.yml ended with ${opened.code}`)
  for (const { name, answered } of await everybodyAsks())
    promise(answered === ALL, `opened again, the outside answers ${name}: ${answered || 'nothing'}`)
}
console.log(broken.length === 0 ? `all promises kept by ${hosts.length} hosts` : `${broken.length} broken`)
process.exit(broken.length > 0 ? 1 : 0)
