import { z } from 'zod'
import {
  type CertificateNeed,
  defineService,
  frontendsOf,
  type Listener,
  type Need,
  namesOfVip,
  type OptionsOf,
  type PlacedService,
  roleValues,
  type Size,
  type Topology,
  type TopologyHost,
} from '#topology'
import { BYTES_PER_CONNECTION, webCapacity } from './capacity.ts'
import { portRanges } from './ports.ts'
import role from './role.ts'
import { roomForAddresses, roomForUsers } from './rules.ts'
import { backendValues, portOf } from './servers.ts'
import { servedNames, WEB_CERTIFICATE, webFrontends, webNeeds, webOptions, webValues } from './web.ts'

/** The share of a host's memory that connections may take, since databases and stores may live beside HAProxy. */
const SHARE_OF_MEMORY = 0.1
/** The same of a host that holds the web proxy's virtual IP, whose work it is. */
const SHARE_OF_WEB = 0.5
/** Ports from which a web proxy opens connections. */
const LOCAL_PORTS = { first: 1024, last: 65_535 } as const
/** What a browser opens at most to one name in HTTP/1.1; with HTTP/2 it is one. */
const CONNECTIONS_PER_USER = 6

const options = z.object({
  web: webOptions.optional().describe('The web proxy of all sites that services declare; none unless told.'),
  maxConnections: z
    .int()
    .min(100)
    .optional()
    .describe('Connections at most on each host; from its memory unless told.'),
  manageSysctl: z
    .boolean()
    .default(true)
    .describe("Whether HAProxy sets the kernel's parameters that it needs."),
})
export type Options = z.output<typeof options>

interface Passed {
  readonly service: PlacedService
  readonly listener: Listener
}
const passedListeners = (topology: Topology): readonly Passed[] =>
  topology.services.flatMap((service) => service.listeners.map((listener) => ({ service, listener })))

/** Of those on virtual IPs, what is on one that a host may hold. */
const heldBy =
  (topology: Topology, host: string) =>
  ({ vip }: { readonly vip: string }): boolean =>
    topology.vip(vip).hosts.some(({ name }) => name === host)

/** The web proxy's options on a host that may hold its virtual IP. */
const webOf = ({ web }: Options, topology: Topology, host: string) =>
  web && heldBy(topology, host)(web) ? web : undefined

function maximum(
  options: Options,
  host: TopologyHost,
  topology: Topology,
  users = topology.deployment.input.expects?.users ?? 10_000,
): Pick<Size, 'value' | 'formula'> {
  if (options.maxConnections !== undefined) return { value: options.maxConnections, formula: 'as told' }
  const fitting = (share: number) => Math.floor((host.memory * share) / BYTES_PER_CONNECTION / 100) * 100
  return webOf(options, topology, host.name)
    ? {
        value: Math.max(1000, Math.min(users * CONNECTIONS_PER_USER, fitting(SHARE_OF_WEB))),
        formula: `${CONNECTIONS_PER_USER} for each user, within half of the memory at 64 KiB a connection`,
      }
    : {
        value: Math.max(1000, Math.min(60_000, fitting(SHARE_OF_MEMORY))),
        formula: 'a tenth of the memory at 64 KiB a connection, 1,000 to 60,000',
      }
}

function listenerNeeds(topology: Topology, { service, listener }: Passed): readonly Need[] {
  const from = topology.vip(listener.vip).hosts.map(({ name }) => name)
  const traffic = { service: service.name, endpoint: listener.endpoint }
  if (listener.check.kind === 'tcp') return [{ from, to: traffic, purpose: listener.purpose }]
  const asked = { service: service.name, endpoint: listener.check.endpoint }
  return [
    { from, to: traffic, purpose: listener.purpose },
    { from, to: asked, purpose: `health checks of ${listener.name}` },
  ]
}

/** The certificate of HAProxy itself on a host, which is for the virtual IPs too where listeners answer with TLS. */
function ownCertificate(topology: Topology, host: string): CertificateNeed {
  const answered = passedListeners(topology).filter(({ listener }) => listener.clientTls)
  const vips = topology.vips.filter((vip) =>
    answered.some(({ listener }) => listener.vip === vip.name && heldBy(topology, host)(listener)),
  )
  return {
    name: 'haproxy',
    hosts: [host],
    names: vips.flatMap(namesOfVip),
    addresses: vips.map(({ address }) => address),
    reload: ['haproxy'],
  }
}

const listenerValues = (topology: Topology, { service, listener }: Passed) => ({
  ...backendValues(service, listener),
  address: topology.vip(listener.vip).address,
  port: listener.port,
  mode: listener.mode ?? ('tcp' as const),
  ...(listener.clientTls ? { certificate: '/etc/tls/haproxy/haproxy.crt' } : {}),
})

