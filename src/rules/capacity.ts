import {
  balancesOf,
  exceeds,
  type HostBalance,
  hardwareOf,
  type Resource,
  USABLE,
} from '../topology/capacity.ts'
import { figure } from '../topology/figures.ts'
import { expectedLoad, type Load } from '../topology/load.ts'
import { defineRule, type RuleText, type TopologyRule, type Violation } from '../topology/rule.ts'
import type { Topology, TopologyHost } from '../topology/topology.ts'

const RESOURCES = { cpu: 'processors', memory: 'memory', disk: 'disks', network: 'network' } as const

/** The load that a deployment has to bear. A rehearsal bears none. */
const borneBy = ({ deployment: { input } }: Topology): Load | undefined =>
  input.rehearsal ? undefined : expectedLoad(input)

/** A rule on one resource of every host. */
function hardwareRule(resource: Resource, text: RuleText): TopologyRule {
  return defineRule({
    ...text,
    check: (topology) => {
      const load = borneBy(topology)
      if (!load) return []
      return balancesOf(topology).flatMap((balance) =>
        balance.of === resource && exceeds(balance, load) ? [overload(balance, load, topology)] : [],
      )
    },
  })
}

/** What takes the most comes first, and is what causes it. */
function overload({ where, of, unit, rows, demand }: HostBalance, load: Load, topology: Topology): Violation {
  const parts = rows
    .map(({ what, demand, at }) => ({ what, value: demand(load).value, at }))
    .toSorted((a, b) => b.value - a.value)
  const host = topology.host(where)
  const all = hardwareOf(topology, host, of)
  const hint = of === 'disk' ? hintOf(host, all) : undefined
  return {
    message: `${where} would need ${figure(demand(load), unit)} of its ${RESOURCES[of]} and has ${figure(all, unit)}, of which ${USABLE[of] * 100} % may be used: ${parts
      .map(({ what, value }) => `${what} ${figure(value, unit)}`)
      .join(', ')}.`,
    subject: where,
    at: parts[0]?.at ?? ['hosts', where],
    ...(hint === undefined ? {} : { hint }),
  }
}

/** What counts of several disks. */
function hintOf({ name, disks }: TopologyHost, counted: number): string | undefined {
  if (counted === 0)
    return `No disk of ${name} is declared beside the drives of a service: move this to another host.`
  return disks.length > 1
    ? `Of the ${disks.length} disks of ${name} the first one counts, since nothing mounts the others: put the largest first, or move what takes the most elsewhere.`
    : undefined
}

export const memoryFits = hardwareRule('memory', {
  code: 'CAP-001',
  severity: 'error',
  demand: 'What services need of a host takes at most 90 % of its memory.',
  reason:
    'The kernel kills the largest program when memory ends: mostly the database or the one that has all users.',
  evidence: 'Table 8.1 of the architecture calls 90 % the trigger to act; docs/capacity.md has the sum.',
  wayOut: 'Give the host more memory, or what takes the most of it less.',
})

export const processorsSuffice = hardwareRule('cpu', {
  code: 'CAP-002',
  severity: 'warning',
  demand: 'The expected load takes at most 70 % of the processors of a host.',
  reason:
    'Beyond that requests wait for each other in busy minutes, and nothing is left for what runs beside them.',
  evidence:
    'Table 8.1 of the architecture calls 70 % the trigger to add processors; docs/capacity.md has the figures of their makers.',
  wayOut: 'Give the host more processors, spread the service over more hosts, or expect fewer users.',
})

export const disksSuffice = hardwareRule('disk', {
  code: 'CAP-003',
  severity: 'error',
  demand:
    'What a host has to keep, for as long as the deployment says, takes at most 80 % of its first disk.',
  reason:
    'A full disk stops a database, and a full backup host silently has no newer backups. Only the object store mounts further disks; all else is on the one with the system.',
  evidence:
    '500 GB of media a day for 360 days are 180 TB, and 5 TB hold ten days of them; docs/capacity.md has the sum.',
  wayOut:
    'Keep things for a shorter time, give the host a larger disk, or move what takes the most elsewhere.',
})

export const networkSuffices = hardwareRule('network', {
  code: 'CAP-004',
  severity: 'warning',
  demand: "The busiest hour fills at most 70 % of each direction of a host's network.",
  reason: 'Calls lose packets before a link is full on average, since traffic comes in bursts.',
  evidence:
    'Table 8.1 of the architecture calls 70 % the trigger to add bandwidth; docs/capacity.md has the sum.',
  wayOut: 'Give the host a faster network, or spread the service over more hosts.',
})

export const limitsSuffice = defineRule({
  code: 'CAP-005',
  severity: 'warning',
  demand:
    'The expected load stays within what each program can take: connections, ports, workers, allocations.',
  reason: 'What comes beyond such a limit is refused or waits, however much hardware is idle.',
  evidence: '`rolewright capacity` prints each limit with its formula and the source of its constants.',
  wayOut: 'Raise the limit that the message names, or expect fewer users.',
  check: (topology) => {
    const load = borneBy(topology)
    if (!load) return []
    return balancesOf(topology).flatMap((balance): readonly Violation[] => {
      if (balance.of !== 'limit' || balance.rows[0].ruled || !exceeds(balance, load)) return []
      const [row] = balance.rows
      const [demand, supply] = [row.demand(load), row.supply(load)]
      return [
        {
          message: `${row.where}, ${row.what}: ${figure(demand.value, row.unit)} are demanded (${demand.formula}), and there are ${figure(supply.value, row.unit)} (${supply.formula}).`,
          subject: row.where,
          at: row.at,
        },
      ]
    })
  },
})
