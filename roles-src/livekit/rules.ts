import { defineServiceRule, lies, type ServiceRule, type Violation } from '#topology'
import type { Options } from './service.ts'

/** Ports that a participant takes of a range: one to send by, one to receive by. */
const PORTS_EACH = 2
/** Bits a second that a participant of a call with pictures takes, both ways, generously. */
const BITS_EACH = 3_000_000
/** Networks from which the internet is reached through translation of addresses alone (RFC 1918, RFC 6598). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']

const at = (...keys: readonly (string | number)[]) => ['services', 'livekit', ...keys]

const knowsItsAddress = defineServiceRule<Options>({
  code: 'RTC-001',
  severity: 'error',
  demand: 'In an intranet a node of LiveKit knows its address, and asks nobody for it.',
  reason:
    'With use_external_ip LiveKit asks a STUN server on the internet at its start, and ends when none answers: the first restart after the cut is the last.',
  evidence:
    'livekit/livekit issue 4626: "could not resolve external IP: context deadline exceeded", and the server does not start.',
  wayOut: 'Leave useExternalIp out: clients reach a node under the address that the deployment gives it.',
  check: ({ useExternalIp }, { deployment }) => {
    const { clients } = deployment.input
    const inside = clients.every((network) => PRIVATE.some((range) => lies(network, range)))
    return useExternalIp && inside
      ? [
          {
            message: `LiveKit would ask the internet for its address, and all of its clients are in private networks: ${clients.join(', ')}.`,
            subject: 'livekit',
            at: at('useExternalIp'),
          },
        ]
      : []
  },
})

const asksInside = defineServiceRule<Options>({
  code: 'RTC-002',
  severity: 'warning',
  demand: 'Clients of calls are told of STUN servers and relays of the deployment.',
  reason:
    "Without any, LiveKit tells them of Google's: in an intranet every call begins with a wait for an answer that does not come, and whoever cannot reach LiveKit directly has no way left.",
  evidence:
    "livekit/client-sdk-js issue 9, a maintainer: where stun_servers is empty, LiveKit uses Google's.",
  wayOut: 'Declare services.turn; waive this where every client reaches LiveKit directly.',
  check: (_options, topology) =>
    topology.service('turn')
      ? []
      : [
          {
            message:
              'There are no relays, so that LiveKit sends its clients to STUN servers on the internet.',
            subject: 'livekit',
            at: ['services', 'turn'],
          },
        ],
})

const portsOfParticipants = defineServiceRule<Options>({
  code: 'RTC-003',
  severity: 'warning',
  demand: 'A range of UDP ports carries as many participants as the network of its node.',
  reason:
    'With a range each participant takes two ports of its own. When they are gone nobody else gets into any call of the node, while its network and its processors idle.',
  evidence:
    "LiveKit's documentation, Ports and firewall: each participant in a room uses two ports. 50100 to 50200 are 101 ports, which is 50 participants.",
  wayOut:
    "Leave udpPorts out: with mode 'mux' participants share the ports 7882 to 7897. Else open 50000 to 60000.",
  check: ({ hosts, udpPorts: { mode, first, last } }, topology) => {
    const ports = last - first + 1
    const carried = Math.floor(ports / PORTS_EACH)
    if (mode === 'mux') return []
    return hosts.flatMap((host): readonly Violation[] => {
      const wanted = Math.floor((topology.size('livekit', host, 'max_traffic') * 8e6) / BITS_EACH)
      return carried >= wanted
        ? []
        : [
            {
              message: `The ${ports} UDP ports of ${host} carry ${carried} participants, ${PORTS_EACH} for each; its network carries some ${wanted}.`,
              subject: host,
              at: at('udpPorts'),
            },
          ]
    })
  },
})

const portsOfProcessors = defineServiceRule<Options>({
  code: 'RTC-004',
  severity: 'warning',
  demand: 'Shared UDP ports are as many as the processors of a node.',
  reason:
    'LiveKit reads each shared port in a thread of its own: with fewer, processors idle while packets are dropped.',
  evidence:
    "LiveKit's config-sample.yaml, rtc.udp_port: to use all cores, set a range of at least as many ports as there are vCPUs.",
  wayOut: 'Widen udpPorts, such as to 7882 to 7897 for 16 processors.',
  check: ({ hosts, udpPorts: { mode, first, last } }, topology) => {
    const ports = last - first + 1
    return hosts.flatMap((host): readonly Violation[] => {
      const { cpus } = topology.host(host)
      return mode === 'range' || ports >= cpus
        ? []
        : [
            {
              message: `LiveKit has ${ports} shared UDP ports on ${host}, which has ${cpus} processors.`,
              subject: host,
              at: at('udpPorts'),
            },
          ]
    })
  },
})

const nodesShare = defineServiceRule<Options>({
  code: 'RTC-005',
  severity: 'error',
  demand: 'Several nodes of LiveKit share a Redis.',
  reason:
    'Nodes find each other and their rooms there. Without it each one is a LiveKit of its own, and who is led to another node sees an empty room.',
  evidence:
    "LiveKit's config-sample.yaml, redis: with it nodes are one LiveKit, and clients may come to any of them.",
  wayOut: 'Declare services.redis, or name one node.',
  check: ({ hosts }, topology) =>
    hosts.length === 1 || topology.service('redis')
      ? []
      : [
          {
            message: `${hosts.length} nodes of LiveKit need the service "redis", which this deployment lacks.`,
            subject: 'livekit',
            at: ['services', 'redis'],
          },
        ],
})

const redisIsUsed = defineServiceRule<Options>({
  code: 'RTC-006',
  severity: 'warning',
  demand: 'A Redis is used by somebody.',
  reason:
    'A single node of LiveKit keeps its rooms to itself. With Redis it would hang on one more host that may be lost, and gain nothing; without, the host does nothing.',
  evidence:
    "LiveKit's config-sample.yaml, redis: what makes several nodes one. roles-src/livekit and roles-src/lk_jwt_service are all that keep anything there.",
  wayOut:
    'Add a second node, or keep the state of tokens there (livekit_jwt.keepState); else leave services.redis out.',
  check: ({ hosts }, topology) => {
    const { keepState = false } = topology.deployment.input.services.livekit_jwt ?? {}
    return hosts.length > 1 || keepState || !topology.service('redis')
      ? []
      : [
          {
            message: 'Redis is there, and the one node of LiveKit does not use it.',
            subject: 'redis',
            at: ['services', 'redis'],
          },
        ]
  },
})

/** What LiveKit must keep. */
export const rules: readonly ServiceRule<Options>[] = [
  knowsItsAddress,
  asksInside,
  portsOfParticipants,
  portsOfProcessors,
  nodesShare,
  redisIsUsed,
]
