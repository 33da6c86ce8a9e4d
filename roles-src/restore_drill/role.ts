import { z } from 'zod'
import { ansible, block, defineRole, type Expr, each, j, named, never, register, secret, value } from '#dsl'
import { apt, assert, command, copy, debug, file, template } from '#modules/builtin'
import { pgdgRepository, pgdgVariables } from '../patroni/pgdg.ts'

interface Backup {
  readonly label: string
  readonly info: { readonly size: number }
}
/** Removes the restored data; a folder that is there for the time of the drill is no change. */
const clear = (name: string, path: Expr<string>) =>
  file(name, { path, state: 'absent' }, { changedWhen: never(DRILL) })
const DRILL = 'It makes and removes what the drill alone uses.'

export default defineRole({
  name: 'restore_drill',
  summary:
    'Restore the newest backup of a database into a scratch folder, start it, and look whether it is whole.',
  description: `
To be run on the host of a pgBackRest repository, from a playbook of its own: a backup that was never restored is a hope.
The role restores into \`restore_drill_folder\`, starts PostgreSQL there on a socket alone, waits until it has read the log to the end or
to \`restore_drill_target\`, lets \`pg_amcheck\` look at every table and index, runs \`restore_drill_statements\`, and removes everything
again, whether or not it went well. It takes the room of the whole database and refuses to begin without it.

    ansible-playbook restore-drill.yml
    ansible-playbook restore-drill.yml -e '{"restore_drill_target": "2026-03-01 12:00:00+00"}'

How long it took is printed and left in \`<restore_drill_folder>/report.json\`. No database in use is touched: the restored one
archives nothing, listens nowhere and knows no peers.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    source: z.enum(['pgdg', 'debian']).default('debian').describe('Where PostgreSQL comes from.'),
    ...pgdgVariables,
    stanza: z.string().default('main').describe('Name of the database cluster in the repository.'),
    postgresql_version: z.int().min(14).max(18).default(16).describe('Major version of the database.'),
    repository_folder: z
      .string()
      .startsWith('/')
      .default('/var/lib/pgbackrest')
      .describe('Folder of the repository.'),
    cipher_password: secret(z.string().min(20)).describe('Password that the repository is encrypted with.'),
    folder: z
      .string()
      .startsWith('/')
      .default('/var/lib/restore-drill')
      .describe('Folder of the restored data, with room for the whole database.'),
    target: z
      .string()
      .default('')
      .describe('Moment to restore, such as `2026-03-01 12:00:00+00`; the newest there is unless told.'),
    max_connections: z.int().min(1).default(500).describe('At least the `max_connections` of the database.'),
    max_worker_processes: z
      .int()
      .min(1)
      .default(64)
      .describe('At least the `max_worker_processes` of the database.'),
    processes: z.int().min(1).max(64).default(2).describe('Processes that restore and check at a time.'),
    statements: z
      .array(
        z.object({
          database: z.string().describe('Database to ask.'),
          sql: z.string().describe('What to run there; it must not fail.'),
        }),
      )
      .default([{ database: 'postgres', sql: 'SELECT count(*) FROM pg_database' }])
      .describe('Statements to run in the restored database, with their answers printed.'),
    timeout: z
      .int()
      .min(60)
      .default(86_400)
      .describe('Seconds that restoring and reading the log may take each.'),
  },

  constants: ({ vars }) => ({
    data: j`${vars.folder}/data`,
    bin: j`/usr/lib/postgresql/${vars.postgresql_version}/bin`,
  }),

  install: ({ vars }) => {
    const pgdg = pgdgRepository({
      wanted: vars.source.eq('pgdg'),
      mirror: vars.pgdg_mirror,
      key: vars.pgdg_key,
    })
    return [
      pgdg.tasks,
      file('Make the folder of the settings of PostgreSQL packages', {
        path: '/etc/postgresql-common',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
      template('Make no cluster when PostgreSQL is installed', {
        src: 'createcluster.conf.j2',
        dest: '/etc/postgresql-common/createcluster.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
      }),
      apt(
        'Install PostgreSQL',
        {
          name: [j`postgresql-${vars.postgresql_version}`, 'pgbackrest'],
          state: 'present',
          update_cache: pgdg.added,
        },
        {
          comment: 'In check mode the packages of an archive that is not there yet are unknown.',
          when: pgdg.ready,
        },
      ),
    ]
  },

  configure: ({ vars }) => [
    file('Make the folder of the drill', {
      path: vars.folder,
      state: 'directory',
      owner: 'postgres',
      group: 'postgres',
      mode: '0700',
    }),
    template(
      'Write how to read the repository',
      {
        src: 'pgbackrest.conf.j2',
        dest: '/etc/pgbackrest/restore-drill.conf',
        owner: 'root',
        group: 'postgres',
        mode: '0640',
      },
      { noLog: true },
    ),
    template('Write the settings of the restored database', {
      src: 'postgresql.conf.j2',
      dest: j`${vars.folder}/postgresql.conf`,
      owner: 'postgres',
      group: 'postgres',
      mode: '0600',
    }),
    template('Write who may log in to the restored database', {
      src: 'pg_hba.conf.j2',
      dest: j`${vars.folder}/pg_hba.conf`,
      owner: 'postgres',
      group: 'postgres',
      mode: '0600',
    }),
  ],

  service: ({ vars, constants }) => {
    const as = (...argv: readonly (string | Expr<string>)[]) => ['runuser', '-u', 'postgres', '--', ...argv]
    const pgbackrest = (...args: readonly (string | Expr<string>)[]) =>
      as('pgbackrest', '--config=/etc/pgbackrest/restore-drill.conf', j`--stanza=${vars.stanza}`, ...args)
    const psql = (database: string | Expr<string>, sql: string | Expr<string>) =>
      as('psql', '-h', vars.folder, '-U', 'postgres', '-d', database, '-v', 'ON_ERROR_STOP=1', '-Atc', sql)
    const pgCtl = (...args: readonly (string | Expr<string>)[]) =>
      as(j`${constants.bin}/pg_ctl`, '-D', constants.data, ...args)
    const known = register(
      'known',
      command(
        'Ask for the backups',
        { argv: pgbackrest('info', '--output=json') },
        { changedWhen: never('It only asks.') },
      ),
    )
    const room = register(
      'room',
      command(
        'Ask for the room',
        { argv: ['df', '--output=avail', '-B1', vars.folder] },
        { changedWhen: never('It only asks.') },
      ),
    )
    const backups = known.stdout
      .pipe<readonly { readonly backup: readonly Backup[] }[]>('from_json')
      .at(0).backup
    const last = backups.at<Backup>(-1)
    const restore = (name: string, moment: boolean, ...args: readonly (string | Expr<string>)[]) =>
      command(
        name,
        { argv: pgbackrest('--log-level-console=warn', '--archive-mode=off', ...args, 'restore') },
        {
          when: moment ? vars.target.ne('') : vars.target.eq(''),
          changedWhen: never(DRILL),
          async: vars.timeout,
          poll: 5,
        },
      )
    const began = register(
      'began',
      command('Look at the clock', { argv: ['date', '+%s'] }, { changedWhen: never('It only asks.') }),
    )
    const ended = register(
      'ended',
      command('Look at the clock again', { argv: ['date', '+%s'] }, { changedWhen: never('It only asks.') }),
    )
    const asked = register(
      'asked',
      each(vars.statements, { as: 'statement', label: (statement) => statement.sql }, (statement) =>
        command(
          'Run the statements',
          { argv: psql(statement.database, statement.sql) },
          { changedWhen: never(DRILL) },
        ),
      ),
    )
    const seconds = ended.stdout.pipe('int').minus(began.stdout.pipe('int'))
    return [
      block(
        'Restore, look and clear away',
        [
          known,
          assert('Refuse a drill without a backup', {
            that: [backups.pipe('length').gt(0)],
            fail_msg: 'There is no backup in the repository.',
            quiet: true,
          }),
          room,
          assert('Refuse to fill the disk', {
            that: [room.stdout_lines.at(-1).pipe('int').gt(last.info.size.times(1.2))],
            fail_msg: j`The database takes ${last.info.size} bytes, and ${vars.folder} has no more than ${room.stdout_lines.at(-1)}.`,
            quiet: true,
          }),
          clear('Remove what an earlier drill may have left', constants.data),
          file('Make the folder of the data', {
            path: constants.data,
            state: 'directory',
            owner: 'postgres',
            group: 'postgres',
            mode: '0700',
          }),
          began,
          restore('Restore the newest', false),
          restore(
            'Restore the moment',
            true,
            '--type=time',
            j`--target=${vars.target}`,
            '--target-action=promote',
          ),
          command(
            'Start the restored database',
            {
              argv: pgCtl(
                '-w',
                '-t',
                j`${vars.timeout}`,
                '-l',
                j`${vars.folder}/log`,
                '-o',
                j`-c config_file=${vars.folder}/postgresql.conf`,
                'start',
              ),
            },
            { changedWhen: never(DRILL) },
          ),
          command(
            'Wait until the log is read',
            { argv: psql('postgres', 'SELECT pg_is_in_recovery()') },
            {
              changedWhen: never('It only asks.'),
              until: (answer) => answer.stdout.eq('f'),
              retries: vars.timeout.dividedBy(5).pipe('int'),
              delay: 5,
            },
          ),
          command(
            'Look at every table and index',
            {
              argv: as(
                j`${constants.bin}/pg_amcheck`,
                '-h',
                vars.folder,
                '-U',
                'postgres',
                '--all',
                '--install-missing',
                j`--jobs=${vars.processes}`,
              ),
            },
            { changedWhen: never(DRILL), async: vars.timeout, poll: 5 },
          ),
          asked,
          ended,
          copy('Leave a report', {
            content: value({
              backup: last.label,
              target: vars.target,
              seconds,
              answers: asked.results.pipe('map', named({ attribute: 'stdout' })).pipe('list'),
            }).pipe('to_nice_json'),
            dest: j`${vars.folder}/report.json`,
            owner: 'root',
            group: 'root',
            mode: '0644',
          }),
          debug('Say how it went', {
            msg: j`Restored, read and checked ${last.label} in ${seconds} s.`,
          }),
        ],
        {
          comment: 'In check mode there is nothing to look at.',
          when: ansible.checkMode.not(),
          always: [
            command(
              'Stop the restored database',
              { argv: pgCtl('-m', 'immediate', 'stop'), removes: j`${constants.data}/postmaster.pid` },
              { changedWhen: never(DRILL) },
            ),
            clear('Remove what was restored', constants.data),
          ],
        },
      ),
    ]
  },

  example: { postgresql_version: 17, folder: '/srv/restore-drill' },
})
