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
import { repositoryCapacity } from './capacity.ts'
import { daysBetween, fullCalendar, scheduleSchema } from './jobs.ts'
import role from './role.ts'
import { rules } from './rules.ts'

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

export type RepositoryOptions = z.output<typeof options>

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

/**
 * Full backups whose log has to be there, so that any moment of the last days can be restored, whenever that is; `every` is
 * the least distance of two of them in days.
 */
export const fullsWithin = (days: number, every: number): number => Math.ceil(days / every) + 1

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

  rules,

  capacity: (options, topology) => {
    const { keep = {} } = topology.deployment.input
    const every = daysBetween(fullCalendar(options)) ?? 28
    const fulls = (what: string) => fullsWithin(parseDays(keep[what] ?? '') ?? 0, every)
    return options.hosts.flatMap((host) =>
      repositoryCapacity(
        { host, fulls: fulls('database'), fullsWithLog: fulls('pointInTime'), every },
        topology,
      ),
    )
  },

  variables: (options, topology) => {
    const database = databaseOf(topology)
    if (!database)
      throw new DeploymentError(
        ['services', 'database_backup'],
        'Database backups need the service "database", which this deployment lacks.',
      )
    const fullEvery = daysBetween(fullCalendar(options))
    if (fullEvery === undefined)
      throw new DeploymentError(
        ['services', 'database_backup', 'schedule', 'full'],
        'How often full backups are made cannot be told.',
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
        retention_full_days: daysOf(topology, 'database'),
        retention_archive_fulls: fullsWithin(daysOf(topology, 'pointInTime'), fullEvery),
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
