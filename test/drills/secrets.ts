/**
 * Searches a deployed lab for its secrets: every value of the vault, the private keys, and hashes made of them, also in base64,
 * URL-encoded and in hexadecimal. Looks in generated/, in the logs that it is given (of Ansible), in the process list of this
 * machine and of every host, in every host's journal, and in every file of every host that others can read.
 * Usage: secrets.ts [--deployment lab] [--hosts NAME…] [LOG…]. Reads only. Exit 1 when one was found: prints where, and the
 * secret's name, never its value.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { parse } from 'yaml'
import { projectRoot } from '../../src/cli/project.ts'
import { vaultOf } from '../../src/cli/vault.ts'
import { projectLayout } from '../../src/lab/index.ts'
import { openLab } from './hosts.ts'
import { lineOfKey, type Pattern, patternsOf, type Secret } from './patterns.ts'

const { values, positionals: logs } = parseArgs({
  allowPositionals: true,
  options: { deployment: { type: 'string', default: 'lab' }, hosts: { type: 'string', multiple: true } },
})
const project = projectRoot()
const { deployment } = values
const lab = await openLab(deployment)
const hosts = lab.hosts.filter(({ name }) => values.hosts?.includes(name) ?? true)

// This file is bundled to dist/drills, from which the way is the same.
const program = readFileSync(new URL('../../test/drills/secrets.py', import.meta.url), 'utf8')
// The program comes with its input, so that the command line is the same for everything.
const READER = 'import sys,json;p=json.loads(sys.stdin.readline());exec(p)'
const inputOf = (task: object) => `${JSON.stringify(program)}\n${JSON.stringify(task)}`
const onHost = (name: string, task: object) => lab.run(name, [`python3 -c '${READER}'`], inputOf(task))
const here = async (task: object) =>
  (await execa('python3', ['-c', READER], { input: inputOf(task), maxBuffer: 2 ** 28 })).stdout

/** All that is decrypted on this machine. */
async function ownSecrets(): Promise<readonly Secret[]> {
  const { folder, key } = projectLayout(project, deployment)
  const passwordFile = join(folder, 'vault-password')
  const vault = vaultOf(project, passwordFile)
  const secrets = join(folder, 'secrets')
  const vars: Readonly<Record<string, unknown>> = parse(
    await vault.decrypt(join(secrets, 'group_vars/all/vault.yml')),
  )
  const keys = readdirSync(secrets).filter((name) => name.endsWith('.key'))
  return [
    ...Object.entries(vars).map(([name, value]) => ({ name, value: String(value) })),
    { name: "the vault's password", value: readFileSync(passwordFile, 'utf8').trim() },
    { name: "the controller's SSH key", value: lineOfKey(readFileSync(key, 'utf8')) },
    ...(await Promise.all(
      keys.map(async (name) => ({ name, value: lineOfKey(await vault.decrypt(join(secrets, name))) })),
    )),
  ]
}

/** Keys and hashes that lie on hosts, in files which only their owners can read. */
async function secretsOn(host: (typeof hosts)[number]): Promise<readonly Secret[]> {
  interface Collected {
    readonly keys: Readonly<Record<string, string>>
    readonly hashes: Readonly<Record<string, readonly string[]>>
  }
  const task = { do: 'collect', roots: ['/etc', '/root', '/usr/local', '/var/lib', '/home', '/srv'] }
  const { keys, hashes }: Collected = JSON.parse(await onHost(host.name, task)) // the program's own format
  return [
    ...Object.entries(keys).map(([path, value]) => ({ name: `key ${host.name}:${path}`, value })),
    ...Object.entries(hashes).flatMap(([path, several]) =>
      several.map((value, i) => ({ name: `hash ${i + 1} of ${host.name}:${path}`, value })),
    ),
  ]
}

const began = Date.now()
const secrets = [...(await ownSecrets())]
for (const host of hosts) secrets.push(...(await secretsOn(host)))
const patterns: readonly Pattern[] = [
  ...patternsOf(secrets),
  { text: 'PRIVATE KEY-----', shown: 'some private key' },
]
const texts = patterns.map(({ text }) => text)
const places: string[] = []
const note = (where: string, answer: string) => {
  const list: readonly (readonly [string, number])[] = JSON.parse(answer) // the program's own format
  for (const [place, number] of list) places.push(`${where}: ${place}: ${patterns[number]?.shown}`)
}
const search = { do: 'search', patterns: texts, journal: null, processes: true }
const missing = logs.filter((log) => !existsSync(log))
if (missing.length > 0) throw new Error(`there is no ${missing.join(', ')}`)
note(
  'here',
  await here({
    ...search,
    // Logs may be readable by root alone.
    owners: true,
    roots: [join(project, 'generated'), ...logs],
  }),
)
const searched = ['generated/', ...(logs.length > 0 ? [`${logs.length} logs`] : [])]
for (const host of hosts) {
  const task = {
    ...search,
    roots: ['/'],
    journal: ['journalctl', '--all', '--output=json', '--no-pager'],
  }
  note(host.name, await onHost(host.name, task))
}
for (const place of places) console.log(place)
const names = new Set(secrets.map(({ name }) => name)).size
console.log(
  `${names} secrets in ${patterns.length} forms: ${places.length} found in ${searched.join(', ')}, and files, processes and journals of ${hosts.length} hosts, in ${Math.round((Date.now() - began) / 1000)} s`,
)
process.exit(places.length > 0 ? 1 : 0)
