import { z } from 'zod'
import { secret, type VariableExprs } from '#dsl'
import { pgdgVariables } from '../patroni/pgdg.ts'
import { scheduleSchema } from './jobs.ts'

const port = () => z.int().min(1).max(65535)
const size = () => z.string().regex(/^\d+(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB|K|M|G|T)?$/)

/** What a deployment may tell the role. */
export const variables = {
  kind: z.enum(['database', 'repository']).describe('What this host is.'),
  source: z.enum(['pgdg', 'debian']).default('debian').describe('Where the package comes from.'),
  ...pgdgVariables,
  stanza: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/)
    .default('main')
    .describe('Name of the database cluster in the repository.'),
  address: z.string().describe('Address of this host, to which the server binds.'),
  port: port().default(8432).describe('Port of the server, the same on all hosts.'),
  authorized: z
    .array(z.string())
    .min(1)
    .describe('Common names of the certificates that may talk to this host: the other side.'),
  ca_file: z.string().default('/etc/tls/pgbackrest/ca.crt').describe('CA that both sides are signed by.'),
  certificate_file: z
    .string()
    .default('/etc/tls/pgbackrest/pgbackrest.crt')
    .describe('Certificate of this host, shown as server and as client.'),
  key_file: z.string().default('/etc/tls/pgbackrest/pgbackrest.key').describe('Its key.'),
  tls_group: z.string().default('tls-pgbackrest').describe('Group that may read the key.'),
  postgresql_version: z.int().min(10).max(18).default(16).describe('Major version of PostgreSQL.'),
  processes: z.int().min(1).max(64).default(2).describe('Processes that read, compress and send at a time.'),

  repository_host: z.string().default('').describe('Name of the repository; on hosts of the database.'),
  data_folder: z
    .string()
    .default('/var/lib/postgresql/16/main')
    .describe('Folder of the data, on all hosts of the database; it most often has the major version in it.'),
  postgresql_port: port().default(5432).describe('Port of PostgreSQL, on all hosts of the database.'),
  archive_push_queue_max: size()
    .default('50GiB')
    .describe('Log that waits for the repository, at most; beyond it is dropped.'),
  archive_get_queue_max: size().default('1GiB').describe('Log that is fetched ahead by a restore.'),

  databases: z
    .array(z.string())
    .max(8)
    .default([])
    .describe('Names of the hosts of the database; on the repository.'),
  repository_folder: z
    .string()
    .startsWith('/')
    .default('/var/lib/pgbackrest')
    .describe('Folder of the repository.'),
  cipher_password: secret(z.string().min(20)).describe('Password that the repository is encrypted with.'),
  retention_full_days: z
    .int()
    .min(1)
    .max(9999)
    .default(360)
    .describe('Days for which full backups are kept.'),
  retention_archive_fulls: z
    .int()
    .min(1)
    .default(4)
    .describe('Full backups for which all of the log is kept.'),
  backup_standby: z.boolean().default(true).describe('Read files from a standby. Backups fail without one.'),
  block_incremental: z
    .boolean()
    .default(true)
    .describe('Keep parts of files that changed and not whole files; needs pgBackRest 2.46.'),
  compress_level: z.int().min(1).max(22).default(3).describe('Level of compression, of zstd.'),
  schedule: scheduleSchema
    .default(scheduleSchema.parse({}))
    .describe('When the jobs run, in the words of systemd.time.'),
  metrics_folder: z
    .string()
    .startsWith('/')
    .default('/var/lib/prometheus/node-exporter')
    .describe("Folder of node exporter's text files; nothing is written where it does not exist."),
}
export type Vars = VariableExprs<typeof variables>
