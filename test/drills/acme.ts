/**
 * The drill of certificates from an ACME server, on a lab in which an edge host and coturn1 are up and deployed. Pebble runs at the
 * controller's address, and a name server that it asks. Certificates are ordered with TXT records by RFC 2136, seen by
 * clients, left alone by a second run, ordered anew with TXT records of a command, and made by the internal CA again at the end.
 * Usage: acme.ts [--pebble <program>]; it is built with Go unless told. Exit 1 when a promise is broken.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import lab from '../../inventory/lab.ts'
import { buildGo } from '../../src/artifacts/go.ts'
import { loadSources } from '../../src/compile/load.ts'
import { compileProject } from '../../src/emit/project.ts'
import { emitMapping } from '../../src/emit/yaml.ts'
import { inNamespace, systemPath } from '../../src/lab/command.ts'
import { layout, namespaceOf } from '../../src/lab/layout.ts'
import { extend } from '../../src/topology/deployment.ts'
import { openLab } from './hosts.ts'

const PEBBLE = {
  go: '1.26.8',
  module: 'github.com/letsencrypt/pebble/v2@v2.10.1',
  package: './cmd/pebble',
  variables: {},
}
const SERVER = '127.0.0.1'
const DIRECTORY = `https://${SERVER}:14000/dir`

const { values } = parseArgs({ options: { pebble: { type: 'string' } } })
const project = process.cwd()
const python = join(project, '.venv/bin/python')
const scratch = mkdtempSync(join(tmpdir(), 'rolewright-acme-'))
const at = (name: string) => join(scratch, name)
const controller = namespaceOf(layout('lab'), 'controller')
const client = namespaceOf(layout('lab'), 'client')
const { domain, vips, hosts } = lab.input

/** The edge host that answers clients: whichever of those that are up holds the virtual IP. */
async function holder(): Promise<string> {
  const { hosts: up, run: on } = await openLab('lab')
  for (const { name } of up.filter((host) => vips.edge?.hosts.some((one) => one === host.name)))
    if ((await on(name, ['ip -o -4 address'])).includes(` ${vips.edge?.address}/`)) return name
  throw new Error('no edge host that is up holds the virtual IP')
}
const EDGE = await holder()
const HOSTS = [EDGE, 'coturn1'] as const

const broken: string[] = []
function promise(what: string, kept: boolean): void {
  process.stdout.write(`${kept ? 'kept' : 'BROKEN'}: ${what}\n`)
  if (!kept) broken.push(what)
}

async function run(argv: readonly string[], namespace?: string, input = ''): Promise<string> {
  const [file = '', ...args] = namespace ? inNamespace(namespace, argv) : argv
  const { all = '' } = await execa(file, args, {
    reject: false,
    all: true,
    input,
    env: { PATH: systemPath() },
  })
  return all
}

/** A server at the controller's address, which ends with the drill; resolves when it says that it is ready. */
async function serve(argv: readonly string[], ready: RegExp, env: Readonly<Record<string, string>> = {}) {
  const [file = '', ...args] = inNamespace(controller, argv)
  const child = execa(file, args, { reject: false, all: true, env: { PATH: systemPath(), ...env } })
  let said = ''
  child.all?.on('data', (text) => {
    said += String(text)
  })
  for (let tries = 0; !ready.test(said); tries++) {
    if (tries === 100) throw new Error(`${argv.join(' ')} does not get ready: ${said}`)
    await wait(100)
  }
  return { end: () => child.kill('SIGTERM'), said: () => said }
}

/** The lab's values for the role tls, with certificates for clients of the drill's server. */
async function writeInventory(dns: object): Promise<string> {
  const deployment = extend(lab, {
    name: 'lab',
    services: {
      // A drill's own: extend() knows names of services, and its options are checked by the build.
      tls: {
        mode: 'acme',
        acme: { directory: DIRECTORY, termsAgreed: true, dns, nameservers: [SERVER] },
      } as object,
    },
  })
  const sources = await loadSources(project, project)
  const { deployments, findings } = await compileProject({ ...sources, deployments: [deployment] }, {})
  for (const { severity, message } of findings) process.stdout.write(`${severity}: ${message}\n`)
  const inventory = deployments.get('lab')?.inventory
  const folder = at('inventory')
  mkdirSync(join(folder, 'host_vars'), { recursive: true })
  writeFileSync(
    join(folder, 'hosts.yml'),
    `all: {hosts: {${HOSTS.map((name) => `${name}: {}`).join(', ')}}}\n`,
  )
  for (const name of HOSTS) {
    const all = { ...inventory?.groupVars.get('tls'), ...inventory?.hostVars.get(name) }
    const own = {
      ...Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith('tls_'))),
      tls_acme_account_key_file: at('account.key'),
      ...('server' in dns ? { tls_acme_dns_key_file: at('tsig.key') } : {}),
    }
    const entries = Object.entries(own).map(([key, value]) => ({ key, value }))
    writeFileSync(join(folder, 'host_vars', `${name}.yml`), emitMapping(entries))
  }
  return folder
}

/** Runs certificates.yml, as the controller would; returns what Ansible said. */
async function renew(inventory: string | undefined, ...args: readonly string[]): Promise<string> {
  const inventories = inventory
    ? ['inventory', '../../.lab/lab/secrets/hosts.yml', inventory].flatMap((i) => ['-i', i])
    : []
  const { all = '', exitCode } = await execa(
    'node',
    [
      'bin/rolewright.js',
      'lab',
      'deploy',
      '--hosts',
      ...HOSTS,
      '--playbook',
      'certificates.yml',
      '--',
      ...inventories,
      ...args,
    ],
    { reject: false, all: true, env: { SSL_CERT_FILE: at('pebble.crt'), NO_COLOR: '1' } },
  )
  if (exitCode !== 0) throw new Error(all.slice(-6000))
  return all
}
const changes = (output: string): number =>
  [...output.matchAll(/ changed=(\d+) /g)].reduce((sum, [, count]) => sum + Number(count), 0)
