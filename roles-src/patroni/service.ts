import { z } from 'zod'
import {
  DeploymentError,
  defineService,
  hostName,
  type KernelNeed,
  type OptionsOf,
  type PackageNeed,
  parseSize,
  roleValues,
  secretRef,
  type Topology,
  type TopologyHost,
  vipName,
} from '#topology'
import { archiveParameters } from '../pgbackrest/archive.ts'
import { databaseCapacity, databaseScaleUps } from './capacity.ts'
import role from './role.ts'
import { rules } from './rules/index.ts'
import { watchdogOf } from './rules/timing.ts'
import { SAFE_PATRONI } from './rules/versions.ts'
import { databaseSizes, OVERCOMMIT_RATIO, type ToldSizes } from './sizes.ts'

/** Connections that the proxy leaves to replication, exporters and people. */
const KEPT_FROM_PROXY = 20
const TLS = '/etc/tls/patroni'
/** Name of the writer's port on the virtual IP, for what needs it. */
export const WRITER = 'postgresql_writer'

/** A name that SQL takes without quotes. */
const identifier = () =>
  z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/, 'write small letters, digits and _, and no digit first, such as "synapse"')

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Members: a writer and its standbys.'),
  vip: vipName().describe('Virtual IP on which the writer is found.'),
  scope: z.string().default('postgresql').describe('Name of the cluster.'),
  postgresql: z
    .object({
      version: z.int().max(18).default(16).describe('Major version.'),
      source: z.enum(['pgdg', 'debian']).default('pgdg').describe("PostgreSQL's own archive or Debian's."),
    })
    .default({ version: 16, source: 'pgdg' }),
  patroni: z
    .object({
      source: z
        .enum(['pgdg', 'debian', 'wheels'])
        .optional()
        .describe('Where Patroni comes from; as PostgreSQL unless told.'),
      wheels: z
        .array(
          z.object({
            name: z.string(),
            version: z.string(),
            file: z.string().describe("File name under the deployment's artifacts."),
            sha256: z.string().length(64),
          }),
        )
        .default([])
        .describe('Wheels for the source `wheels`.'),
    })
    .default({ wheels: [] }),
  timing: z
    .object({
      ttl: z.int().default(20).describe('Seconds after which a silent writer loses its key.'),
      loopWait: z.int().default(5).describe('Seconds between two looks at the cluster.'),
      retryTimeout: z.int().default(5).describe('Seconds that etcd or PostgreSQL may take to answer.'),
    })
    .prefault({})
    .describe("Patroni's timings: they decide how long nobody writes after the loss of the writer."),
  failsafe: z
    .boolean()
    .default(true)
    .describe('Keep writing while etcd has no quorum, as long as the writer reaches all members.'),
  synchronous: z
    .object({
      mode: z
        .enum(['off', 'on', 'strict'])
        .default('on')
        .describe(
          '`on` acknowledges commits when a standby has them, while there is one; `strict` stops writes where there is none.',
        ),
      standbys: z.int().min(1).default(1).describe('Standbys that must have a commit.'),
    })
    .prefault({})
    .describe('Synchronous replication, by which a failover loses no acknowledged commit.'),
  connections: z
    .int()
    .min(20)
    .optional()
    .describe('max_connections; one for every 128 MB of the smallest member, 200 to 500, unless told.'),
  sharedBuffers: z
    .string()
    .refine((text) => parseSize(text, 'memory') !== undefined, {
      error: ({ input }) => `"${input}" is no size; write '16 GB'`,
    })
    .optional()
    .describe('shared_buffers; a quarter of the memory unless told.'),
  watchdog: z
    .enum(['off', 'automatic', 'required'])
    .optional()
    .describe('Watchdog; `automatic` unless told, and `off` in a rehearsal, whose hosts share a kernel.'),
  databases: z
    .array(
      z.object({
        name: identifier(),
        owner: identifier(),
        settings: z.record(z.string(), z.string()).optional().describe("Settings of the owner's sessions."),
      }),
    )
    .superRefine((databases, { addIssue }) => {
      const names = databases.map(({ name }) => name)
      for (const [i, name] of names.entries())
        if (names.indexOf(name) < i)
          addIssue({ code: 'custom', path: [i, 'name'], message: `"${name}" is the name of two databases` })
    })
    .default([{ name: 'synapse', owner: 'synapse' }])
    .describe('Databases and the roles that own them.'),
})

