import { type Expr, each, type HandlerRef, j, type ProgramRef, type TaskItem } from '#dsl'
import { copy, file, template, user } from '#modules/builtin'
import type { JOBS } from './jobs.ts'
import type { Vars } from './variables.ts'

interface Given {
  readonly vars: Vars
  readonly constants: { readonly repository: Expr<boolean>; readonly jobs: Expr<typeof JOBS> }
  readonly programs: { readonly pgbackrest: ProgramRef }
  readonly handlers: { readonly restart: HandlerRef; readonly reload: HandlerRef }
}

/** Files of either kind of host, and the units of the jobs on the repository. */
export function configureTasks({ vars, constants, programs, handlers }: Given): readonly TaskItem[] {
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
}
