/**
 * The drill of the flows table on a lab that is up and deployed: from every host and from outside it connects to every port that
 * any flow names, and to some that none does. What is declared has to be let in, all else dropped. Usage: flows.ts
 * [--listening]; with it nobody may be missing who should listen. Exit 1 when a promise is broken.
 */
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { labPlan } from '../../src/cli/lab.ts'
import { openTopology } from '../../src/cli/show.ts'
import { inNamespace, systemPath } from '../../src/lab/command.ts'
import { status } from '../../src/lab/index.ts'
import { layout, namespaceOf } from '../../src/lab/layout.ts'
import { lies } from '../../src/topology/networks.ts'
import type { Flow } from '../../src/topology/topology.ts'

/** Ports that no service has. */
const UNDECLARED = [1, 111, 2222, 5433, 31_337]

const { values } = parseArgs({
  options: { deployment: { type: 'string', default: 'lab' }, listening: { type: 'boolean', default: false } },
})
const found = await openTopology(values.deployment)
if (typeof found === 'number') process.exit(found)
const topology = found
const lab = layout(values.deployment)
const up = new Set((await status(values.deployment))?.hosts.filter((h) => h.link === 'up').map((h) => h.name))
const hosts = topology.hosts.filter(({ name }) => up.has(name))
const { client, admin, controller } = labPlan(topology)

interface Source {
  readonly name: string
  readonly address: string
  readonly namespace: string
}
const sources: readonly Source[] = [
  { name: 'controller', address: controller, namespace: namespaceOf(lab, 'controller') },
  { name: 'client', address: client, namespace: namespaceOf(lab, 'client') },
  { name: 'admin', address: admin, namespace: namespaceOf(lab, 'admin') },
  ...hosts.map(({ name, address }) => ({ name, address, namespace: namespaceOf(lab, `host-${name}`) })),
]

interface Probe {
  readonly to: string
  readonly address: string
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}
const flows = topology.flows.filter(
  (flow): flow is Flow & { protocol: 'tcp' | 'udp' } => flow.protocol !== 'vrrp',
)
const ports = [
  ...new Map(
    [
      ...flows.flatMap(({ protocol, port, lastPort }) =>
        [port, lastPort].map((p) => ({ protocol, port: p })),
      ),
      ...UNDECLARED.flatMap((port) => [
        { protocol: 'tcp' as const, port },
        { protocol: 'udp' as const, port },
      ]),
    ].map((p) => [`${p.port}/${p.protocol}`, p]),
  ).values(),
]
const held = topology.vips.filter((vip) => vip.hosts.some(({ name }) => up.has(name)))
const targets = [...hosts, ...held].flatMap(({ name, address }) =>
  ports.map((port): Probe => ({ to: name, address, ...port })),
)

const flowOf = (source: Source, { address, protocol, port }: Probe): Flow | undefined =>
  flows.find(
    (flow) =>
      flow.protocol === protocol &&
      flow.port <= port &&
      port <= flow.lastPort &&
      flow.to.includes(address) &&
      flow.from.some((network) => lies(source.address, network)),
  )

async function holderOf(address: string): Promise<string | undefined> {
  for (const { name } of hosts) {
    const { stdout } = await execa(
      'nsenter',
      [
        `--net=${namespaceOf(lab, `host-${name}`)}`,
        '--',
        'ip',
        '-4',
        '-o',
        'address',
        'show',
        'to',
        `${address}/32`,
      ],
      { reject: false, env: { PATH: systemPath() } },
    )
    if (stdout !== '') return name
  }
  return undefined
}
const holders = new Map<string, string | undefined>(
  await Promise.all(held.map(async ({ address }) => [address, await holderOf(address)] as const)),
)

let [declared, dropped, missing] = [0, 0, 0]
const broken: string[] = []
for (const source of sources) {
  // A host's own addresses are loopback's; a virtual IP that nobody holds answers nobody.
  const probes = targets.filter(
    ({ address }) =>
      address !== source.address &&
      (!holders.has(address) || ![undefined, source.name].includes(holders.get(address))),
  )
  const [program = '', ...args] = inNamespace(source.namespace, ['python3', 'test/drills/flows.py'])
  const { stdout } = await execa(program, args, {
    input: JSON.stringify(probes.map(({ address, protocol, port }) => [address, protocol, port])),
    env: { PATH: systemPath() },
  })
  const answers: readonly ('open' | 'refused' | 'silent')[] = JSON.parse(stdout) // the script's own format
  for (const [i, probe] of probes.entries()) {
    const answer = answers[i]
    const flow = flowOf(source, probe)
    const what = `${source.name} to ${probe.to} ${probe.port}/${probe.protocol}`
    if (!flow) {
      if (answer === 'silent') dropped++
      else broken.push(`${what}: ${answer}, and no flow declares it`)
    } else {
      declared++
      // A datagram that nobody answers may have arrived.
      if (answer === 'silent' && probe.protocol === 'tcp')
        broken.push(`${what}: silent, though declared (${flow.service}: ${flow.purpose})`)
      if (answer === 'refused') {
        missing++
        if (values.listening) broken.push(`${what}: nobody listens (${flow.service}: ${flow.purpose})`)
      }
    }
  }
}
for (const line of broken) console.log(line)
console.log(
  `${sources.length} sources, ${targets.length} targets: ${declared} declared ways let in (${missing} with nobody listening), ${dropped} others dropped, ${broken.length} broken`,
)
process.exit(broken.length > 0 ? 1 : 0)
