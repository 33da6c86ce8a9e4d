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
import { WRITER } from '../patroni/service.ts'
import { poolerCapacity } from './capacity.ts'
import { BUDGET, KEPT_FREE, LEAST_CONNECTIONS, LISTENER, poolNeed, poolsOf } from './pools.ts'
import role from './role.ts'
import { rules, SAFE_PGBOUNCER } from './rules.ts'

const PORT = 6432

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
  clientConnections: z.int().min(10).default(1000).describe('Connections of clients to each pooler at most.'),
  serverConnections: z
    .int()
    .min(LEAST_CONNECTIONS)
    .optional()
    .describe(
      `Connections of each pooler to PostgreSQL at most; ${BUDGET} unless told, or what max_connections leaves.`,
    ),
})
export type PoolerOptions = z.output<typeof options>

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
  const listener = topology.service('database')?.listeners.find(({ name }) => name === WRITER)
  if (!listener)
    throw new DeploymentError(
      ['services', 'pooler'],
      'The pooler needs the service "database", which this deployment lacks.',
    )
  return { host: topology.vip(listener.vip).address, port: listener.port }
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
        name: LISTENER,
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
        to: { listener: WRITER },
        purpose: 'PgBouncer to the writer, never to the PostgreSQL of its own host',
      },
      ...(options.clients.length > 0 ? [poolNeed(options.clients)] : []),
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
    packages: [
      options.source === 'pgdg'
        ? { name: 'pgbouncer', atLeast: SAFE_PGBOUNCER, archive: 'pgdg' }
        : // What Debian has is judged by a rule, which may be waived.
          { name: 'pgbouncer' },
    ],
    units: ['pgbouncer'],
    interruptions: [
      {
        unit: 'pgbouncer',
        restart: 'connections through this pooler break and are opened again through another one',
        felt: true,
      },
    ],
  }),

  rules,

  capacity: (options, topology) =>
    poolerCapacity(
      {
        hosts: options.hosts,
        clients: options.clients,
        budget: poolsOf(options, topology).all,
        mostClients: options.clientConnections,
        keptFree: KEPT_FREE,
      },
      topology,
    ),

  variables: (options, topology) => {
    const { host: address, port } = writer(topology)
    const { pool, reserve, sessions } = poolsOf(options, topology)
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
            max_db_connections: pool + reserve,
          },
          {
            // For what needs one connection for long: schema updates and imports.
            ...database,
            name: `${options.database}_session`,
            pool_mode: 'session' as const,
            pool_size: sessions,
            max_db_connections: sessions,
          },
        ],
        users: [
          { name: options.user, password: passwordOf(options.user) },
          ...accounts.map(({ name, password }) => ({ name, password })),
        ],
        stats_users: accounts.filter(({ rights }) => rights.includes('statistics')).map(({ name }) => name),
        max_client_connections: options.clientConnections,
        min_pool_size: Math.min(10, reserve),
        reserve_pool_size: reserve,
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
