import { defineServiceRule, parseDays, type ServiceRule } from '#topology'
import { databaseOf } from '../patroni/service.ts'
import { debianHas, debianOf, isOlder } from '../versions.ts'
import { daysBetween, fullCalendar } from './jobs.ts'
import type { RepositoryOptions } from './service.ts'

const at = (...keys: readonly (string | number)[]) => ['services', 'database_backup', ...keys]

/** The oldest pgBackRest that knows a major version of PostgreSQL, the newest first. */
const KNOWS = [
  { postgresql: 18, pgbackrest: '2.55.0' },
  { postgresql: 17, pgbackrest: '2.53.1' },
  { postgresql: 16, pgbackrest: '2.46' },
] as const

const elsewhere = defineServiceRule<RepositoryOptions>({
  code: 'BK-001',
  severity: 'error',
  demand: 'The repository of database backups is on no host of the database.',
  reason:
    'A backup beside its database is lost together with it, and its reads and writes slow the database down.',
  evidence: "pgBackRest's user guide, chapter Dedicated Repository Host.",
  wayOut: 'Name a host that has nothing of the database.',
  check: ({ hosts }, topology) => {
    const members = new Set<string>(databaseOf(topology)?.hosts)
    return hosts
      .filter((name) => members.has(name))
      .map((name) => ({
        message: `${name} is a host of the database: a repository there would be lost together with it.`,
        subject: name,
        at: at('hosts'),
      }))
  },
})

const keepStated = defineServiceRule<RepositoryOptions>({
  code: 'BK-002',
  severity: 'error',
  demand:
    'The deployment says for how many days, one at least, backups of the database and the log between them are kept.',
  reason:
    'How long is a decision of people: what is shorter is gone when somebody asks for it, what is longer fills the disk.',
  evidence:
    'pgBackRest keeps every backup for ever unless told; its documentation, setting repo-retention-full.',
  wayOut: "Say both: keep: { database: '360 days', pointInTime: '60 days' }.",
  check: (_options, { deployment }) =>
    (['database', 'pointInTime'] as const).flatMap((what) => {
      const keep = deployment.input.keep ?? {}
      const said = keep[what]
      if ((parseDays(said ?? '') ?? 0) > 0) return []
      const other = Object.keys(keep).find((key) => key !== what && lettersOf(key) === lettersOf(what))
      return [
        {
          message:
            said !== undefined
              ? `keep.${what} is "${said}", which is no number of days from one on.`
              : `The deployment does not say keep.${what}${other === undefined ? '' : `, but keep.${other}`}.`,
          subject: what,
          at: ['keep', said === undefined && other !== undefined ? other : what],
          ...(said === undefined
            ? {}
            : { hint: `Write days as a number and the word: keep: { ${what}: '30 days' }.` }),
        },
      ]
    }),
})

/** A key without case and dashes, in which people err. */
const lettersOf = (key: string): string => key.toLowerCase().replace(/[^a-z]/g, '')

const logWithinBackups = defineServiceRule<RepositoryOptions>({
  code: 'BK-003',
  severity: 'error',
  demand: 'The log is kept for no longer than backups: keep.pointInTime is at most keep.database.',
  reason: 'Log is replayed on top of a backup. Without one from before it, it restores nothing.',
  evidence: "PostgreSQL's documentation, chapter Continuous Archiving and Point-in-Time Recovery.",
  wayOut: 'Raise keep.database, or lower keep.pointInTime.',
  check: (_options, { deployment }) => {
    const [all, log] = [
      parseDays(deployment.input.keep?.['database'] ?? ''),
      parseDays(deployment.input.keep?.['pointInTime'] ?? ''),
    ]
    return all === undefined || log === undefined || log <= all
      ? []
      : [
          {
            message: `keep.pointInTime, ${log} days, is longer than keep.database, ${all} days.`,
            subject: 'pointInTime',
            at: ['keep', 'pointInTime'],
          },
        ]
  },
})

const somethingToBackUp = defineServiceRule<RepositoryOptions>({
  code: 'BK-004',
  severity: 'error',
  demand: 'There is a database to back up.',
  reason: 'A repository without one runs its jobs, and each of them fails.',
  evidence: "pgBackRest's user guide: a stanza is the configuration of one database cluster.",
  wayOut: 'Place the service database, or leave database_backup out.',
  check: (_options, topology) =>
    topology.service('database')
      ? []
      : [
          {
            message: 'Database backups are asked for, and the deployment lacks the service database.',
            subject: 'database_backup',
            at: at(),
          },
        ],
})

const fullsTold = defineServiceRule<RepositoryOptions>({
  code: 'BK-005',
  severity: 'error',
  demand: 'How often full backups are made can be told from their schedule.',
  reason:
    'The log is kept for so many full backups. Daily ones with the count of monthly ones would throw it away after days, and nobody would notice before a restore.',
  evidence: "pgBackRest's documentation, settings repo-retention-archive and repo-retention-archive-type.",
  wayOut:
    "Write a day of the week or of the month and one time: 'Sun *-*-* 01:00:00', 'Sun *-*-01..07 01:00:00', '*-*-01 01:00:00'.",
  check: (options) =>
    daysBetween(fullCalendar(options)) !== undefined
      ? []
      : [
          {
            message: `Full backups are made at "${fullCalendar(options)}": how many of them keep.pointInTime needs cannot be told.`,
            subject: 'database_backup',
            at: at('schedule', 'full'),
          },
        ],
})

