import { z } from 'zod'
import type { Expr } from '#dsl'
import { apt, file, meta, systemd_service, template, uri, user } from '#modules/builtin'

/** Prometheus, Alertmanager and the exporters: Debian packages them alike. */
interface Daemon {
  /** For people. */
  readonly title: string
  /** Package and unit, and file in /etc/default. */
  readonly unit: string
}
type Keywords = NonNullable<Parameters<typeof systemd_service>[2]>
type Needs = NonNullable<Keywords['needs']>
type Notify = NonNullable<Keywords['notify']>

export const port = () => z.int().min(1).max(65535)
const onRoot = { owner: 'root', group: 'root' } as const

/** Where a daemon listens. */
export const listenVariables = (number: number) => ({
  listen_address: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe("Address to bind; the host's own where others shall reach it."),
  port: port().default(number).describe('Port to bind.'),
})

/** An account of its own, where the daemon knows a password: other daemons of the account `prometheus` must not read it. */
export const addAccount = ({ title }: Daemon, name: string) =>
  user(`Add the account of ${title}`, {
    name,
    comment: title,
    system: true,
    create_home: false,
    home: '/nonexistent',
    shell: '/usr/sbin/nologin',
  })

export const installDaemon = ({ title, unit }: Daemon, further: readonly string[] = []) =>
  apt(
    `Install ${title}`,
    { name: [unit, ...further], state: 'present', install_recommends: false, policy_rc_d: 101 },
    { comment: 'Exit code 101 keeps the package from starting it on all addresses.' },
  )

/** The drop-in of the unit and its arguments. `mode` is that of the arguments, which may hold a password. */
export const configureUnit = ({ title, unit }: Daemon, restart: Notify, mode: '0600' | '0644' = '0644') => [
  file('Make the folder of the drop-in', {
    path: `/etc/systemd/system/${unit}.service.d`,
    state: 'directory',
    ...onRoot,
    mode: '0755',
  }),
  template(
    'Write the drop-in of the unit',
    {
      src: 'override.conf.j2',
      dest: `/etc/systemd/system/${unit}.service.d/override.conf`,
      ...onRoot,
      mode: '0644',
    },
    { notify: restart },
  ),
  template(
    `Write the arguments of ${title}`,
    { src: 'default.j2', dest: `/etc/default/${unit}`, ...onRoot, mode },
    { notify: restart, ...(mode === '0600' ? { noLog: true } : {}) },
  ),
]

export const restartDaemon = ({ title, unit }: Daemon, needs: Needs) =>
  systemd_service(`Restart ${title}`, { name: unit, state: 'restarted', daemon_reload: true }, { needs })

export const reloadDaemon = ({ title, unit }: Daemon, needs: Needs) =>
  systemd_service(`Reload ${title}`, { name: unit, state: 'reloaded' }, { needs })

/** Runs the daemon as it is configured now, and waits until it answers. */
export const runDaemon = (
  { title, unit }: Daemon,
  needs: Needs,
  answer: { readonly url: Expr<string>; readonly status?: readonly number[]; readonly caFile?: Expr<string> },
) => {
  const status = [...(answer.status ?? [200])]
  return [
    meta('Take over changes before it is asked', { free_form: 'flush_handlers' }),
    systemd_service(
      `Keep ${title} running`,
      { name: unit, state: 'started', enabled: true, daemon_reload: true },
      { needs },
    ),
    uri(
      `Wait until ${title} answers`,
      {
        url: answer.url,
        status_code: status,
        ...(answer.caFile ? { ca_path: answer.caFile } : {}),
      },
      { until: (result) => result.status.in(status), retries: 60, delay: 1 },
    ),
  ]
}
