import { ansible, block, choose, defineRole, type Expr, each, j, never, register } from '#dsl'
import { apt, assert, command, systemd_service } from '#modules/builtin'
import { pgdgRepository } from '../patroni/pgdg.ts'
import { configureTasks } from './configure.ts'
import { JOBS } from './jobs.ts'
import { variables } from './variables.ts'

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
On both, pgBackRest's server answers \`pgbackrest_port\` with TLS and lets in the certificates of \`pgbackrest_authorized\` alone.

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

  vars: variables,

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

  configure: (context) => configureTasks(context),

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
              when: [ansible.checkMode.not(), code.eq(Status.noStanza)],
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