const knowsPostgresql = defineServiceRule<RepositoryOptions>({
  code: 'BK-006',
  severity: 'error',
  demand:
    'pgBackRest knows the major version of PostgreSQL, and is of one version on the repository and on every member.',
  reason:
    'An older one refuses the data, and one of another version refuses its peer: there would be neither backups nor an archive, and log would fill the disk.',
  evidence:
    "pgBackRest's release notes: 2.46 brought PostgreSQL 16, 2.53.1 brought 17, 2.55.0 brought 18; its src/protocol/client.c ends a connection whose greeting has another version. Debian 12 has 2.45, Debian 13 has 2.55.",
  wayOut: "Take it from PostgreSQL's own archive on all of them: source: 'pgdg'.",
  check: ({ hosts, source }, topology) => {
    const database = databaseOf(topology)
    if (!database) return []
    const needed = KNOWS.find(({ postgresql }) => database.version >= postgresql)?.pgbackrest ?? '0'
    const got = (name: string, from: string) => {
      const host = topology.host(name)
      const version = from === 'debian' ? debianHas(host, 'pgbackrest') : NEWEST
      const of = from === 'debian' ? `${version} of ${debianOf(host)}` : "of PostgreSQL's own archive"
      return { name, version, of }
    }
    const repositories = hosts.map((name) => got(name, source ?? database.source))
    const members = database.hosts.map((name) => got(name, database.source))
    const old = [...repositories, ...members].filter(
      ({ version }) => version !== NEWEST && isOlder(version, needed),
    )
    if (old.length > 0)
      return old.map(({ name, of }) => ({
        message: `${name} gets pgBackRest ${of}, and PostgreSQL ${database.version} wants ${needed}.`,
        subject: name,
        at: at('source'),
      }))
    return repositories.flatMap((repository) => {
      const others = members.filter(({ version }) => version !== repository.version)
      const [first] = others
      if (!first) return []
      const oneSource = source === undefined || source === database.source
      return [
        {
          message: `${repository.name} gets pgBackRest ${repository.of}, and ${others.map(({ name }) => name).join(', ')} ${others.length === 1 ? 'gets' : 'get'} ${first.version === NEWEST ? 'that ' : ''}${first.of}: they refuse each other.`,
          subject: repository.name,
          at: oneSource ? ['hosts', repository.name, 'os'] : at('source'),
          hint: oneSource
            ? `Bring ${repository.name} and the members to one release, or take pgBackRest and PostgreSQL from PostgreSQL's own archive.`
            : `Leave source of database_backup out: it is that of PostgreSQL then, '${database.source}'.`,
        },
      ]
    })
  },
})

/** What PostgreSQL's own archive has: one and the same for every release of Debian. */
const NEWEST = 'newest'

const passphraseTwice = defineServiceRule<RepositoryOptions>({
  code: 'BK-007',
  severity: 'warning',
  demand: 'What the repository is encrypted with is in a second place beside the controller.',
  reason:
    'Without the passphrase all backups are worth nothing, and it stands in the vault on the controller alone.',
  evidence: "pgBackRest's documentation, setting repo-cipher-pass: what is lost cannot be made again.",
  wayOut: 'Place config_backup, which keeps the vault as it is, encrypted; keep its password on paper.',
  check: (_options, topology) =>
    topology.service('config_backup')
      ? []
      : [
          {
            message: 'The passphrase of the repository is on the controller alone: nothing copies the vault.',
            subject: 'database_backup',
            at: at(),
          },
        ],
})

/** Databases that every cluster of PostgreSQL has. */
const ALWAYS_THERE = ['postgres', 'template1']

const drillsThere = defineServiceRule<RepositoryOptions>({
  code: 'BK-016',
  severity: 'error',
  demand: 'Statements of the restore drill ask databases that the service database makes.',
  reason:
    'A statement for another database fails, and with it every drill, whose backup may have been restored without a fault.',
  evidence:
    'The role restore_drill runs each statement with `psql -d <database>` in what it restored, and stops at the first that fails.',
  wayOut: 'Name one of the databases of the service database, or add it there.',
  check: ({ drill = [] }, topology) => {
    const known = databaseOf(topology)?.databases.map(({ name }) => name)
    if (!known) return []
    return drill.flatMap(({ database }, i) =>
      known.includes(database) || ALWAYS_THERE.includes(database)
        ? []
        : [
            {
              message: `The restore drill asks the database ${database}, and there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}.`,
              subject: database,
              at: at('drill', i, 'database'),
            },
          ],
    )
  },
})

const lostTogether = defineServiceRule<RepositoryOptions>({
  code: 'BK-015',
  severity: 'warning',
  demand: 'No failure domain has all members of the database and its repository, too.',
  reason:
    'What takes the last copy of the database then takes its backups, and nothing is left to restore from.',
  evidence:
    'US-CERT, Data Backup Options (2012), the 3-2-1 rule: of three copies of what matters one is stored off site.',
  wayOut: 'Place the repository, or a member of the database, in another failure domain.',
  check: ({ hosts }, topology) => {
    const all = [...(databaseOf(topology)?.hosts ?? []), ...hosts]
    return Object.entries(topology.deployment.input.failureDomains ?? {}).flatMap(([domain, members]) =>
      all.length > hosts.length && all.every((name) => members.includes(name))
        ? [
            {
              message: `The failure domain ${domain} takes the database and its backups with it: ${all.join(', ')}.`,
              subject: domain,
              at: ['failureDomains', domain],
            },
          ]
        : [],
    )
  },
})

/** What backups of the database must keep. */
export const rules: readonly ServiceRule<RepositoryOptions>[] = [
  elsewhere,
  keepStated,
  logWithinBackups,
  somethingToBackUp,
  fullsTold,
  knowsPostgresql,
  passphraseTwice,
  lostTogether,
  drillsThere,
]
