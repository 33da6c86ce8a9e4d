import { defineServiceRule, lies, type Topology, type TopologyHost } from '#topology'
import { ports } from './ports.ts'
import type { Options } from './service.ts'

/** Ways to each relay that LiveKit tells, and connections of a participant: one to send by, one to receive by. */
const LIVEKIT_WAYS = 2
const LIVEKIT_CONNECTIONS = 2
/** The share of a relay that one login may take. */
const SHARE_OF_LOGIN = 0.1

/** Allocations that one call takes at each relay: a device asks for one on every way that it is told. */
function allocationsOfCall({ dtls }: Options, topology: Topology): number {
  const ofMatrix = dtls ? 4 : 3
  return topology.service('livekit') ? Math.max(ofMatrix, LIVEKIT_WAYS * LIVEKIT_CONNECTIONS) : ofMatrix
}

export const quotaOfCall = defineServiceRule<Options>({
  code: 'TURN-001',
  severity: 'error',
  demand: 'A login may have as many allocations at a relay as one call takes there.',
  reason:
    'A device asks for an allocation on every way to every relay that it is told, before it knows which of them it will need: what is refused may be the only one that its network lets through.',
  evidence:
    'RFC 8445, section 5.1.1.2 (candidates of each TURN server); RFC 8656, section 7.2 (486, Allocation Quota Reached).',
  wayOut: 'Leave allocationsPerUser at 12, which is three calls or devices of one person.',
  check: (options, topology) => {
    const { allocationsPerUser } = options
    const wanted = allocationsOfCall(options, topology)
    return allocationsPerUser === 0 || allocationsPerUser >= wanted
      ? []
      : [
          {
            message: `A login may have ${allocationsPerUser} allocations at a relay, and one call takes ${wanted}.`,
            subject: 'turn',
            at: ['services', 'turn', 'allocationsPerUser'],
          },
        ]
  },
})

export const quotaOfLogin = defineServiceRule<Options>({
  code: 'TURN-002',
  severity: 'error',
  demand: `No login may take more than ${SHARE_OF_LOGIN * 100} % of a relay.`,
  reason:
    'Whoever has an account can ask for logins. With one that takes every port of a relay, a single person ends the calls of all others.',
  evidence:
    "coturn's README.turnserver: user-quota is without a limit unless it is set. A relay has the 16,384 ports of RFC 8656's range at most.",
  wayOut: 'Leave allocationsPerUser at 12.',
  check: ({ hosts, allocationsPerUser }, topology) => {
    const smallest = Math.min(...hosts.map((host) => topology.size('turn', host, 'allocations')))
    return allocationsPerUser > 0 && allocationsPerUser <= smallest * SHARE_OF_LOGIN
      ? []
      : [
          {
            message: `A login may have ${allocationsPerUser || 'any number of'} allocations at a relay that has ${smallest}.`,
            subject: 'turn',
            at: ['services', 'turn', 'allocationsPerUser'],
          },
        ]
  },
})

export const clientsArePeers = defineServiceRule<Options>({
  code: 'TURN-003',
  severity: 'error',
  demand: 'No network of clients is among those that relays refuse as peers.',
  reason:
    'In an intranet the peers of a call are devices in private networks. A relay that refuses these, as a server on the internet should, lets nobody call.',
  evidence:
    "Measured in the rehearsal: with the list of Synapse's documentation (10/8, 172.16/12, 192.168/16) coturn answered every channel with 403, Forbidden IP.",
  wayOut: "Name networks of servers in deniedPeers; the deployment's own are refused anyhow.",
  check: ({ deniedPeers }, { deployment }) => {
    const { clients } = deployment.input
    return deniedPeers.flatMap((denied, index) => {
      const among = clients.filter((network) => lies(network, denied) || lies(denied, network))
      return among.length === 0
        ? []
        : [
            {
              message: `Relays refuse peers in ${denied}, where devices of ${among.join(' and ')} are.`,
              subject: 'turn',
              at: ['services', 'turn', 'deniedPeers', index],
            },
          ]
    })
  },
})

/** Hosts on which HAProxy takes nearly all ports for its own connections. */
function webProxies({ deployment, vip }: Topology): readonly TopologyHost[] {
  const { web, manageSysctl = true } = deployment.input.services.haproxy ?? {}
  return web && manageSysctl ? vip(web.vip).hosts : []
}

export const relayPortsAreFree = defineServiceRule<Options>({
  code: 'TURN-004',
  severity: 'error',
  demand: 'No host relays from ports that its kernel gives to outgoing connections.',
  reason:
    'A relay takes a port of its range at random for each call: where the web proxy has it for a connection to a server, the call gets none, more often the more users there are.',
  evidence: `roles-src/haproxy opens 1024 to 65535 to its own connections, since one address serves all users; relays take ${ports.relayFirst} to ${ports.relayLast}.`,
  wayOut: 'Place relays on hosts that do not hold the virtual IP of the web proxy.',
  check: ({ hosts }, topology) => {
    const proxies = new Set(webProxies(topology).map(({ name }) => name))
    return hosts.flatMap((host, index) =>
      proxies.has(host)
        ? [
            {
              message: `${host} relays from ${ports.relayFirst} to ${ports.relayLast}, which the web proxy there has for its own connections.`,
              subject: host,
              at: ['services', 'turn', 'hosts', index],
            },
          ]
        : [],
    )
  },
})
