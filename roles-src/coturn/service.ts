import { z } from 'zod'
import {
  defineService,
  type Endpoint,
  hostName,
  lies,
  type OptionsOf,
  rangeOf,
  roleValues,
  secretRef,
  type Topology,
} from '#topology'
import { allocationsOf, relayCapacity } from './capacity.ts'
import { ports } from './ports.ts'
import role from './role.ts'
import { clientsArePeers, quotaOfCall, quotaOfPerson, relayPortsAreFree } from './rules.ts'

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Relays; clients try all of them.'),
  dtls: z.boolean().default(true).describe('Whether to take TLS over UDP, too.'),
  allocationsPerUser: z
    .int()
    .min(0)
    .default(12)
    .describe(
      'Allocations at each relay at most of one Matrix user, over all of his devices, or of one participant of LiveKit; 0 for any number.',
    ),
  deniedPeers: z
    .array(z.cidrv4())
    .default([])
    .describe("Networks of other servers, which relays must not reach; the deployment's own are among them."),
})
export type Options = z.output<typeof options>

/** What clients open, and the ports from which they are relayed to each other and to the SFU. */
const endpoints = (dtls: boolean): readonly Endpoint[] => [
  { name: 'turn', port: ports.turn, protocol: 'udp', purpose: 'TURN over UDP' },
  { name: 'turn_tcp', port: ports.turn, protocol: 'tcp', purpose: 'TURN over TCP', probe: 'tcp' },
  { name: 'tls', port: ports.tls, protocol: 'tcp', purpose: 'TURN over TLS', probe: 'tls' },
  ...(dtls ? [{ name: 'dtls', port: ports.tls, protocol: 'udp', purpose: 'TURN over DTLS' } as const] : []),
  {
    name: 'relay',
    port: ports.relayFirst,
    lastPort: ports.relayLast,
    protocol: 'udp',
    purpose: 'relayed media',
  },
]

/** A relay's name for clients: its certificate is for it, so every relay has one of its own. */
export const relayName = (host: string, domain: string): string => `${host}.${domain}`

/** Servers that take part in calls: the relays themselves, and the SFUs. */
const partners = (topology: Topology): readonly string[] =>
  ['turn', 'livekit'].flatMap((name) => topology.service(name)?.hosts.map(({ address }) => address) ?? [])

const service = defineService({
  name: 'turn',
  summary: 'Relays for calls of devices that cannot reach each other.',
  options,
  rules: [quotaOfCall, quotaOfPerson, clientsArePeers, relayPortsAreFree],

  declare: ({ hosts, dtls }, { deployment }) => ({
    hosts,
    endpoints: endpoints(dtls),
    needs: endpoints(dtls).map(({ name, purpose }) => ({
      // Two participants may be at two relays.
      from: name === 'relay' ? hosts : [],
      outside: ['clients'],
      to: { service: 'turn', endpoint: name },
      purpose,
    })),
    certificates: hosts.map((host) => ({
      name: 'coturn',
      hosts: [host],
      names: [relayName(host, deployment.input.domain)],
      public: true,
      reload: ['coturn'],
    })),
    names: hosts.map((host) => ({ of: host, names: [relayName(host, deployment.input.domain)] })),
    advertised: hosts.map((host) => ({
      name: relayName(host, deployment.input.domain),
      leads: { host },
      purpose: 'relays of calls',
    })),
    kernel: [
      {
        hosts,
        parameters: [
          { name: 'net.core.rmem_max', value: '16777216', scope: 'host' },
          { name: 'net.core.wmem_max', value: '16777216', scope: 'host' },
          // Connections of the host's own keep off the ports that are relayed from.
          {
            name: 'net.ipv4.ip_local_port_range',
            value: `10000\t${ports.relayFirst - 1}`,
            scope: 'namespace',
          },
        ],
      },
    ],
    packages: [{ name: 'coturn' }],
    units: ['coturn'],
    interruptions: [
      {
        unit: 'coturn',
        restart: 'calls that this relay carries break; new ones take another relay',
        felt: true,
      },
    ],
  }),

  sizes: (_options, host) => [
    {
      name: 'allocations',
      value: allocationsOf(host),
      unit: 'count',
      formula: "one for each Mbit/s of the host's network, at most one for each port",
    },
  ],

  capacity: relayCapacity,

  variables: ({ hosts, dtls, allocationsPerUser, deniedPeers }, topology) => {
    const { domain, controller } = topology.deployment.input
    const networks = topology.networks.map(({ cidr }) => cidr)
    // Whoever reaches the controller may come to all hosts from there.
    const outside = networks.some((cidr) => lies(controller, cidr)) ? [] : [`${controller}/32`]
    const denied = [...networks, ...outside, ...deniedPeers].map(rangeOf)
    return [
      roleValues(role, hosts, ({ name, address }) => ({
        address,
        realm: domain,
        server_name: relayName(name, domain),
        auth_secret: secretRef('turn_auth_secret'),
        certificate_file: '/etc/tls/coturn/coturn.crt',
        key_file: '/etc/tls/coturn/coturn.key',
        key_group: 'tls-coturn',
        dtls,
        denied_peers: denied.map(({ first, last }) => `${first}-${last}`),
        allowed_peers: [...partners(topology)],
        user_quota: allocationsPerUser,
        total_quota: topology.size('turn', name, 'allocations'),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    turn: OptionsOf<typeof service, Host, Vip>
  }
}
