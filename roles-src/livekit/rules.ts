import { defineServiceRule, expectedLoad, isPrivate, type ServiceRule, type Violation } from '#topology'
import type { Options } from './service.ts'

/** Ports that a participant takes of a range: one to send by, one to receive by. */
const PORTS_EACH = 2
/** Bits a second that a participant of a call with pictures takes, both ways, generously. */
const BITS_EACH = 3_000_000

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
    return useExternalIp && clients.every(isPrivate)
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
    "LiveKit's config-sample.yaml, rtc.stun_servers: by default clients use Google's. pkg/service/roommanager.go, iceServersForParticipant: DefaultStunServers where there is neither a relay nor a STUN server.",
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
  demand:
    'A range of UDP ports carries as many participants as the network of its node, or as are expected in calls there.',
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
    const { callers } = expectedLoad(topology.deployment.input) ?? {}
    const expected = callers === undefined ? Number.POSITIVE_INFINITY : Math.ceil(callers / hosts.length)
    return hosts.flatMap((host): readonly Violation[] => {
      const byNetwork = Math.floor((topology.size('livekit', host, 'max_traffic') * 8e6) / BITS_EACH)
      const wanted = Math.min(byNetwork, expected)
      return carried >= wanted
        ? []
        : [
            {
              message: `The ${ports} UDP ports of ${host} carry ${carried} participants, ${PORTS_EACH} for each; ${wanted < byNetwork ? `${wanted} are expected there` : `its network carries some ${wanted}`}.`,
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

const tokensAreGiven = defineServiceRule<Options>({
  code: 'RTC-013',
  severity: 'warning',
  demand: 'Where there are LiveKit and Matrix, somebody hands out tokens for calls.',
  reason:
    'LiveKit lets nobody in without a token of its key, and Matrix makes none: clients are told of no calls, and LiveKit waits for people who cannot come.',
  evidence:
    'lk-jwt-service, README: it makes the tokens with which users of Matrix come to LiveKit. roles-src/matrix tells clients of calls where the deployment has livekit_jwt.',
  wayOut:
    'Declare services.livekit_jwt, such as on the host of LiveKit; leave services.livekit out where nobody shall call.',
  check: (_options, topology) =>
    topology.service('livekit_jwt') || !topology.service('matrix')
      ? []
      : [
          {
            message: 'There are LiveKit and Matrix, and nobody hands out tokens for calls.',
            subject: 'livekit',
            at: ['services', 'livekit_jwt'],
          },
        ],
})

/** What LiveKit must keep. */
export const rules: readonly ServiceRule<Options>[] = [
  knowsItsAddress,
  asksInside,
  portsOfParticipants,
  portsOfProcessors,
  nodesShare,
  tokensAreGiven,
]
