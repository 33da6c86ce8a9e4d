import {
  defineServiceRule,
  figure,
  lies,
  rangeOf,
  type Topology,
  type TopologyHost,
  type Violation,
} from '#topology'
import { BITS_PER_ALLOCATION } from './capacity.ts'
import { ports } from './ports.ts'
import type { Options } from './service.ts'
import { specialRanges } from './special-ranges.ts'

/** Ways to each relay that LiveKit tells, and connections of a participant: one to send by, one to receive by. */
const LIVEKIT_WAYS = 2
const LIVEKIT_CONNECTIONS = 2
/** The share of a relay that one person may take. */
const SHARE_OF_PERSON = 0.1
/** Whom coturn counts as one: it leaves out the time of a login's end, which stands before the name. */
const WHO_IS_ONE =
  'coturn, src/apps/relay/userdb.c, check_new_allocation_quota: logins of one name are counted together. Synapse names the user, and LiveKit the participant of a room.'

/** Allocations that one call takes at each relay: a device asks for one on every way that it is told. */
function allocationsOfCall({ dtls }: Options, topology: Topology): number {
  const ofMatrix = dtls ? 4 : 3
  return topology.service('livekit') ? Math.max(ofMatrix, LIVEKIT_WAYS * LIVEKIT_CONNECTIONS) : ofMatrix
}

/** The relay that takes the fewest allocations, and how many of them one person may have. */
function slowest({ hosts }: Options, topology: Topology) {
  const [first, ...others] = hosts.map((host) => ({ host, all: topology.size('turn', host, 'allocations') }))
  if (!first) throw new Error('The service turn has no host.') // its schema wants one
  const { host, all } = others.reduce((least, one) => (one.all < least.all ? one : least), first)
  return { host, all, most: Math.floor(all * SHARE_OF_PERSON) }
}

/** What allocationsPerUser may be, for whoever has to choose; relays may be too slow for any. */
function choice(wanted: number, most: number, host: string): string {
  if (most >= wanted) return `Set allocationsPerUser to ${wanted} at least and ${most} at most.`
  const speed = figure((wanted * BITS_PER_ALLOCATION) / SHARE_OF_PERSON, 'bits/s')
  return `Give ${host} a network of ${speed} or more, and set allocationsPerUser to ${wanted} at least: a tenth of what it carries now is less than one call.`
}

export const quotaOfCall = defineServiceRule<Options>({
  code: 'TURN-001',
  severity: 'error',
  demand: 'A person may have as many allocations at a relay as one call takes there.',
  reason:
    'A device asks for an allocation on every way to every relay that it is told, before it knows which of them it will need: what is refused may be the only one that its network lets through.',
  evidence: `RFC 8445, section 5.1.1.2 (candidates of each TURN server); RFC 8656, section 7.2 (486, Allocation Quota Reached). ${WHO_IS_ONE}`,
  wayOut:
    'Raise allocationsPerUser to what one call takes; 12 are three calls of one Matrix user, over all of his devices.',
  check: (options, topology) => {
    const { allocationsPerUser } = options
    const { host, most } = slowest(options, topology)
    const wanted = allocationsOfCall(options, topology)
    return allocationsPerUser === 0 || allocationsPerUser >= wanted
      ? []
      : [
          {
            message: `A person may have ${allocationsPerUser} allocations at a relay, and one call takes ${wanted}.`,
            subject: 'turn',
            at: ['services', 'turn', 'allocationsPerUser'],
            hint: choice(wanted, most, host),
          },
        ]
  },
})

export const quotaOfPerson = defineServiceRule<Options>({
  code: 'TURN-002',
  severity: 'error',
  demand: `No person may take more than ${SHARE_OF_PERSON * 100} % of a relay.`,
  reason:
    'Whoever has an account can ask for logins at the relays. Where these may take every port of a relay, a single person ends the calls of all others.',
  evidence: `coturn's README.turnserver: user-quota is without a limit unless it is set. A relay has the 16,384 ports of RFC 8656's range at most. ${WHO_IS_ONE}`,
  wayOut:
    'Lower allocationsPerUser to a tenth of what the slowest relay carries; where one call takes more, give that relay a faster network.',
  check: (options, topology): readonly Violation[] => {
    const { allocationsPerUser } = options
    const { host, all, most } = slowest(options, topology)
    if (allocationsPerUser > 0 && allocationsPerUser <= most) return []
    const wanted = allocationsOfCall(options, topology)
    return [
      {
        message: `A person may have ${allocationsPerUser || 'any number of'} allocations at ${host}, which carries ${all}.`,
        subject: 'turn',
        at: most < wanted ? ['hosts', host, 'network'] : ['services', 'turn', 'allocationsPerUser'],
        hint: choice(wanted, most, host),
      },
    ]
  },
})

const numberOf = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)

/** Whether a network has an address in common with a range such as `198.18.0.0-198.19.255.255`; ranges of IPv6 have none. */
function meets(network: string, range: string): boolean {
  const [from = '', to = from] = range.split('-')
  if (range.includes(':')) return false
  const { first, last } = rangeOf(network)
  return numberOf(first) <= numberOf(to) && numberOf(from) <= numberOf(last)
}

export const clientsArePeers = defineServiceRule<Options>({
  code: 'TURN-003',
  severity: 'error',
  demand: 'No network of clients is among those that relays refuse as peers.',
  reason:
    'In an intranet the peers of a call are devices in private networks. A relay that refuses these, as a server on the internet should, lets nobody call.',
  evidence:
    "Measured in the rehearsal: with the list of Synapse's documentation (10/8, 172.16/12, 192.168/16) coturn answered every channel with 403, Forbidden IP. roles-src/coturn/special-ranges.ts has what is refused always (RFC 6890).",
  wayOut:
    "Name networks of servers in deniedPeers, the deployment's own are refused anyhow; give clients a range of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
  check: ({ deniedPeers }, { deployment }) => {
    const { clients } = deployment.input
    const special = clients.flatMap((network, index): readonly Violation[] => {
      const range = specialRanges.find((one) => meets(network, one))
      return range === undefined
        ? []
        : [
            {
              message: `Relays always refuse peers in ${range}, where devices of ${network} are.`,
              subject: 'turn',
              at: ['clients', index],
            },
          ]
    })
    const denied = deniedPeers.flatMap((denied, index): readonly Violation[] => {
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
    return [...special, ...denied]
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
