import { type CapacityRow, figure, type Topology, type TopologyHost } from '#topology'
import { ports } from './ports.ts'

/** Bits a second that a relayed stream of a call takes, so that the network is what limits a relay. */
export const BITS_PER_ALLOCATION = 1_000_000
const RELAY_PORTS = ports.relayLast - ports.relayFirst + 1

/**
 * Allocations of a person in a call at each relay: one to send and one to receive, each over UDP and over TLS. Clients make
 * them while they look for a way, whether they need a relay or not.
 */
const ALLOCATIONS = 4

/** Allocations that a relay takes at once: as many as its network carries, at most one for each port. */
export const allocationsOf = ({ speed }: Pick<TopologyHost, 'speed'>): number =>
  Math.min(RELAY_PORTS, Math.floor(speed / BITS_PER_ALLOCATION))

/** What each relay needs when one of them is lost. */
export function relayCapacity(
  { hosts }: { readonly hosts: readonly string[] },
  topology: Topology,
): readonly CapacityRow[] {
  const left = Math.max(1, hosts.length - 1)
  return hosts.flatMap((name): readonly CapacityRow[] => {
    const quota = allocationsOf(topology.host(name))
    return [
      {
        of: 'network',
        host: name,
        what: 'relayed media',
        demand: ({ callers, callsRelayed, callParticipants, callBitrate }) => ({
          value: (callers * callsRelayed * callParticipants * callBitrate) / left,
          formula: `${figure(callers, 'people')} in calls × ${callsRelayed * 100} % × ${callParticipants} streams of ${figure(callBitrate, 'bits/s')}, at ${left} relay${left === 1 ? '' : 's'}`,
        }),
        source:
          'Of conferences 22 % need a relay (callstats.io, 2015). What a person sends and receives comes in once and goes out once. One relay is lost.',
        at: ['hosts', name, 'network'],
      },
      {
        of: 'limit',
        where: name,
        what: 'allocations of a relay',
        unit: 'ports',
        demand: ({ callers }) => ({
          value: callers * ALLOCATIONS,
          formula: `${figure(callers, 'people')} in calls × ${ALLOCATIONS}`,
        }),
        supply: () => ({ value: quota, formula: `total-quota ${quota}` }),
        source:
          'A client of LiveKit has a connection to send and one to receive, and allocates at every relay over each protocol that it is told.',
        at: ['services', 'turn', 'hosts'],
      },
    ]
  })
}
