import type { CapacityRow, Topology } from '#topology'

interface Pools {
  readonly hosts: readonly string[]
  /** Hosts whose programs use the database. */
  readonly clients: readonly string[]
  /** Connections of one pooler to PostgreSQL at most. */
  readonly budget: number
  /** Connections of clients to one pooler at most. */
  readonly mostClients: number
  /** Connections of PostgreSQL that stay for others. */
  readonly keptFree: number
}

/** The size by which a service says how many connections to the database it opens from a host at most. */
const CONNECTIONS = 'database_connections'

/** Connections at each hop from programs to the writer. None of them grows with the users: pools are ceilings. */
export function poolerCapacity(pools: Pools, topology: Topology): readonly CapacityRow[] {
  const { hosts, clients, budget, mostClients, keptFree } = pools
  const opened = topology.sizes.filter(
    ({ host, size }) => size.name === CONNECTIONS && clients.includes(host),
  )
  const demanded = opened.reduce((sum, { size }) => sum + size.value, 0)
  const from = opened.map(({ service, size }) => `${size.value} of ${service}`).join(' + ') || 'none'
  const database = topology.service('database')
  const most = Math.min(
    ...(database?.hosts ?? []).map(({ name }) => topology.size('database', name, 'max_connections')),
  )
  const proxy = database?.listeners.find(({ name }) => name === 'postgresql_writer')?.maxConnections
  const pooled = {
    value: hosts.length * budget,
    formula: `${hosts.length} poolers × ${budget} connections`,
  }
  return [
    {
      of: 'limit',
      where: 'pooler',
      what: 'connections of programs to one pooler',
      unit: 'connections',
      demand: () => ({ value: demanded, formula: `${from}, all at the one pooler that is left` }),
      supply: () => ({ value: mostClients, formula: `max_client_conn ${mostClients}` }),
      source: "Programs' pools are ceilings: what users do more waits in them.",
      at: ['services', 'pooler'],
      ruled: true,
    },
    ...(proxy === undefined
      ? []
      : [
          {
            of: 'limit',
            where: 'pooler',
            what: 'connections of poolers to the writer, through its virtual IP',
            unit: 'connections',
            demand: () => pooled,
            supply: () => ({ value: proxy, formula: `maxconn ${proxy} of HAProxy` }),
            source: 'Pools are ceilings: what programs ask more waits in them.',
            at: ['services', 'database'],
            ruled: true,
          } satisfies CapacityRow,
        ]),
    {
      of: 'limit',
      where: 'pooler',
      what: 'connections of poolers to PostgreSQL',
      unit: 'connections',
      demand: () => pooled,
      supply: () => ({
        value: Number.isFinite(most) ? most - keptFree : 0,
        formula: `max_connections ${most} − ${keptFree}`,
      }),
      source: `The architecture: never more than max_connections − ${keptFree}.`,
      at: ['services', 'pooler'],
      ruled: true,
    },
  ]
}