/** Ports of a host on which something listens, among those that connections may be opened from. */
const listening = (topology: Topology, host: TopologyHost): readonly number[] => [
  ...new Set(
    topology.services
      .flatMap((service) => [
        ...(service.hosts.includes(host) ? service.endpoints : []),
        ...frontendsOf(service).filter(heldBy(topology, host.name)),
      ])
      .map(({ port }) => port)
      .filter((port) => port >= LOCAL_PORTS.first),
  ),
]

/** Nearly all ports but those on which something of the host listens, since one address serves a whole site's users. */
const localPorts = (topology: Topology, host: TopologyHost) => ({
  ...LOCAL_PORTS,
  reserved: portRanges(listening(topology, host)),
})

/** Who asks for the statistics of a host, as the flows say. */
function statsSources(topology: Topology, port: number, { address }: TopologyHost) {
  const flows = topology.flows.filter(
    (f) => f.service === 'haproxy' && f.port === port && f.to.includes(address),
  )
  const from = [...new Set(flows.flatMap((flow) => flow.from))]
  return from.length > 0 ? { stats_sources: from } : {}
}

const service = defineService({
  name: 'haproxy',
  summary: 'HAProxy on every host that may hold a virtual IP with listeners, and the web proxy of all sites.',
  options,
  rules: [roomForUsers, roomForAddresses],

  follow: ({ web }, topology) => {
    const passed = passedListeners(topology)
    const frontends = web ? webFrontends(web, topology) : []
    const vips = new Set([...passed.map(({ listener }) => listener.vip), ...frontends.map(({ vip }) => vip)])
    const hosts = [...new Set([...vips].flatMap((vip) => topology.vip(vip).hosts.map(({ name }) => name)))]
    return {
      hosts,
      endpoints: [
        {
          name: 'stats',
          port: 8404,
          protocol: 'tcp',
          purpose: 'statistics and metrics of HAProxy',
          metrics: {},
        },
      ],
      frontends,
      needs: [
        ...passed.flatMap((listener) => listenerNeeds(topology, listener)),
        ...(web ? webNeeds(web, topology) : []),
        {
          from: [],
          outside: ['admins'],
          to: { service: 'haproxy', endpoint: 'stats' },
          purpose: 'statistics for people',
        },
      ],
      certificates: [
        ...hosts.map((host) => ownCertificate(topology, host)),
        ...(web && frontends.length > 0
          ? [
              {
                name: WEB_CERTIFICATE,
                hosts: topology.vip(web.vip).hosts.map(({ name }) => name),
                names: servedNames(topology),
                addresses: [topology.vip(web.vip).address],
                public: true as const,
                reload: ['haproxy'],
              },
            ]
          : []),
      ],
      packages: [{ name: 'haproxy' }],
      units: ['haproxy'],
      interruptions: [
        {
          unit: 'haproxy',
          restart: 'connections through this proxy break; where it holds a virtual IP that moves at once',
          felt: true,
        },
      ],
    }
  },

  sizes: (options, host, topology) => [
    { name: 'max_connections', unit: 'connections', ...maximum(options, host, topology) },
  ],

  capacity: (options, topology) =>
    options.web
      ? webCapacity(topology, {
          vip: options.web.vip,
          maximum: (host, users) => maximum(options, host, topology, users).value,
          localPorts: (host) => LOCAL_PORTS.last - LOCAL_PORTS.first + 1 - listening(topology, host).length,
        })
      : [],

  variables: (options, topology) => {
    const placed = topology.service('haproxy')
    if (!placed) return []
    const stats = portOf(placed, 'stats')
    return [
      roleValues(
        role,
        placed.hosts.map(({ name }) => name),
        (host) => {
          const web = webOf(options, topology, host.name)
          return {
            listeners: passedListeners(topology)
              .filter(({ listener }) => heldBy(topology, host.name)(listener))
              .map((passed) => listenerValues(topology, passed)),
            ...(web ? { ...webValues(web, topology), local_ports: localPorts(topology, host) } : {}),
            max_connections: topology.size('haproxy', host.name, 'max_connections'),
            threads: Math.min(host.cpus, 4),
            ca_file: '/etc/tls/haproxy/ca.crt',
            stats_address: host.address,
            stats_port: stats,
            ...statsSources(topology, stats, host),
            manage_sysctl: options.manageSysctl,
          }
        },
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    haproxy: OptionsOf<typeof service, Host, Vip>
  }
}
