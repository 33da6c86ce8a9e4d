import { z } from 'zod'
import { secret, type VariableExprs } from '#dsl'
import { pgdgVariables } from './pgdg.ts'

const port = () => z.int().min(1).max(65535)
const scalar = () => z.union([z.string(), z.number(), z.boolean()])

/** What a deployment may tell the role. */
export const variables = {
  source: z
    .enum(['pgdg', 'debian', 'wheels'])
    .default('pgdg')
    .describe("Where Patroni comes from: PostgreSQL's own archive, Debian, or Python wheels."),
  postgresql_source: z
    .enum(['pgdg', 'debian'])
    .default('pgdg')
    .describe("Where PostgreSQL comes from: its own archive or Debian's."),
  ...pgdgVariables,
  wheels: z
    .array(
      z.object({
        name: z.string().describe('Name of the Python distribution.'),
        version: z.string().describe('Its version.'),
        url: z.string().describe('Where the wheel is served; the last part is the file name.'),
        sha256: z.string().length(64).describe('SHA-256 of the wheel.'),
      }),
    )
    .default([])
    .describe(
      'Wheels for the source `wheels`: Patroni, and what Debian lacks of its needs. All else comes from Debian.',
    ),
  minimum_version: z
    .string()
    .default('4.0.6')
    .describe('Older versions of Patroni are refused: they may lose acknowledged commits.'),
  postgresql_version: z.int().min(14).max(18).default(16).describe('Major version of PostgreSQL.'),

  scope: z.string().default('postgresql').describe('Name of the cluster in etcd.'),
  member: z.string().describe('Name of this member, unique in the cluster.'),
  address: z.string().describe('Address of this host, to which PostgreSQL and Patroni bind.'),
  port: port().default(5432).describe('Port of PostgreSQL.'),
  rest_port: port().default(8008).describe("Port of Patroni's interface."),
  members: z.array(z.string()).min(1).describe('Addresses of all members, this host included.'),
  etcd_hosts: z
    .array(z.string().regex(/^.+:[0-9]+$/))
    .min(1)
    .describe('The members of etcd, each as `address:port`.'),

  tls_ca_file: z.string().default('').describe('CA of all certificates below; empty for no TLS at all.'),
  tls_certificate_file: z
    .string()
    .default('')
    .describe("Certificate of this host for PostgreSQL, Patroni's interface and as a client of etcd."),
  tls_key_file: z.string().default('').describe('Key of the certificate.'),
  tls_group: z
    .string()
    .default('')
    .describe('Group that may read the key, and that the service joins; empty for none.'),

  ttl: z.int().min(20).default(20).describe('Seconds after which a silent leader loses its key.'),
  loop_wait: z.int().min(1).default(5).describe('Seconds between two looks at the cluster.'),
  retry_timeout: z
    .int()
    .min(3)
    .default(5)
    .describe('Seconds that etcd or PostgreSQL may take; loop_wait + 2 * retry_timeout must not exceed ttl.'),
  failsafe_mode: z
    .boolean()
    .default(true)
    .describe('Keep writing while etcd has no quorum, as long as all members are reached.'),
  synchronous_mode: z
    .boolean()
    .default(true)
    .describe('Acknowledge commits when a standby has them, so that a failover loses none.'),
  synchronous_mode_strict: z
    .boolean()
    .default(false)
    .describe('Stop writes rather than go on without a synchronous standby.'),
  synchronous_node_count: z.int().min(1).default(1).describe('Standbys that must have a commit.'),
  maximum_lag_on_failover: z
    .int()
    .min(0)
    .default(1048576)
    .describe('Bytes that a standby may be behind to become the writer, without synchronous mode.'),
  primary_start_timeout: z
    .int()
    .min(0)
    .default(60)
    .describe('Seconds that a crashed writer has to recover before a standby takes over.'),
  watchdog_mode: z
    .enum(['off', 'automatic', 'required'])
    .default('automatic')
    .describe(
      'Watchdog that resets a host whose Patroni hangs; `off` where the host has no kernel of its own.',
    ),

  dcs_parameters: z
    .record(z.string(), scalar())
    .default({ max_connections: 200, max_worker_processes: 8, wal_log_hints: 'on' })
    .describe(
      'Parameters of PostgreSQL that all members share and that Patroni takes from etcd alone, such as max_connections.',
    ),
  parameters: z
    .record(z.string(), scalar())
    .default({})
    .describe(
      'All other parameters of PostgreSQL, as in postgresql.conf; they may differ from host to host.',
    ),
  clients: z
    .array(
      z.object({
        database: z.string().describe('Database that may be used.'),
        user: z.string().describe('Role that may log in.'),
        address: z.string().describe('Address or network, with a prefix length.'),
      }),
    )
    .default([])
    .describe(
      'Who may log in over the network, with a password (and over TLS where there is a certificate).',
    ),

  users: z
    .array(
      z.object({
        name: z.string().describe('Name of the role.'),
        password: secret(z.string()).describe('Its password.'),
        member_of: z
          .array(z.string())
          .default([])
          .describe('Roles whose rights it has, such as `pg_monitor`; any other membership is ended.'),
      }),
    )
    .default([])
    .describe('Roles that log in; their rights are those of the databases that they own and of `member_of`.'),
  databases: z
    .array(
      z.object({
        name: z.string().describe('Name of the database.'),
        owner: z.string().describe('Role that owns it.'),
        settings: z
          .record(z.string(), z.string())
          .default({})
          .describe(
            "Settings of the owner's sessions in this database (ALTER ROLE ... IN DATABASE ... SET).",
          ),
      }),
    )
    .default([])
    .describe('Databases, in UTF-8 with the collation C.'),

  replication_password: secret(z.string()).describe('Password of the role `replicator`.'),
  rewind_password: secret(z.string()).describe('Password of the role `rewinder`.'),
  rest_password: secret(z.string()).describe("Password of the account `patroni` of Patroni's interface."),
  start_timeout: z
    .int()
    .min(30)
    .default(600)
    .describe('Seconds that PostgreSQL may take to run, a copy of the whole database included.'),
}
export type Vars = VariableExprs<typeof variables>
