/**
 * The drill of the packet filter on a host that publishes ports of containers, on a lab that is up and deployed. It runs
 * containers of a root made of busybox alone, which publish a declared port, a port on all addresses that no flow names, and
 * one without an address in a network of its own. Then every host and everybody outside asks for each of them, and for the
 * container itself over a route. Only who is declared may get through: as deployed, after a restart of Docker, and with either
 * of the two rule sets alone. Without both everybody must, or the drill would prove nothing. Usage: docker.ts [--deployment
 * <name>]. Needs busybox-static here, and nobody else at the declared port there. Exit 1 when a promise is broken.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { openTopology } from '../../src/cli/show.ts'
import { inNamespace, run } from '../../src/lab/command.ts'
import { status } from '../../src/lab/index.ts'
import { layout, namespaceOf } from '../../src/lab/layout.ts'
import { lies } from '../../src/topology/networks.ts'

const IMAGE = 'drill:1'
const NETWORK = 'drill'
/** A port on all addresses, and one that names none. */
const [WILD, PLAIN] = [8082, 8083]
const SERVED = 8080

const { values } = parseArgs({ options: { deployment: { type: 'string', default: 'lab' } } })
const topology = await openTopology(values.deployment)
if (typeof topology === 'number') process.exit(topology)
const { input } = topology.deployment
const [name = ''] = input.services.firewall?.docker ?? []
const docker = topology.host(name)
const flow = topology.flows.find(({ service, to }) => service === 'matrix' && to.includes(docker.address))
if (!flow) throw new Error(`Nothing of Matrix is declared on ${name}.`)

const lab = layout(values.deployment)
const up = (await status(values.deployment))?.hosts.filter(({ link }) => link === 'up') ?? []
const tenth = (cidr: string | undefined) => (cidr ?? '').replace(/\d+\/\d+$/, '10')
const sources = [
  { name: 'controller', address: input.controller },
  { name: 'client', address: tenth(input.clients[0]) },
  { name: 'admin', address: tenth(input.admins[0]) },
  ...topology.hosts
    .filter((host) => host.name !== name && up.some((one) => one.name === host.name))
    .map((host) => ({ name: `host-${host.name}`, address: host.address })),
]

const on = async (script: string, inputFile?: string): Promise<string> => {
  const { stdout } = await execa(
    process.execPath,
    ['bin/rolewright.js', 'lab', 'ssh', '--deployment', values.deployment, name, script],
    { stderr: 'inherit', ...(inputFile ? { inputFile } : { stdin: 'ignore' }) },
  )
  return stdout
}
const from = (namespace: string, ...argv: string[]) => run(inNamespace(namespaceOf(lab, namespace), argv))

/** Makes an image out of busybox alone. */
async function makeImage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drill-'))
  try {
    await run(['install', '-D', '/bin/busybox', join(folder, 'bin/busybox')])
    await run(['install', '-d', join(folder, 'www')])
    const tar = join(folder, 'root.tar')
    await run(['tar', '-C', folder, '-cf', tar, 'bin', 'www'])
    await on(`docker import - ${IMAGE}`, tar)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const start = async (published: string, network = 'bridge'): Promise<string> => {
  // A lab may not raise limits, and its container the less.
  const limits = '--ulimit nofile=1024:1024 --restart=unless-stopped --label drill'
  const serve = `/bin/busybox httpd -f -p ${SERVED} -h /www`
  const id = await on(
    `docker run --detach ${limits} --network ${network} --publish ${published} ${IMAGE} ${serve}`,
  )
  return on(`docker inspect --format '{{.NetworkSettings.IPAddress}}' ${id}`)
}

const ASK = `import socket, sys
for target in sys.argv[1:]:
    host, port = target.split(":")
    with socket.socket() as s:
        s.settimeout(1.5)
        try:
            s.connect((host, int(port)))
            # A proxy of Docker's accepts before it knows whether anybody is behind it.
            s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            print("open" if s.recv(4) else "closed")
        except OSError:
            print("closed")`

const broken: string[] = []
let asked = 0
/** Asks from everywhere; `wanted` says whether it should get through. */
async function ask(
  phase: string,
  targets: Readonly<Record<string, string>>,
  wanted: (source: string, target: string) => boolean,
): Promise<void> {
  const through: string[] = []
  for (const { name: source, address } of sources) {
    const answers = (await from(source, 'python3', '-c', ASK, ...Object.values(targets))).split('\n')
    for (const [i, target] of Object.keys(targets).entries()) {
      const open = answers[i] === 'open'
      asked++
      if (open) through.push(`${source} to ${target}`)
      if (open !== wanted(address, target))
        broken.push(`${phase}: ${source} to ${target} was ${open ? 'let through' : 'stopped'}`)
    }
  }
  console.log(`${phase}: ${through.length > 0 ? through.join(', ') : 'nobody'}`)
}

/** Around every network that Docker has by itself or from us. */
const pool = '172.16.0.0/12'
await makeImage()
await from('fabric', 'ip', 'route', 'replace', pool, 'via', docker.address)
try {
  const inside = await start(`${docker.address}:${flow.port}:${SERVED}`)
  await start(`0.0.0.0:${WILD}:${SERVED}`)
  // Networks that are made later have a default of their own.
  await on(`docker network create ${NETWORK}`)
  await start(`${PLAIN}:${SERVED}`, NETWORK)
  const targets = {
    [`declared port ${flow.port}`]: `${docker.address}:${flow.port}`,
    'port on all addresses': `${docker.address}:${WILD}`,
    'port without an address': `${docker.address}:${PLAIN}`,
    'container itself': `${inside}:${SERVED}`,
  }
  const declared = (address: string, target: string) =>
    target.startsWith('declared') && flow.from.some((network) => lies(address, network))
  await ask('as deployed', targets, declared)
  await on('systemctl restart docker')
  await ask('after a restart of Docker', targets, declared)
  await on('iptables -F DOCKER-USER')
  await ask('with the own table alone', targets, declared)
  await on('/usr/local/libexec/firewall load && nft delete table inet firewall')
  await ask('with DOCKER-USER alone', targets, declared)
  await on('iptables -F DOCKER-USER')
  await ask('without rules', targets, (_address, target) => target !== 'port without an address')
} finally {
  await on('/usr/local/libexec/firewall load')
  await on(`docker ps --all --quiet --filter label=drill | xargs --no-run-if-empty docker rm --force`)
  await on(`docker network rm --force ${NETWORK}; docker rmi --force ${IMAGE}`)
  await from('fabric', 'ip', 'route', 'delete', pool)
}
for (const line of broken) console.log(line)
console.log(`${sources.length} sources, ${asked} questions, ${broken.length} broken`)
process.exit(broken.length > 0 ? 1 : 0)