export type DatabaseOptions = z.output<typeof options>

/**
 * What a program sets for its session is lost behind a pooler in transaction mode, so the role has it. Synapse reads
 * `bytea` as text, ends statements after a while, and must not trade durability for speed.
 */
const SESSION_SETTINGS = { bytea_output: 'escape', statement_timeout: '10min', synchronous_commit: 'on' }

/**
 * What PostgreSQL wants of a kernel that it has for itself: huge pages for its shared memory and none where nobody asked,
 * refusals of memory instead of the OOM killer, and dirty pages written in small portions.
 */
const kernelOf = (host: TopologyHost, told: ToldSizes): KernelNeed => {
  const pages = databaseSizes(host, told).find(({ name }) => name === 'huge_pages')?.value ?? 0
  const parameter = (name: string, value: number) => ({ name, value: String(value), scope: 'host' }) as const
  return {
    hosts: [host.name],
    transparentHugePages: 'never',
    parameters: [
      parameter('vm.nr_hugepages', pages),
      parameter('vm.swappiness', 1),
      parameter('vm.overcommit_memory', 2),
      parameter('vm.overcommit_ratio', OVERCOMMIT_RATIO),
      parameter('vm.dirty_background_bytes', 64 * 1024 ** 2),
      parameter('vm.dirty_bytes', 512 * 1024 ** 2),
    ],
  }
}

const memory = (megabytes: number): string =>
  megabytes % 1024 === 0 ? `${megabytes / 1024}GB` : `${megabytes}MB`

/** What all members share and Patroni takes from etcd alone: the least of what the hosts can have. */
function sharedParameters(topology: Topology, hosts: readonly TopologyHost[]) {
  const least = (name: string) => Math.min(...hosts.map((host) => topology.size('database', host.name, name)))
  return {
    max_connections: least('max_connections'),
    max_worker_processes: least('max_worker_processes'),
    max_locks_per_transaction: 128,
    max_prepared_transactions: 0,
    max_wal_senders: 10,
    max_replication_slots: 10,
    wal_level: 'replica',
    wal_log_hints: 'on',
    track_commit_timestamp: 'off',
  }
}

/** Parameters of one host; figures without a size are those of ha-stack's reference for solid-state disks. */
function ownParameters(topology: Topology, host: TopologyHost, version: number) {
  const size = (name: string) => topology.size('database', host.name, name)
  return {
    superuser_reserved_connections: 5,
    shared_buffers: memory(size('shared_buffers')),
    effective_cache_size: memory(size('effective_cache_size')),
    work_mem: memory(size('work_mem')),
    maintenance_work_mem: memory(size('maintenance_work_mem')),
    autovacuum_work_mem: memory(size('autovacuum_work_mem')),
    huge_pages: 'try',
    wal_buffers: memory(size('wal_buffers')),
    // Before version 15 there is one algorithm, and it has no name.
    wal_compression: version >= 15 ? 'zstd' : 'on',
    wal_keep_size: memory(size('wal_keep_size')),
    max_wal_size: memory(size('max_wal_size')),
    min_wal_size: memory(size('min_wal_size')),
    max_slot_wal_keep_size: memory(size('max_slot_wal_keep_size')),
    checkpoint_timeout: '15min',
    checkpoint_completion_target: 0.9,
    hot_standby_feedback: 'on',
    max_standby_streaming_delay: '30s',
    random_page_cost: 1.1,
    effective_io_concurrency: 200,
    maintenance_io_concurrency: 200,
    default_statistics_target: 200,
    max_parallel_workers: size('max_parallel_workers'),
    max_parallel_workers_per_gather: size('max_parallel_workers_per_gather'),
    max_parallel_maintenance_workers: size('max_parallel_maintenance_workers'),
    jit: 'off',
    autovacuum_max_workers: size('autovacuum_max_workers'),
    autovacuum_naptime: '15s',
    autovacuum_vacuum_scale_factor: 0.02,
    autovacuum_analyze_scale_factor: 0.01,
    autovacuum_vacuum_insert_scale_factor: 0.05,
    autovacuum_vacuum_cost_limit: 3000,
    autovacuum_vacuum_cost_delay: '2ms',
    idle_in_transaction_session_timeout: '10min',
    tcp_keepalives_idle: 30,
    tcp_keepalives_interval: 10,
    tcp_keepalives_count: 3,
    tcp_user_timeout: '15s',
    shared_preload_libraries: 'pg_stat_statements',
    track_io_timing: 'on',
    log_line_prefix: '%m [%p] %q%u@%d ',
    log_min_duration_statement: '1s',
    log_checkpoints: 'on',
    log_lock_waits: 'on',
    log_autovacuum_min_duration: '10s',
    log_temp_files: 0,
  }
}

