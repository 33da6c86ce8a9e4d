import { type Expr, type HandlerRef, j, never, type ProgramRef, register, type TaskItem } from '#dsl'
import { apt, assert, command, file, systemd_service, template } from '#modules/builtin'
import { pgdgRepository } from './pgdg.ts'
import type { Vars } from './variables.ts'
import { wheelTasks } from './wheels.ts'

interface Given {
  readonly vars: Vars
  readonly constants: { readonly program: Expr<string> }
  readonly programs: { readonly pg_ctlcluster: ProgramRef }
  readonly handlers: { readonly restart: HandlerRef }
}

/** PostgreSQL and Patroni, of versions that lose nothing, and neither of them started. */
export function installTasks({ vars, constants, programs, handlers }: Given): readonly TaskItem[] {
  const pgdg = pgdgRepository({
    wanted: vars.postgresql_source.eq('pgdg').or(vars.source.eq('pgdg')),
    mirror: vars.pgdg_mirror,
    key: vars.pgdg_key,
  })
  const unknown = 'In check mode the packages of an archive that is not there yet are unknown.'
  const packaged = vars.source.ne('wheels')
  const candidate = register(
    'candidate',
    command(
      'Ask apt which Patroni it would install',
      { argv: ['apt-cache', 'policy', 'patroni'] },
      {
        when: [packaged, pgdg.ready],
        environment: { LC_ALL: 'C' },
        changedWhen: never('It only asks.'),
        checkMode: false,
      },
    ),
  )
  const version = register(
    'version',
    command(
      'Ask Patroni for its version',
      { argv: [constants.program, '--version'], removes: constants.program },
      { changedWhen: never('It only asks.'), checkMode: false },
    ),
  )
  const tooOld = j`Patroni ${vars.minimum_version} or newer is needed: older ones may lose acknowledged commits when a writer that was cut off returns. Take it from another patroni_source.`
  return [
    file('Make the folder of the settings of PostgreSQL packages', {
      path: '/etc/postgresql-common',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Make no cluster when PostgreSQL is installed',
      {
        src: 'createcluster.conf.j2',
        dest: '/etc/postgresql-common/createcluster.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { comment: 'Before the packages, since they would make one: Patroni makes its own.' },
    ),
    pgdg.tasks,
    apt(
      'Install PostgreSQL',
      { name: [j`postgresql-${vars.postgresql_version}`], state: 'present', update_cache: pgdg.added },
      { comment: unknown, when: pgdg.ready },
    ),
    candidate,
    assert(
      'Refuse to install a Patroni that loses acknowledged commits',
      {
        that: [
          candidate.stdout
            .pipe('regex_search', '(?<=Candidate: )[0-9.]+')
            .pipe<string>('default', '0', true)
            .versionAtLeast(vars.minimum_version),
        ],
        fail_msg: tooOld,
        quiet: true,
      },
      { when: candidate.isSkipped().not() },
    ),
    apt(
      'Install Patroni',
      { name: ['patroni', 'python3-etcd', 'python3-psycopg2'], state: 'present' },
      { comment: unknown, when: [packaged, pgdg.ready] },
    ),
    wheelTasks(vars, handlers.restart),
    version,
    assert(
      'Refuse a Patroni that loses acknowledged commits',
      {
        that: [version.stdout.pipe('regex_search', '[0-9]+[0-9.]+').versionAtLeast(vars.minimum_version)],
        fail_msg: tooOld,
        quiet: true,
      },
      { when: version.stdout.defaultTo('').is('match', 'patroni [0-9]') },
    ),
    systemd_service(
      "Leave starting PostgreSQL to Patroni, not to Debian's unit",
      { name: 'postgresql', enabled: false },
      { needs: programs.pg_ctlcluster },
    ),
  ]
}
