import { z } from 'zod'
import {
  DeploymentError,
  defineService,
  hostName,
  type OptionsOf,
  parseDays,
  roleValues,
  secretRef,
  type Topology,
} from '#topology'
import { databaseOf } from '../patroni/service.ts'
import restoreDrill from '../restore_drill/role.ts'
import { CERTIFICATE, PORT, STANZA } from './archive.ts'
import { scheduleSchema } from './jobs.ts'
import role from './role.ts'

/** Days between two full backups at least, with one on the first Sunday of every month. */
const FULL_EVERY = 28

const options = z.object({
  hosts: z.array(hostName()).length(1).describe('The host of the repository, none of the database.'),
  source: z
    .enum(['pgdg', 'debian'])
    .optional()
    .describe('Where pgBackRest comes from; as PostgreSQL unless told.'),
  folder: z.string().startsWith('/').default('/var/lib/pgbackrest').describe('Folder of the repository.'),
  drill: z
    .array(z.object({ database: z.string(), sql: z.string() }))
    .optional()
    .describe('Statements that a restore drill runs in what it restored.'),
  schedule: scheduleSchema.optional().describe('When the jobs run, in the words of systemd.time.'),
})

/** Days of something that the deployment keeps. Throws where it does not say. */
function daysOf({ deployment }: Pick<Topology, 'deployment'>, what: 'database' | 'pointInTime'): number {
  const days = parseDays(deployment.input.keep?.[what] ?? '')
  if (days === undefined)
    throw new DeploymentError(
      ['keep', what],
      `keep.${what}: say for how long it is kept: keep: { ${what}: '60 days' }.`,
    )
  return days
}

/** Full backups whose log has to be there, so that any moment of the last days can be restored, whenever that is. */
export const fullsWithin = (days: number): number => Math.ceil(days / FULL_EVERY) + 1

const service = defineService({
  name: 'database_backup',
  summary: 'The repository of database backups and of the log between them.',
  options,

  declare: ({ hosts }) => ({
    hosts,
    endpoints: [
      {
        name: 'repository',
        port: PORT,
        protocol: 'tcp',
        purpose: 'log of the database, and restores',
        probe: 'tcp',
      },
    ],
    certificates: [{ name: 'pgbackrest', hosts, reload: ['pgbackrest'] }],
    packages: [{ name: 'pgbackrest' }],
    units: ['pgbackrest'],
  }),

  variables: (options, topology) => {
    const database = databaseOf(topology)
    if (!database)
      throw new DeploymentError(
        ['services', 'database_backup'],
        'Database backups need the service "database", which this deployment lacks.',
      )
    const both = options.hosts.find((name) => database.hosts.includes(name))
    if (both)
      throw new DeploymentError(
        ['services', 'database_backup', 'hosts'],
        `${both} is a host of the database: a repository there would be lost together with it.`,
      )
    const [database_days, point_in_time] = [daysOf(topology, 'database'), daysOf(topology, 'pointInTime')]
    if (point_in_time > database_days)
      throw new DeploymentError(
        ['keep', 'pointInTime'],
        `keep.pointInTime, ${point_in_time} days, is longer than keep.database, ${database_days} days: there is no log without backups.`,
      )
    const source = options.source ?? database.source
    const pgdg_mirror =
      topology.deployment.input.packages?.postgresql ?? 'https://apt.postgresql.org/pub/repos/apt'
    const shared = (size: string) =>
      Math.min(...database.hosts.map((name) => topology.size('database', name, size)))
    const names = database.hosts.map((name) => topology.host(name).fqdn)
    return [
      roleValues(role, options.hosts, (host) => ({
        kind: 'repository' as const,
        source,
        pgdg_mirror,
        stanza: STANZA,
        address: host.address,
        port: PORT,
        authorized: names,
        ...CERTIFICATE,
        postgresql_version: database.version,
        processes: Math.max(1, Math.min(6, Math.floor((host.cpus * 3) / 4))),
        data_folder: database.dataFolder,
        databases: names,
        repository_folder: options.folder,
        cipher_password: secretRef('database_backup_cipher_password'),
        retention_full_days: database_days,
        retention_archive_fulls: fullsWithin(point_in_time),
        // Debian 12's own release is from before that.
        block_incremental: source === 'pgdg' || host.release !== 'bookworm',
        ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
      })),
      roleValues(restoreDrill, options.hosts, (host) => ({
        source: database.source,
        pgdg_mirror,
        stanza: STANZA,
        postgresql_version: database.version,
        repository_folder: options.folder,
        cipher_password: secretRef('database_backup_cipher_password'),
        max_connections: shared('max_connections'),
        max_worker_processes: shared('max_worker_processes'),
        processes: Math.max(1, Math.floor(host.cpus / 2)),
        ...(options.drill === undefined ? {} : { statements: options.drill }),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    database_backup: OptionsOf<typeof service, Host, Vip>
  }
}
