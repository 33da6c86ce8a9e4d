import { type Expr, j, named, never, register, type TaskItem, type Value } from '#dsl'
import { debug, uri } from '#modules/builtin'
import { writerTasks } from './databases.ts'
import type { Vars } from './variables.ts'

/** What Patroni says of itself. */
export interface PatroniState {
  readonly timeline: number
  readonly pending_restart?: boolean
}

interface Given {
  readonly vars: Vars
  readonly constants: { readonly url: Expr<string>; readonly dcs: Value }
}

/** What a running cluster is told: the settings that its members share, and the writer's roles and databases. */
export function provisionTasks({ vars, constants }: Given): readonly TaskItem[] {
  const leader = register(
    'leader',
    uri(
      'Ask whether this host is the writer',
      { url: j`${constants.url}/primary`, ca_path: vars.tls_ca_file, status_code: [200, 503, -1] },
      { changedWhen: never('It only asks.'), checkMode: false },
    ),
  )
  const settings = register(
    'settings',
    uri(
      'Read the settings that all members share',
      { url: j`${constants.url}/config`, ca_path: vars.tls_ca_file, status_code: [200, -1] },
      { changedWhen: never('It only asks.'), checkMode: false },
    ),
  )
  const current = settings.at<Readonly<Record<string, unknown>>>('json')
  const state = leader.at<PatroniState>('json')
  const corrected = current.pipe('combine', constants.dcs, named({ recursive: true }))
  return [
    leader,
    settings,
    uri(
      'Correct the settings that all members share',
      {
        url: j`${constants.url}/config`,
        method: 'PATCH',
        body: constants.dcs,
        body_format: 'json',
        url_username: 'patroni',
        url_password: vars.rest_password,
        force_basic_auth: true,
        ca_path: vars.tls_ca_file,
        client_cert: vars.tls_certificate_file,
        client_key: vars.tls_key_file,
        status_code: [200],
      },
      {
        when: [settings.status.defaultTo(0).eq(200), corrected.ne(current)],
        changedWhen: (answer) => answer.status.eq(200),
        noLog: true,
      },
    ),
    debug(
      'Say that parameters wait for a restart of PostgreSQL',
      {
        msg: j`Parameters wait for a restart of this member: patronictl -c /etc/patroni/config.yml restart ${vars.scope} ${vars.member}`,
      },
      { when: [state.isDefined(), state.pending_restart.defaultTo(false).pipe('bool')] },
    ),
    writerTasks(vars, leader.status.defaultTo(0).eq(200)),
  ]
}
