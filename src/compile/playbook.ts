import type { Play, Playbook, PlayDefinition, RoleUse } from '../dsl/playbook.ts'
import { type AnyRole, isRole } from '../dsl/role.ts'
import { COMMENT, type Data, type DataMap } from '../emit/data.ts'
import type { Inventory } from './inventory.ts'
import { snakeCase } from './keywords.ts'
import type { CompiledRole } from './role.ts'
import type { Report, RoleScope } from './scope.ts'
import { type CompiledTask, compileTasks } from './task.ts'
import { compileValue } from './values.ts'

/** A playbook of one deployment as data. */
export interface CompiledPlaybook {
  readonly name: string
  readonly summary: string
  readonly plays: readonly DataMap[]
}

/** Ansible's play keywords that go out as they come, in the order in which they are written. */
const PLAIN = [
  'become',
  'becomeUser',
  'becomeMethod',
  'becomeFlags',
  'becomeExe',
  'serial',
  'strategy',
  'order',
  'maxFailPercentage',
  'anyErrorsFatal',
  'throttle',
  'timeout',
  'ignoreErrors',
  'ignoreUnreachable',
  'vars',
  'varsFiles',
  'varsPrompt',
  'environment',
  'connection',
  'port',
  'remoteUser',
  'checkMode',
  'diff',
  'noLog',
  'runOnce',
  'forceHandlers',
  'moduleDefaults',
  'collections',
  'debugger',
  'factPath',
  'gatherTimeout',
  'tags',
] as const

/** Machines that are in the inventory and no hosts of the deployment: verifiers. */
export const OUTSIDE_GROUP = 'outside'
const ALL_HOSTS = `all:!${OUTSIDE_GROUP}`

/** The plays of a playbook for a deployment with these groups; plays for services that it does not have are left out. */
export function compilePlaybook(
  playbook: Playbook,
  { groups, groupNames }: Pick<Inventory, 'groups' | 'groupNames'>,
  known: ReadonlySet<string>,
  roles: ReadonlyMap<string, CompiledRole>,
  report: Report,
): CompiledPlaybook {
  const plays = playbook.plays.flatMap((play) => {
    const { hosts } = play.definition
    if (hosts === 'all')
      return [compilePlay(play, groups.has(OUTSIDE_GROUP) ? ALL_HOSTS : hosts, roles, report)]
    const group = groupNames.get(hosts)
    if (group !== undefined) return [compilePlay(play, group, roles, report)]
    if (!known.has(hosts))
      report.error(
        'unknown-group',
        `The play "${play.definition.name}" is for the group "${hosts}", which no service declares.`,
        play.site,
        `Groups: ${['all', ...known].join(', ')}.`,
      )
    return []
  })
  return { name: playbook.name, summary: playbook.summary, plays }
}

function compilePlay(
  { definition, site }: Play,
  hosts: string,
  roles: ReadonlyMap<string, CompiledRole>,
  report: Report,
): DataMap {
  const uses = (definition.roles ?? []).map(
    (use): RoleUse => (isRole(use) ? { role: use } : (use as RoleUse)),
  ) // what is no role is its use
  const scope = playScope(report)
  const tasks = (key: 'preTasks' | 'tasks' | 'postTasks'): readonly CompiledTask[] =>
    compileTasks(
      { scope, prefix: '', tags: [], names: new Map(), includes: [], useFile: () => ({ secret: false }) },
      definition[key] ?? [],
    )
  const list = (name: string, items: readonly CompiledTask[]): DataMap =>
    items.length > 0 ? { [name]: items.map((t) => t.data) } : {}
  const used = uses.flatMap(({ role }) => ('foreign' in role ? [] : withDependencies(role, roles)))
  const subsets = [...new Set([...used.flatMap((r) => r.factSubsets), ...scope.factSubsets])].sort()
  return {
    name: definition.name,
    hosts,
    gather_facts: subsets.length > 0,
    ...(subsets.length > 0 ? { gather_subset: ['!all', '!min', ...subsets] } : {}),
    ...Object.fromEntries(
      PLAIN.filter((key) => definition[key as keyof PlayDefinition] !== undefined).map((key) => [
        snakeCase(key),
        compileValue(scope, definition[key as keyof PlayDefinition], site),
      ]),
    ),
    pre_tasks: [GUARD, ...tasks('preTasks').map((t) => t.data)],
    ...(uses.length > 0 ? { roles: uses.map((use) => roleEntry(use, scope)) } : {}),
    ...list('tasks', tasks('tasks')),
    ...list('post_tasks', tasks('postTasks')),
  }
}

/** Refuses a host that belongs to another deployment, whichever inventory or tags the play is started with. */
const GUARD: DataMap = {
  name: 'Refuse a host of another deployment',
  'ansible.builtin.import_tasks': 'guard.yml',
  tags: ['always'],
}

/** `guard.yml`: what every play asks first. */
export function guardTasks(deployment: string, rehearsal: boolean): readonly DataMap[] {
  const marker = `DEPLOYMENT=${deployment}`
  return [
    {
      name: 'Look for the marker of the host',
      'ansible.builtin.stat': { path: '/etc/machine-info' },
      register: 'guard_marker',
    },
    {
      name: 'Read the marker of the host',
      'ansible.builtin.slurp': { path: '/etc/machine-info' },
      register: 'guard_content',
      when: 'guard_marker.stat.exists',
    },
    {
      [COMMENT]: [
        rehearsal
          ? 'A rehearsal host carries the marker from its first boot.'
          : 'A new host has no marker yet; the base role writes it.',
      ],
      name: 'Compare the marker with this deployment',
      'ansible.builtin.assert': {
        that: [
          `deployment_name == '${deployment}'`,
          rehearsal
            ? `'${marker}' in guard_lines`
            : `guard_lines | select('match', 'DEPLOYMENT=') | reject('eq', '${marker}') | length == 0`,
        ],
        fail_msg: `{{ inventory_hostname }} does not belong to the deployment ${deployment}: its /etc/machine-info says {{ guard_lines | select('match', 'DEPLOYMENT=') | join(', ') | default('nothing', true) }}.`,
        quiet: true,
      },
      vars: { guard_lines: "{{ (guard_content.content | default('') | b64decode).splitlines() }}" },
    },
  ]
}

function withDependencies(role: AnyRole, roles: ReadonlyMap<string, CompiledRole>): readonly CompiledRole[] {
  const compiled = roles.get(role.definition.name)
  return compiled
    ? [...(role.definition.dependencies ?? []).flatMap((d: AnyRole) => withDependencies(d, roles)), compiled]
    : []
}

function roleEntry(use: RoleUse, scope: RoleScope): Data {
  const foreign = 'foreign' in use.role
  const name = 'foreign' in use.role ? use.role.foreign : use.role.definition.name
  return {
    role: name,
    ...(use.when ? { when: compileValue(scope, use.when, undefined) } : {}),
    ...(use.tags ? { tags: [...use.tags] } : {}),
    ...(use.vars ? { vars: compileValue(scope, use.vars, undefined) } : {}),
    ...(foreign && 'reason' in use.role ? { [COMMENT]: [use.role.reason] } : {}),
  }
}

/** Tasks of a play have no role's names. */
function playScope(report: Report): RoleScope {
  return {
    role: 'play',
    report,
    variables: new Map(),
    constants: new Map(),
    programs: new Map(),
    handlers: new Map(),
    usedVariables: new Set(),
    usedConstants: new Set(),
    usedPrograms: new Set(),
    notified: new Set(),
    readFiles: new Set(),
    factSubsets: new Set(),
    registered: new Map(),
    literals: [],
  }
}
