import type { Need, Topology } from '#topology'

/** Name of the port on the virtual IP, for what needs it. */
export const LISTENER = 'pgbouncer'
/** Connections of PostgreSQL that stay for replication, exporters and people: the seed's "never exceed max_connections - 100". */
export const KEPT_FREE = 100
/** Connections to PostgreSQL of one pooler at most; with three poolers 240 of 400. */
export const BUDGET = 80

/** Connections to PostgreSQL of one pooler at least: one in transactions, one more in need, one in sessions. */
export const LEAST_CONNECTIONS = 3

interface Pools {
  readonly hosts: readonly string[]
  readonly serverConnections?: number | undefined
}

/** Connections of PostgreSQL: what the smallest of its members can have. */
export const connectionsOf = ({ sizes }: Topology): number =>
  Math.min(
    ...sizes.flatMap(({ service, size }) =>
      service === 'database' && size.name === 'max_connections' ? [size.value] : [],
    ),
  )

/** Connections to PostgreSQL of one pooler: of a budget of 80, 50 in transactions, at most 10 more in need, and 10 in sessions. */
export function poolsOf({ hosts, serverConnections }: Pools, topology: Topology) {
  const budget =
    serverConnections ??
    Math.min(BUDGET, Math.floor((connectionsOf(topology) - KEPT_FREE) / new Set(hosts).size))
  const pool = Math.max(1, Math.floor((budget * 5) / 8))
  const eighth = Math.max(1, Math.floor(budget / 8))
  return { pool, reserve: eighth, sessions: eighth, all: pool + 2 * eighth }
}

/** The need of programs that use the database through a pooler, with the connections of all of them on one host. */
export const poolNeed = (hosts: readonly string[], connections?: number): Need => ({
  from: hosts,
  to: { listener: LISTENER },
  purpose: 'clients of the database',
  ...(connections === undefined ? {} : { connections }),
})