const report = (output: string): readonly string[] =>
  [...output.matchAll(/^ +- (\d{4}-\d\d-\d\d .*)$/gm)].map(([, line]) => line ?? '')

/** What a client is shown, and whether it believes it with one CA alone. */
async function shown(address: string, name: string, ca: string) {
  const said = await run(
    [
      'openssl',
      's_client',
      '-connect',
      address,
      '-servername',
      name,
      '-verify_hostname',
      name,
      '-CAfile',
      ca,
      '-showcerts',
    ],
    client,
  )
  return {
    believed: said.includes('Verify return code: 0 (ok)'),
    length: said.split('BEGIN CERTIFICATE').length - 1,
    serial: await run(['openssl', 'x509', '-noout', '-serial'], undefined, said),
  }
}
const addresses = {
  edge: { address: `${vips.edge?.address}:443`, name: `matrix.${domain}` },
  coturn1: { address: `${hosts.coturn1?.address}:5349`, name: `coturn1.${domain}` },
} as const
const seen = async (ca: string) => ({
  edge: await shown(addresses.edge.address, addresses.edge.name, ca),
  coturn1: await shown(addresses.coturn1.address, addresses.coturn1.name, ca),
})

const servers: { end: () => unknown }[] = []
try {
  const pebble = values.pebble ?? at('pebble')
  if (!values.pebble) await buildGo(PEBBLE, process.cwd(), pebble)
  await run([
    ...[
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ],
    ...['-subj', '/CN=pebble', '-addext', `subjectAltName=IP:${SERVER}`],
    ...['-keyout', at('pebble.key'), '-out', at('pebble.crt')],
  ])
  await run([
    'openssl',
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-out',
    at('account.key'),
  ])
  writeFileSync(at('tsig.key'), `${randomBytes(32).toString('base64')}\n`)
  mkdirSync(at('txt'))
  const config = {
    pebble: {
      listenAddress: `${SERVER}:14000`,
      managementListenAddress: `${SERVER}:15000`,
      certificate: at('pebble.crt'),
      privateKey: at('pebble.key'),
      httpPort: 80,
      tlsPort: 443,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
      profiles: { default: { description: 'As Let us Encrypt does today', validityPeriod: 90 * 86_400 } },
    },
  }
  writeFileSync(at('pebble.json'), JSON.stringify(config))
  const names = await serve(
    [python, 'test/drills/acme/nameserver.py', SERVER, domain, 'drill.', at('tsig.key'), at('txt')],
    /ready/,
  )
  const server = await serve(
    [pebble, '-config', at('pebble.json'), '-dnsserver', `${SERVER}:53`],
    /Listening on/,
    {
      PEBBLE_VA_NOSLEEP: '1',
    },
  )
  servers.push(names, server)
  await wait(1000)
  const root = await run(
    ['curl', '-sS', '--cacert', at('pebble.crt'), `https://${SERVER}:15000/roots/0`],
    controller,
  )
  writeFileSync(at('root.crt'), root)
  const own = join(project, '.lab/lab/secrets/ca.crt')

  const before = await seen(own)
  promise('clients see the internal CA before', before.edge.believed && before.coturn1.believed)

  const rfc2136 = await writeInventory({ server: SERVER, zone: domain, keyName: 'drill.' })
  const asked = await renew(rfc2136, '--check')
  promise('check mode says what it would order', asked.match(/lacks a good certificate/g)?.length === 2)
  promise('check mode asks nobody', !server.said().includes('POST /order-plz'))
  const first = await renew(rfc2136)
  process.stdout.write(`${report(first).join('\n')}\n`)
  const ordered = await seen(at('root.crt'))
  promise('clients believe certificates of the server', ordered.edge.believed && ordered.coturn1.believed)
  promise('the chain comes with them', ordered.edge.length === 2 && ordered.coturn1.length === 2)
  promise('the proof is taken away again', (names.said().match(/update .* \[\]/g) ?? []).length > 0)
  const second = await renew(rfc2136)
  promise('a second run changes nothing', changes(second) === 0)
  promise('nor does check mode', changes(await renew(rfc2136, '--check')) === 0)
  promise('the soonest end comes first', report(second).join('\n') === [...report(second)].sort().join('\n'))

  const command = [python, join(project, 'test/drills/acme/txt.py'), at('txt')]
  rmSync(rfc2136, { recursive: true })
  const hooked = await writeInventory({ command })
  await renew(hooked, '-e', 'tls_renew_all=true')
  const again = await seen(at('root.crt'))
  promise('clients believe what a command proved', again.edge.believed && again.coturn1.believed)
  promise(
    'they are other certificates',
    again.edge.serial !== ordered.edge.serial && again.coturn1.serial !== ordered.coturn1.serial,
  )

  await renew(undefined)
  const after = await seen(own)
  promise('the internal CA signs again', after.edge.believed && after.coturn1.believed)
  promise('and a run after that changes nothing', changes(await renew(undefined)) === 0)
  if (broken.length > 0) process.stdout.write(server.said().slice(-4000))
} finally {
  for (const { end } of servers) end()
  rmSync(scratch, { recursive: true, force: true })
}
process.stdout.write(broken.length === 0 ? 'all promises kept\n' : `${broken.length} broken\n`)
process.exit(broken.length === 0 ? 0 : 1)
