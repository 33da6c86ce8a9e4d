import type { Load } from './load.ts'
import type { Place } from './rule.ts'
import type { Topology, TopologyHost } from './topology.ts'

/** Hardware that all services of a host share. */
export type Resource = 'cpu' | 'memory' | 'disk' | 'network'
/** Memory is counted in powers of two, disks and media in powers of ten, as they are sold. */
export type Unit =
  | 'cores'
  | 'memory'
  | 'bytes'
  | 'bits/s'
  | 'connections'
  | 'ports'
  | 'days'
  | 'people'
  | 'processes'

/** A figure, and how it was computed, with the figures that went in. */
export interface Amount {
  readonly value: number
  readonly formula: string
}

/** What a service takes of a host's hardware. */
export interface HostUse {
  readonly of: Resource
  readonly host: string
  /** In a few words, such as `caches of Synapse`. */
  readonly what: string
  /** Cores, bytes, bytes, or bits a second in the busier direction. It never falls when users are added. */
  readonly demand: (load: Load) => Amount
  /** Where the constants of the formula come from. */
  readonly source: string
  /** What in the deployment causes it. */
  readonly at: Place
}

/** What a program, or a tier of several hosts, can do and no more. */
export interface Limit {
  readonly of: 'limit'
  /** A host, or a tier by its service's name. */
  readonly where: string
  readonly what: string
  readonly unit: Exclude<Unit, 'cores' | 'bits/s'>
  readonly demand: (load: Load) => Amount
  readonly supply: (load: Load) => Amount
  readonly source: string
  readonly at: Place
  /** The service has a rule of its own for what exceeds this. */
  readonly ruled?: true
}

/** What a service demands of the deployment, and what is there for it. */
export type CapacityRow = HostUse | Limit

/** A way to grow that an architecture names, and what a deployment would have to say for it. */
export interface ScaleUp {
  /** What is watched, such as `Synapse CPU`. */
  readonly metric: string
  /** What it is now. */
  readonly now: string
  readonly steps: readonly ScaleUpStep[]
}
export interface ScaleUpStep {
  /** Such as `64 vCPU`. */
  readonly to: string
  /** Changes to hosts' hardware, in the deployment's words. */
  readonly hosts?: Readonly<
    Record<string, { readonly cpus?: number; readonly memory?: string; readonly network?: string }>
  >
  /** Changes to the service's own options. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** One thing that is there, and all that is demanded of it. */
export interface Balance {
  /** A host, or a tier. */
  readonly where: string
  readonly what: string
  readonly unit: Unit
  readonly demand: (load: Load) => number
  readonly supply: (load: Load) => number
  readonly rows: readonly CapacityRow[]
}
export interface HostBalance extends Balance {
  readonly of: Resource
  readonly rows: readonly HostUse[]
}
export interface LimitBalance extends Balance {
  readonly of: 'limit'
  readonly rows: readonly [Limit]
}

/** The share of each resource that may be in use: beyond it is what the architecture calls a trigger to scale up. */
export const USABLE: Readonly<Record<Resource, number>> = { cpu: 0.7, memory: 0.9, disk: 0.8, network: 0.7 }
const UNITS: Readonly<Record<Resource, Unit>> = {
  cpu: 'cores',
  memory: 'memory',
  disk: 'bytes',
  network: 'bits/s',
}

/**
 * All of a resource that a host has. Of its disks the first one counts, on which the system is: nothing mounts the others,
 * unless they are drives of a service. What all disks are such drives of has none that anybody declared.
 */
export const hardwareOf = (
  { services }: Pick<Topology, 'services'>,
  host: TopologyHost,
  resource: Resource,
): number =>
  ({
    cpu: host.cpus,
    memory: host.memory,
    disk: services.some(({ drives }) => drives.includes(host.name)) ? 0 : (host.disks[0] ?? 0),
    network: host.speed,
  })[resource]

/** What is demanded of each host's hardware and of each limit, hosts first, in the deployment's order. */
export function balancesOf(
  topology: Pick<Topology, 'hosts' | 'services' | 'capacity'>,
): readonly (HostBalance | LimitBalance)[] {
  const { hosts, capacity } = topology
  const uses = new Map<string, HostUse[]>()
  for (const row of capacity) {
    if (row.of === 'limit') continue
    const key = `${row.host} ${row.of}`
    const known = uses.get(key)
    if (known) known.push(row)
    else uses.set(key, [row])
  }
  const ofHosts = hosts.flatMap((host) =>
    (['cpu', 'memory', 'disk', 'network'] as const).flatMap((resource): readonly HostBalance[] => {
      const rows = uses.get(`${host.name} ${resource}`)
      if (!rows) return []
      const supply = hardwareOf(topology, host, resource) * USABLE[resource]
      return [
        {
          of: resource,
          where: host.name,
          what: resource,
          unit: UNITS[resource],
          demand: (load) => rows.reduce((sum, row) => sum + row.demand(load).value, 0),
          supply: () => supply,
          rows,
        },
      ]
    }),
  )
  const ofLimits = capacity.flatMap((row): readonly LimitBalance[] =>
    row.of === 'limit'
      ? [
          {
            of: 'limit',
            where: row.where,
            what: row.what,
            unit: row.unit,
            demand: (load) => row.demand(load).value,
            supply: (load) => row.supply(load).value,
            rows: [row],
          },
        ]
      : [],
  )
  return [...ofHosts, ...ofLimits]
}

/** Rounding of sums may not make a demand of what is just met. */
const SLACK = 1e-9
export const exceeds = ({ demand, supply }: Pick<Balance, 'demand' | 'supply'>, load: Load): boolean =>
  demand(load) > supply(load) * (1 + SLACK)
