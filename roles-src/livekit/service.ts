import { z } from 'zod'
import {
  artifact,
  DeploymentError,
  defineService,
  type Endpoint,
  hostName,
  type OptionsOf,
  roleValues,
  secretRef,
  type Topology,
} from '#topology'
import { relayName } from '../coturn/service.ts'
import { API_KEY, API_ROUTE, controlName, nodeName, WEBHOOK_ROUTE } from './names.ts'
import { ports } from './ports.ts'
import role from './role.ts'

/** The share of its network that a node may fill before it takes no further room. */
const SHARE_OF_NETWORK = 0.8
const REDIS_PASSWORD = 'redis_livekit_password'

const udpPorts = z
  .object({
    mode: z
      .enum(['mux', 'range'])
      .describe('`mux`: participants share the ports. `range`: each takes two, so that 100 ports carry 50.'),
    first: z.int().min(1024).max(65535).describe('First port.'),
    last: z.int().min(1024).max(65535).describe('Last port.'),
  })
  .refine(({ first, last }) => first < last, { message: 'The last port must come after the first' })

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Nodes; several share a Redis.'),
  udpPorts: udpPorts
    .default({ mode: 'mux', first: ports.udpFirst, last: ports.udpLast })
    .describe('UDP ports of media.'),
  participantsPerRoom: z
    .int()
    .min(0)
    .default(0)
    .describe('Participants of a room at most; 0 for any number.'),
})
type Options = z.output<typeof options>

const endpoints = ({ udpPorts }: Options): readonly Endpoint[] => [
  { name: 'signal', port: ports.signal, protocol: 'tcp', purpose: 'signalling of calls' },
  { name: 'media_tcp', port: ports.tcp, protocol: 'tcp', purpose: 'media over TCP' },
  {
    name: 'media',
    port: udpPorts.first,
    lastPort: udpPorts.last,
    protocol: 'udp',
    purpose: 'media over UDP',
  },
  { name: 'metrics', port: ports.metrics, protocol: 'tcp', purpose: 'metrics of calls', metrics: {} },
]

/** Relays of the deployment, which take part in calls as clients do. */
const relays = (topology: Pick<Topology, 'deployment'>): readonly string[] =>
  topology.deployment.input.services.turn?.hosts ?? []

/** What a node tells clients of the relays: the direct way first, then the way that firewalls leave open. */
function turnValues(topology: Topology) {
  const turn = topology.service('turn')
  const portOf = (endpoint: string) => turn?.endpoints.find(({ name }) => name === endpoint)?.port
  const [plain, tls] = [portOf('turn'), portOf('tls')]
  if (!turn || plain === undefined) return {}
  const names = turn.hosts.map(({ name }) => relayName(name, topology.deployment.input.domain))
  return {
    stun_servers: names.map((name) => `${name}:${plain}`),
    turn_servers: [
      ...names.map((host) => ({ host, port: plain, protocol: 'udp' as const })),
      ...(tls === undefined ? [] : names.map((host) => ({ host, port: tls, protocol: 'tls' as const }))),
    ],
    turn_secret: secretRef('turn_auth_secret'),
  }
}

/** The Redis that nodes share. Throws where there are several and no Redis. */
function redisValues({ hosts }: Options, topology: Topology) {
  if (hosts.length === 1) return {}
  const redis = topology.service('redis')
  const [host] = redis?.hosts ?? []
  const port = redis?.endpoints.find(({ name }) => name === 'redis')?.port
  if (!host || port === undefined)
    throw new DeploymentError(
      ['services', 'livekit', 'hosts'],
      'Several nodes of LiveKit need the service "redis", which this deployment lacks.',
    )
  return {
    redis: {
      address: `${host.address}:${port}`,
      username: 'livekit',
      password: secretRef(REDIS_PASSWORD),
      ca_file: `/usr/local/share/ca-certificates/${topology.deployment.input.name}-ca.crt`,
    },
  }
}

/** Throws where clients would be told a name that leads past the proxy which ends TLS. */
function checkControlName({ deployment, names, vips }: Topology): void {
  const control = controlName(deployment.input.domain)
  const leads = names.find(({ name }) => name === control)
  if (!vips.some(({ name }) => name === leads?.of))
    throw new DeploymentError(
      ['services', 'base', 'names'],
      `Clients are told ${control} for calls, which has to lead to the virtual IP of the web proxy; it leads to ${leads?.of ?? 'nothing'}.`,
    )
}

