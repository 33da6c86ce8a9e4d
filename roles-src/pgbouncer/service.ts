import { z } from 'zod'
import {
  DeploymentError,
  defineService,
  hostName,
  type OptionsOf,
  roleValues,
  secretRef,
  type Topology,
  vipName,
} from '#topology'
import role from './role.ts'

const PORT = 6432
/** Connections of PostgreSQL that stay for replication, exporters and people: the seed's "never exceed max_connections - 100". */
const KEPT_FREE = 100
/** Connections to PostgreSQL of one pooler at most; with three poolers 240 of 400. */
const BUDGET = 80

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Hosts that pool.'),
  vip: vipName().describe('Virtual IP on which clients find a pooler.'),
  database: z.string().default('synapse').describe('Database that clients use.'),
  user: z.string().default('synapse').describe('Role with which clients log in.'),
  clients: z.array(hostName()).default([]).describe('Hosts whose programs use the database.'),
  source: z.enum(['pgdg', 'debian']).default('pgdg').describe('Where the package comes from.'),
  clientTls: z
    .enum(['disable', 'allow', 'prefer', 'require'])
    .default('prefer')
    .describe('TLS with clients.'),
})

/** Where programs find a pooler, and as whom they log in; undefined in a deployment without one. */
export function poolOf(topology: Pick<Topology, 'deployment' | 'vip'>) {
  const given = topology.deployment.input.services.pooler
  if (given === undefined) return undefined
  const { vip, database, user, clientTls } = options.parse(given)
  return {
    address: topology.vip(vip).address,
    port: PORT,
    database,
    user,
    password: passwordOf(user),
    tls: clientTls !== 'disable',
  }
}
const passwordOf = (user: string) => secretRef(`database_${user}_password`)

/** The listener on which the writer is found, whatever host it is. */
function writer(topology: Topology) {
  const listener = topology.service('database')?.listeners.find(({ name }) => name === 'postgresql_writer')
  if (!listener)
    throw new DeploymentError(
      ['services', 'pooler'],
      'The pooler needs the service "database", which this deployment lacks.',
    )
  return { host: topology.vip(listener.vip).address, port: listener.port }
}

/** Connections of one pooler, so that all poolers together leave some free. */
function budgetOf(topology: Topology): number {
  const databases = topology.service('database')?.hosts ?? []
  const poolers = topology.service('pooler')?.hosts ?? []
  const connections = Math.min(
    ...databases.map(({ name }) => topology.size('database', name, 'max_connections')),
  )
  return Math.min(BUDGET, Math.floor((connections - KEPT_FREE) / poolers.length))
}

const service = defineService({
  name: 'pooler',
  summary: 'PgBouncer before the writer of the database.',
  options,

  declare: (options, topology) => ({
    hosts: options.hosts,
    endpoints: [{ name: 'pool', port: PORT, protocol: 'tcp', purpose: 'pooled connections to PostgreSQL' }],
    listeners: [
      {
        name: 'pgbouncer',
        vip: options.vip,
        port: PORT,
        endpoint: 'pool',
        purpose: 'Pooled connections to the writer, from any pooler',
        balance: 'leastconn',
        check: { kind: 'tcp' },
      },
    ],
    needs: [
      {
        from: options.hosts,
        to: { listener: 'postgresql_writer' },
        purpose: 'PgBouncer to the writer, never to the PostgreSQL of its own host',
      },
      ...(options.clients.length > 0
        ? [{ from: options.clients, to: { listener: 'pgbouncer' }, purpose: 'clients of the database' }]
        : []),
    ],
    certificates: [
      {
        name: 'pgbouncer',
        hosts: options.hosts,
        // Clients check the address at which they ask for it.
        addresses: [topology.vip(options.vip).address],
        reload: ['pgbouncer'],
      },
    ],
    packages: [{ name: 'pgbouncer', ...(options.source === 'pgdg' ? { archive: 'pgdg' as const } : {}) }],
    units: ['pgbouncer'],
  }),

  variables: (options, topology) => {
    const { host: address, port } = writer(topology)
    const budget = budgetOf(topology)
    // Of a budget of 80: 50, at most 10 more in need, and 10 in sessions.
    const pool = Math.max(1, Math.floor((budget * 5) / 8))
    const eighth = Math.max(1, Math.floor(budget / 8))
    const database = { host: address, port, dbname: options.database }
    const accounts = topology.services
      .flatMap((service) => service.accounts)
      .filter((account) => account.of === 'pooler')
    return [
      roleValues(role, options.hosts, (host) => ({
        source: options.source,
        pgdg_mirror:
          topology.deployment.input.packages?.postgresql ?? 'https://apt.postgresql.org/pub/repos/apt',
        listen_addresses: [host.address, '127.0.0.1'],
        port: PORT,
        databases: [
          {
            ...database,
            name: options.database,
            pool_mode: 'transaction' as const,
            pool_size: pool,
            max_db_connections: pool + eighth,
          },
          {
            // For what needs one connection for long: schema updates and imports.
            ...database,
            name: `${options.database}_session`,
            pool_mode: 'session' as const,
            pool_size: eighth,
            max_db_connections: eighth,
          },
        ],
        users: [
          { name: options.user, password: passwordOf(options.user) },
          ...accounts.map(({ name, password }) => ({ name, password })),
        ],
        stats_users: accounts.filter(({ rights }) => rights.includes('statistics')).map(({ name }) => name),
        min_pool_size: Math.min(10, eighth),
        reserve_pool_size: eighth,
        server_tls_mode: 'verify-full' as const,
        tls_ca_file: '/etc/tls/pgbouncer/ca.crt',
        tls_certificate_file: '/etc/tls/pgbouncer/pgbouncer.crt',
        tls_key_file: '/etc/tls/pgbouncer/pgbouncer.key',
        tls_group: 'tls-pgbouncer',
        client_tls_mode: options.clientTls,
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    pooler: OptionsOf<typeof service, Host, Vip>
  }
}