/** What a service beside the database has to know of it; undefined in a deployment without one. */
export function databaseOf({ deployment }: Pick<Topology, 'deployment'>) {
  const given = deployment.input.services.database
  if (given === undefined) return undefined
  const { hosts, postgresql, databases } = options.parse(given)
  return { hosts, databases, ...postgresql, dataFolder: `/var/lib/postgresql/${postgresql.version}/main` }
}

/** Packages of PostgreSQL and, unless it comes as wheels, of Patroni. */
function packagesOf({ postgresql, patroni }: DatabaseOptions): readonly PackageNeed[] {
  const of = (source: string) => (source === 'pgdg' ? { archive: 'pgdg' as const } : {})
  const source = patroni.source ?? postgresql.source
  return [
    { name: `postgresql-${postgresql.version}`, ...of(postgresql.source) },
    ...(source === 'wheels' ? [] : [{ name: 'patroni', atLeast: SAFE_PATRONI, ...of(source) }]),
  ]
}

/**
 * Members that may be lost at once, whichever they are, while somebody writes on. With synchronous replication Patroni promotes
 * none but those that had to have each commit; in strict mode the writer then needs a standby beside it, though one will do.
 */
export function mayLose({
  hosts,
  synchronous: { mode, standbys },
}: Pick<DatabaseOptions, 'hosts' | 'synchronous'>): number {
  const others = new Set(hosts).size - 1
  if (mode === 'off') return others
  return mode === 'on' ? Math.min(others, standbys) : Math.max(0, Math.min(others - 1, standbys))
}

/** Patroni's view of the cluster while nothing is amiss: a writer, a standby that may take over, and nobody who is not running. */
const WHOLE_CLUSTER =
  '(?s)^(?=.*"role": "leader")(?=.*"role": "(sync|quorum)_standby")(?!.*"state": "(?!running"|streaming"))'