const service = defineService({
  name: 'livekit',
  summary: 'LiveKit, which forwards the media of calls.',
  options,

  declare: (options, { deployment }) => {
    const { hosts, udpPorts } = options
    const { domain } = deployment.input
    const several = hosts.length > 1
    const names = [controlName(domain), ...hosts.map((host) => nodeName(host, domain))]
    const media = relays({ deployment })
    return {
      hosts,
      endpoints: endpoints(options),
      sites: [
        {
          name: 'livekit',
          endpoint: 'signal',
          purpose: 'signalling of calls',
          balance: 'leastconn',
          check: { kind: 'http', endpoint: 'signal', method: 'GET', path: '/', tls: false, interval: '2s' },
          idleTimeout: '1h',
          routes: [
            { name: 'livekit_signal', hosts: names, prefixes: ['/'] },
            { name: API_ROUTE, hosts: names, prefixes: ['/twirp'], from: [] },
          ],
        },
      ],
      needs: [
        {
          from: media,
          outside: ['clients'],
          to: { service: 'livekit', endpoint: 'media' },
          purpose: 'media of calls',
        },
        {
          from: media,
          outside: ['clients'],
          to: { service: 'livekit', endpoint: 'media_tcp' },
          purpose: 'media of calls where UDP does not get through',
        },
        ...(media.length > 0
          ? [{ from: hosts, to: { service: 'turn', endpoint: 'relay' }, purpose: 'media to relayed clients' }]
          : []),
        ...(deployment.input.services.livekit_jwt
          ? [{ from: hosts, to: { route: WEBHOOK_ROUTE }, purpose: 'what happens in the rooms' }]
          : []),
        ...(several
          ? [{ from: hosts, to: { service: 'redis', endpoint: 'redis' }, purpose: 'what the nodes share' }]
          : []),
      ],
      accounts: several
        ? [
            {
              of: 'redis',
              name: 'livekit',
              password: secretRef(REDIS_PASSWORD),
              from: hosts,
              rights: ['~*', '&*', '+@all', '-@admin', '-@dangerous'],
            },
          ]
        : [],
      names: hosts.map((host) => ({ of: host, names: [nodeName(host, domain)] })),
      kernel: [
        {
          hosts,
          parameters: [
            { name: 'net.core.rmem_max', value: '16777216', scope: 'host' },
            { name: 'net.core.wmem_max', value: '16777216', scope: 'host' },
            {
              name: 'net.ipv4.ip_local_reserved_ports',
              value: `${udpPorts.first}-${udpPorts.last}`,
              scope: 'namespace',
            },
          ],
        },
      ],
      health: [{ endpoint: 'signal', path: '/', tls: false }],
      units: ['livekit'],
    }
  },

  sizes: (_options, { speed }) => [
    {
      name: 'max_traffic',
      value: Math.floor((speed / 8 / 1e6) * SHARE_OF_NETWORK),
      unit: 'MB',
      formula: 'each second, four fifths of the network',
    },
  ],

  variables: (options, topology) => {
    const { domain } = topology.deployment.input
    const program = artifact(topology, 'livekit')
    checkControlName(topology)
    return [
      roleValues(role, options.hosts, ({ name, address }) => ({
        program_url: program.url,
        program_sha256: program.sha256,
        address,
        udp_mode: options.udpPorts.mode,
        udp_port_first: options.udpPorts.first,
        udp_port_last: options.udpPorts.last,
        keys: [{ name: API_KEY.name, secret: secretRef(API_KEY.secret) }],
        max_participants: options.participantsPerRoom,
        max_bytes_per_second: topology.size('livekit', name, 'max_traffic') * 1e6,
        ...(topology.service('livekit_jwt')
          ? { webhook_urls: [`https://${controlName(domain)}/sfu_webhook`], webhook_key: API_KEY.name }
          : {}),
        ...turnValues(topology),
        ...redisValues(options, topology),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    livekit: OptionsOf<typeof service, Host, Vip>
  }
}
