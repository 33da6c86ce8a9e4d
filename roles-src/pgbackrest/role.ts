import { z } from 'zod'
import { block, choose, defineRole, type Expr, each, j, never, register, secret } from '#dsl'
import { apt, assert, command, copy, file, systemd_service, template, user } from '#modules/builtin'
import { pgdgRepository, pgdgVariables } from '../patroni/pgdg.ts'
import { JOBS, scheduleSchema } from './jobs.ts'

const port = () => z.int().min(1).max(65535)
const size = () => z.string().regex(/^\d+(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB|K|M|G|T)?$/)

/** What pgBackRest says of a stanza. */
interface Stanza {
  readonly status: { readonly code: number }
}
/** Codes of that status. */
const Status = { noStanza: 1, noBackup: 2 } as const

export default defineRole({
  name: 'pgbackrest',
  summary: 'Archive and back up PostgreSQL to a repository on another host, over TLS both ways.',
  description: `
The role runs on two kinds of hosts (\`pgbackrest_kind\`). A host of the \`database\` pushes its log to the repository and lets the
repository read its files. The \`repository\` host keeps backups and log, encrypted, and runs all jobs by systemd's timers.
On both, pgBackRest's server answers port 8432 with TLS and lets in the certificates of \`pgbackrest_authorized\` alone.

The database has to be told what archives: \`archive_mode: on\` and
\`archive_command: pgbackrest --stanza=<stanza> archive-push %p\`. Run the role on the database's hosts before that, and on the repository
after the database runs: it makes the stanza once, checks that a segment arrives, and starts the first full backup in the background.

**Jobs.** \`systemctl list-timers 'pgbackrest-*'\` shows them, \`journalctl -u pgbackrest-full\` says how one went, and
\`systemctl start pgbackrest-incr\` runs one now. A job that meets another one at work ends and leaves it to the next.
Files are read from a standby, so that the writer has little to do with it; the log always comes from the writer.

**Retention.** Full backups are kept for \`pgbackrest_retention_full_days\`, with what builds upon them. The log between them, by
which any moment can be restored, is kept for the last \`pgbackrest_retention_archive_fulls\` full backups; older backups restore the moment
at which they ended. Expiry follows each backup.

**Losses.** When the repository is away, PostgreSQL keeps its log until \`pgbackrest_archive_push_queue_max\` is reached, and then drops
it rather than stop: alert on that, and make a full backup afterwards.

**After a major upgrade of PostgreSQL**: \`runuser -u postgres -- pgbackrest --stanza=<stanza> stanza-upgrade\` on the repository.

The repository cannot be read without \`pgbackrest_cipher_password\`, which cannot be changed: keep it apart from the repository.
Metrics of the backups are written to \`pgbackrest_metrics_folder\` where there is one (\`pgbackrest_*\`).
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
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
    processes: z
      .int()
      .min(1)
      .max(64)
      .default(2)
      .describe('Processes that read, compress and send at a time.'),

    repository_host: z.string().default('').describe('Name of the repository; on hosts of the database.'),
    data_folder: z
      .string()
      .default('/var/lib/postgresql/16/main')
      .describe('Folder of the data, on all hosts of the database.'),
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
    backup_standby: z
      .boolean()
      .default(true)
      .describe('Read files from a standby. Backups fail without one.'),
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
  },

  constants: ({ vars }) => ({
    repository: vars.kind.eq('repository'),
    jobs: JOBS,
  }),

  programs: { pgbackrest: '/usr/bin/pgbackrest' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart the server of pgBackRest',
      { name: 'pgbackrest', state: 'restarted', daemon_reload: true },
      { needs: programs.pgbackrest },
    ),
    reload: systemd_service(
      'Reload the server of pgBackRest',
      { name: 'pgbackrest', state: 'reloaded' },
      { needs: programs.pgbackrest },
    ),
  }),

  preflight: ({ vars, constants }) => [
    assert('Refuse a host that does not know the other side', {
      that: [
        choose<boolean>(
          constants.repository,
          vars.databases.pipe('length').gt(0),
          vars.repository_host.ne(''),
        ),
      ],
      fail_msg:
        'Set pgbackrest_repository_host on hosts of the database, and pgbackrest_databases on the repository.',
      quiet: true,
    }),
    assert(
      'Refuse backups from a standby where there is none',
      {
        that: [vars.backup_standby.not().or(vars.databases.pipe('length').gt(1))],
        fail_msg: 'pgbackrest_backup_standby needs more than one of pgbackrest_databases.',
        quiet: true,
      },
      { when: constants.repository },
    ),
  ],

  install: ({ vars }) => {
    const pgdg = pgdgRepository({
      wanted: vars.source.eq('pgdg'),
      mirror: vars.pgdg_mirror,
      key: vars.pgdg_key,
    })
    const version = register(
      'version',
      command(
        'Ask pgBackRest for its version',
        { argv: ['pgbackrest', 'version'], removes: '/usr/bin/pgbackrest' },
        { changedWhen: never('It only asks.'), checkMode: false },
      ),
    )
    const known = version.stdout.pipe('regex_search', '[0-9.]+').pipe<string>('default', '99', true)
    return [
      pgdg.tasks,
      apt(
        'Install pgBackRest',
        {
          name: ['pgbackrest'],
          state: 'present',
          update_cache: pgdg.added,
          policy_rc_d: 101,
        },
        {
          comment:
            'Exit code 101 keeps its server from starting without a configuration. In check mode the packages of an archive that is not there yet are unknown.',
          when: pgdg.ready,
        },
      ),
      version,
      assert('Refuse a pgBackRest that is older than PostgreSQL', {
        that: [
          vars.postgresql_version.lt(16).or(known.versionAtLeast('2.46')),
          vars.postgresql_version.lt(17).or(known.versionAtLeast('2.52')),
          vars.postgresql_version.lt(18).or(known.versionAtLeast('2.56')),
        ],
        fail_msg: j`${version.stdout} does not know PostgreSQL ${vars.postgresql_version}. Take it from another pgbackrest_source.`,
        quiet: true,
      }),
    ]
  },

  configure: ({ vars, constants, handlers, programs }) => {
    const unit = (kind: 'service' | 'timer') =>
      each(constants.jobs, { as: 'job', label: (job) => job.name }, (job) =>
        template(
          kind === 'service' ? 'Write the units of the jobs' : 'Write the timers of the jobs',
          {
            src: `job.${kind}.j2`,
            dest: j`/etc/systemd/system/pgbackrest-${job.name}.${kind}`,
            owner: 'root',
            group: 'root',
            mode: '0644',
          },
          { when: constants.repository },
        ),
      )
    return [
      user(
        'Let PostgreSQL read the key',
        { name: 'postgres', groups: [vars.tls_group], append: true },
        {
          comment: 'It runs the command that archives, and people run pgBackRest by its account.',
          needs: programs.pgbackrest,
          notify: handlers.restart,
        },
      ),
      file('Make the folder of the drop-in', {
        path: '/etc/systemd/system/pgbackrest.service.d',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
      template(
        'Write the drop-in of the unit',
        {
          src: 'override.conf.j2',
          dest: '/etc/systemd/system/pgbackrest.service.d/override.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: handlers.restart },
      ),
      file(
        'Make the folder of the repository',
        {
          path: vars.repository_folder,
          state: 'directory',
          owner: 'postgres',
          group: 'postgres',
          mode: '0750',
        },
        { needs: programs.pgbackrest, when: constants.repository },
      ),
      file('Make the folder of the configuration', {
        path: '/etc/pgbackrest',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
      template(
        'Write the configuration of the repository',
        {
          src: 'repository.conf.j2',
          dest: '/etc/pgbackrest/pgbackrest.conf',
          owner: 'root',
          group: 'postgres',
          mode: '0640',
          validate: 'pgbackrest --config=%s --log-level-file=off repo-ls',
        },
        { needs: programs.pgbackrest, when: constants.repository, noLog: true, notify: handlers.reload },
      ),
      template(
        'Write the configuration of a host of the database',
        {
          src: 'database.conf.j2',
          dest: '/etc/pgbackrest/pgbackrest.conf',
          owner: 'root',
          group: 'postgres',
          mode: '0640',
        },
        { needs: programs.pgbackrest, when: constants.repository.not(), notify: handlers.reload },
      ),
      file(
        'Make the folder of programs for other daemons',
        { path: '/usr/local/libexec', state: 'directory', owner: 'root', group: 'root', mode: '0755' },
        { when: constants.repository },
      ),
      copy(
        'Install what writes metrics',
        {
          src: 'pgbackrest-metrics',
          dest: '/usr/local/libexec/pgbackrest-metrics',
          owner: 'root',
          group: 'root',
          mode: '0755',
        },
        { when: constants.repository },
      ),
      unit('service'),
      unit('timer'),
    ]
  },

  service: ({ constants, programs }) => [
    systemd_service(
      'Keep the server of pgBackRest running',
      { name: 'pgbackrest', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.pgbackrest },
    ),
    each(constants.jobs, { as: 'job', label: (job) => job.name }, (job) =>
      systemd_service(
        'Keep the timers of the jobs running',
        { name: j`pgbackrest-${job.name}.timer`, state: 'started', enabled: true },
        { needs: programs.pgbackrest, when: constants.repository },
      ),
    ),
  ],

  provision: ({ vars, constants, programs }) => {
    const run = (...args: readonly (string | Expr<string>)[]) => [
      'runuser',
      '-u',
      'postgres',
      '--',
      'pgbackrest',
      j`--stanza=${vars.stanza}`,
      ...args,
    ]
    const info = register(
      'info',
      command(
        'Ask what the repository has of the database',
        { argv: run('info', '--output=json') },
        { changedWhen: never('It only asks.'), checkMode: false },
      ),
    )
    const code = info.stdout.pipe<readonly Stanza[]>('from_json').at(0).status.code
    return [
      block(
        'Begin with the first backup',
        [
          info,
          command(
            'Make the stanza',
            { argv: run('stanza-create') },
            {
              comment:
                'A member that tries to archive before there is a stanza holds the lock that making one takes, and lets it go when it gives up.',
              when: code.eq(Status.noStanza),
              changedWhen: (made) => made.rc.eq(0),
              until: (made) => made.stdout.contains('unable to acquire lock').not(),
              retries: 36,
              delay: 5,
            },
          ),
          command(
            'Check that a segment of the log arrives',
            { argv: run('check', '--archive-timeout=180') },
            {
              comment:
                'Once; later a timer does. PostgreSQL has tried without a stanza and lets a minute pass before it tries again.',
              when: code.eq(Status.noStanza),
              changedWhen: (checked) => checked.rc.eq(0),
            },
          ),
          systemd_service(
            'Start the first full backup',
            { name: 'pgbackrest-full', state: 'started', no_block: true },
            {
              comment: 'In the background, since it may take hours.',
              when: code.in([Status.noStanza, Status.noBackup]),
            },
          ),
        ],
        { needs: programs.pgbackrest, when: constants.repository },
      ),
    ]
  },

  example: {
    kind: 'repository',
    address: '192.0.2.20',
    authorized: ['db1.example.net', 'db2.example.net'],
    databases: ['db1.example.net', 'db2.example.net'],
  },
})