const service = defineService({
  name: 'database',
  summary: 'PostgreSQL with one writer, standbys and failover.',
  options,

  declare: (options, topology) => {
    const others = options.hosts
    const connections = Math.min(
      ...options.hosts.map(
        (name) =>
          databaseSizes(topology.host(name), options).find((size) => size.name === 'max_connections')
            ?.value ?? 0,
      ),
    )
    return {
      hosts: options.hosts,
      endpoints: [
        { name: 'postgresql', port: 5432, protocol: 'tcp', purpose: 'PostgreSQL' },
        {
          name: 'rest',
          port: 8008,
          protocol: 'tcp',
          purpose: "Patroni's interface: state, health, commands",
          metrics: { job: 'patroni', scheme: 'https' },
          probe: 'tls',
        },
      ],
      listeners: [
        {
          name: WRITER,
          vip: options.vip,
          port: 5432,
          endpoint: 'postgresql',
          purpose: 'The one PostgreSQL that writes, as Patroni says',
          balance: 'first',
          check: { kind: 'http', endpoint: 'rest', method: 'OPTIONS', path: '/primary', tls: true },
          maxConnections: connections - KEPT_FROM_PROXY,
        },
      ],
      needs: [
        { from: others, to: { service: 'database', endpoint: 'postgresql' }, purpose: 'replication' },
        { from: others, to: { service: 'database', endpoint: 'rest' }, purpose: 'Patroni to its peers' },
        { from: others, to: { service: 'etcd', endpoint: 'client' }, purpose: 'Patroni to etcd' },
      ],
      certificates: [
        {
          name: 'patroni',
          hosts: options.hosts,
          // Clients of the writer check the name under which they ask for it.
          addresses: [topology.vip(options.vip).address],
          reload: ['patroni'],
        },
      ],
      redundancy: {
        atLeast: 3,
        majority: false,
        mayLose: mayLose(options),
        because:
          'When the writer is lost, one standby becomes the writer and another one keeps what it commits.',
      },
      kernel: options.hosts.map((name) => kernelOf(topology.host(name), options)),
      packages: packagesOf(options),
      health: [{ endpoint: 'rest', path: '/cluster', tls: true, answer: WHOLE_CLUSTER }],
      units: ['patroni'],
      interruptions: [
        {
          unit: 'patroni',
          restart:
            'nothing on a standby; on the primary another member takes over, and writes pause for seconds',
          felt: true,
        },
      ],
    }
  },

  rules,

  sizes: (options, host) => databaseSizes(host, options),

  capacity: databaseCapacity,
  scaleUps: databaseScaleUps,

  variables: (options, topology) => {
    const { packages } = topology.deployment.input
    const hosts = options.hosts.map((name) => topology.host(name))
    const etcd = topology.service('etcd')
    const etcdPort = etcd?.endpoints.find(({ name }) => name === 'client')?.port
    if (!etcd || !etcdPort)
      throw new DeploymentError(
        ['services', 'database'],
        'The database needs the service "etcd", which this deployment lacks.',
      )
    // The proxy's own addresses are what PostgreSQL sees of its clients.
    const proxies = topology.vip(options.vip).hosts
    const owners = [...new Set(options.databases.map(({ owner }) => owner))]
    const accounts = topology.services
      .flatMap((service) => service.accounts)
      .filter((account) => account.of === 'database')
    return [
      roleValues(role, options.hosts, (host) => ({
        source: options.patroni.source ?? options.postgresql.source,
        postgresql_source: options.postgresql.source,
        pgdg_mirror: packages?.postgresql ?? 'https://apt.postgresql.org/pub/repos/apt',
        wheels: options.patroni.wheels.map(({ name, version, file, sha256 }) => ({
          name,
          version,
          url: `${packages?.artifacts ?? ''}/${file}`,
          sha256,
        })),
        postgresql_version: options.postgresql.version,
        scope: options.scope,
        member: host.name,
        address: host.address,
        members: hosts.map(({ address }) => address),
        etcd_hosts: etcd.hosts.map(({ address }) => `${address}:${etcdPort}`),
        tls_ca_file: `${TLS}/ca.crt`,
        tls_certificate_file: `${TLS}/patroni.crt`,
        tls_key_file: `${TLS}/patroni.key`,
        tls_group: 'tls-patroni',
        ttl: options.timing.ttl,
        loop_wait: options.timing.loopWait,
        retry_timeout: options.timing.retryTimeout,
        failsafe_mode: options.failsafe,
        synchronous_mode: options.synchronous.mode !== 'off',
        synchronous_mode_strict: options.synchronous.mode === 'strict',
        synchronous_node_count: options.synchronous.standbys,
        watchdog_mode: watchdogOf(options, topology.deployment.input),
        dcs_parameters: sharedParameters(topology, hosts),
        parameters: {
          ...ownParameters(topology, host, options.postgresql.version),
          ...archiveParameters(topology),
        },
        clients: [
          ...options.databases.flatMap(({ name, owner }) =>
            proxies.map(({ address }) => ({ database: name, user: owner, address: `${address}/32` })),
          ),
          ...accounts.flatMap(({ name, from }) =>
            from.map((host) => ({
              database: 'postgres',
              user: name,
              address: `${topology.host(host).address}/32`,
            })),
          ),
        ],
        users: [
          ...owners.map((name) => ({ name, password: secretRef(`database_${name}_password`) })),
          ...accounts.map(({ name, password, rights }) => ({ name, password, member_of: [...rights] })),
        ],
        replication_password: secretRef('patroni_replication_password'),
        rewind_password: secretRef('patroni_rewind_password'),
        rest_password: secretRef('patroni_rest_password'),
        databases: options.databases.map(({ name, owner, settings }) => ({
          name,
          owner,
          settings: settings ?? SESSION_SETTINGS,
        })),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    database: OptionsOf<typeof service, Host, Vip>
  }
}
