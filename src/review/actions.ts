import { isDeepStrictEqual } from 'node:util'
import type { CompiledDeployment } from '../compile/deployment.ts'
import type { CompiledRole } from '../compile/role.ts'
import { type CompiledTask, ownData, withInner } from '../compile/task.ts'
import type { Data, DataMap } from '../emit/data.ts'
import type { PlacedService, Topology } from '../topology/topology.ts'
import type { FileChange } from './files.ts'

/** A task of a role that will act on a host, though it writes no file that could be previewed. */
export interface TaskAction {
  readonly role: string
  /** The task's name, or `everything` where the role is new on these hosts. */
  readonly task: string
  readonly hosts: readonly string[]
}

/** What becomes of a unit on a host, and what people notice of it. */
export interface UnitAction {
  readonly host: string
  readonly role: string
  readonly unit: string
  readonly what: 'restarted' | 'reloaded'
  readonly notices: string
  /** Whether people's work is interrupted. */
  readonly felt: boolean
}

export interface Actions {
  readonly tasks: readonly TaskAction[]
  /** In the order in which the plays come to them. */
  readonly units: readonly UnitAction[]
  /** Roles that have something to do, in the order of the plays, and the hosts on which. */
  readonly roles: readonly string[]
  readonly hosts: readonly string[]
}

/** What a project and one of its deployments were compiled to. */
export interface Side {
  readonly roles: ReadonlyMap<string, CompiledRole>
  readonly deployment: CompiledDeployment
}

/** Modules whose outcome is a previewed file. */
const FILE_MODULES = ['ansible.builtin.template', 'ansible.builtin.copy']
/** Modules that look, decide or speak, and leave a host as it is. */
const SILENT_MODULES = [
  'assert',
  'debug',
  'fail',
  'find',
  'getent',
  'import_tasks',
  'include_tasks',
  'meta',
  'service_facts',
  'set_fact',
  'slurp',
  'stat',
  'wait_for',
  'wait_for_connection',
].map((name) => `ansible.builtin.${name}`)
const UNIT_MODULES = ['ansible.builtin.systemd_service', 'ansible.builtin.service', 'ansible.builtin.systemd']

/** What `site.yml` will do beyond writing files, and what follows from the files that it writes. */
export function diffActions(before: Side, after: Side, files: readonly FileChange[]): Actions {
  const tasks: { readonly role: string; readonly task: string; readonly hosts: string[] }[] = []
  const units: UnitAction[] = []
  const roles: string[] = []
  const hosts = new Set<string>()
  const were = placesOf(before.deployment)
  for (const { role: name, hosts: placed } of placesOf(after.deployment)) {
    const role = after.roles.get(name)
    if (!role) continue
    const notified = new Map<string, Set<string>>()
    const note = (host: string, names: readonly string[]) =>
      notified.set(host, new Set([...(notified.get(host) ?? []), ...names]))
    for (const change of files.filter((file) => file.role === name && file.what !== 'removed'))
      for (const host of change.hosts.filter((h) => placed.includes(h))) note(host, change.notify)
    const had = were.flatMap((place) => (place.role === name ? place.hosts : []))
    const differences = placed.map((host) => ({
      host,
      of: differenceOf(role, host, had.includes(host), before, after),
    }))
    const fresh = differences.filter(({ of }) => !of.before).map(({ host }) => host)
    if (fresh.length > 0) tasks.push({ role: name, task: 'everything', hosts: fresh })
    for (const task of withInner([...role.tasks.values()].flat())) {
      if (isSilent(task)) continue
      const acting = differences.filter(({ of }) => acts(task, of)).map(({ host }) => host)
      for (const host of acting) note(host, texts(task.data['notify']))
      const on = acting.filter((host) => !fresh.includes(host))
      if (on.length === 0) continue
      tasks.push({ role: name, task: String(task.data['name']), hosts: on })
    }
    if (notified.size === 0) continue
    if (!roles.includes(name)) roles.push(name)
    for (const host of placed.filter((h) => notified.has(h))) {
      hosts.add(host)
      units.push(...unitsOf(role, host, notified.get(host) ?? new Set(), after.deployment.topology))
    }
  }
  return {
    tasks,
    units,
    roles,
    hosts: after.deployment.topology.hosts.map((h) => h.name).filter((h) => hosts.has(h)),
  }
}

/** Roles of `site.yml` with their hosts, in its order. */
export function placesOf({ playbooks, inventory, topology }: CompiledDeployment) {
  const site = playbooks.find(({ name }) => name === 'site')
  const all = topology.hosts.map(({ name }) => name)
  return (site?.plays ?? []).flatMap((play) => {
    const pattern = String(play['hosts'])
    const hosts = inventory.groups.get(pattern)?.filter((name) => all.includes(name)) ?? all
    return names(play['roles']).map((role) => ({ role, hosts }))
  })
}

const names = (roles: Data | undefined): readonly string[] =>
  Array.isArray(roles)
    ? roles.map((use) => (typeof use === 'string' ? use : String((use as DataMap | null)?.['role'])))
    : []

/** Whether a task changes nothing that is not shown elsewhere: its file, or the tasks inside of it. */
const isSilent = ({ data, inner }: CompiledTask): boolean =>
  inner.length > 0 ||
  data['changed_when'] === false ||
  [...FILE_MODULES, ...SILENT_MODULES].some((module) => module in data)

/** What is known of a role on a host, to tell which of its tasks do something else there. */
interface Difference {
  /** The role's tasks as they were, by name; undefined where the host had not the role. */
  readonly before: ReadonlyMap<string, CompiledTask> | undefined
  /** A variable or a constant of another value; undefined where there is none. */
  readonly changed: RegExp | undefined
}

function differenceOf(
  role: CompiledRole,
  host: string,
  hadRole: boolean,
  before: Side,
  after: Side,
): Difference {
  const old = before.roles.get(role.name)
  if (!old || !hadRole) return { before: undefined, changed: undefined }
  const [were, are] = [valuesOn(host, old, before), valuesOn(host, role, after)]
  const changed = Object.keys(are).filter((name) => !isDeepStrictEqual(were[name], are[name]))
  // A constant may be made of variables.
  for (const [name, value] of Object.entries(role.constants))
    if (!changed.includes(name) && mentions(changed)?.test(JSON.stringify(value))) changed.push(name)
  return {
    before: new Map(
      withInner([...old.tasks.values()].flat()).map((task) => [String(task.data['name']), task]),
    ),
    changed: mentions(changed),
  }
}

const mentions = (names: readonly string[]): RegExp | undefined =>
  names.length > 0 ? new RegExp(`\\b(?:${names.join('|')})\\b`) : undefined

/** Whether a task does something else on a host than it did: it is new or changed, or a variable in it is. */
function acts(task: CompiledTask, { before, changed }: Difference): boolean {
  const old = before?.get(String(task.data['name']))
  const own = ownData(task)
  if (!old || !isDeepStrictEqual(ownData(old), own)) return true
  return changed?.test(JSON.stringify(own)) ?? false
}

/** A role's variables as they are on a host: defaults, then the group's, then the host's own; and its constants. */
function valuesOn(host: string, { variables, constants }: CompiledRole, { deployment }: Side): DataMap {
  const { groups, groupVars, hostVars } = deployment.inventory
  const given = [...groups]
    .filter(([, hosts]) => hosts.includes(host))
    .map(([group]) => groupVars.get(group) ?? {})
  const set: DataMap = Object.assign({}, groupVars.get('all'), ...given, hostVars.get(host))
  return {
    ...constants,
    ...Object.fromEntries(
      variables.map((v) => [v.fullName, set[v.fullName] ?? (v.default as Data | undefined) ?? null]), // a default is data
    ),
  }
}

/** Units that the notified handlers of a role restart or reload, and those that these call in turn. */
function unitsOf(
  role: CompiledRole,
  host: string,
  notified: ReadonlySet<string>,
  topology: Topology,
): readonly UnitAction[] {
  const called = new Set(notified)
  return role.handlers.flatMap(({ data }): readonly UnitAction[] => {
    if (![...texts(data['name']), ...texts(data['listen'])].some((name) => called.has(name))) return []
    for (const name of texts(data['notify'])) called.add(name)
    const module = UNIT_MODULES.find((name) => name in data)
    const options = module === undefined ? undefined : (data[module] as DataMap) // a module's options
    const state = options?.['state']
    if (state !== 'restarted' && state !== 'reloaded') return []
    const unit = String(options?.['name']).replace(/\.service$/, '')
    return [{ host, role: role.name, unit, what: state, ...noticeOf(unit, host, state, topology) }]
  })
}

function noticeOf(
  unit: string,
  host: string,
  what: UnitAction['what'],
  topology: Topology,
): Pick<UnitAction, 'notices' | 'felt'> {
  const isOn = ({ hosts }: PlacedService) => hosts.some(({ name }) => name === host)
  const services = topology.services.filter(isOn)
  const declared = services
    .flatMap(({ interruptions }) => interruptions)
    .find((interruption) => interruption.unit === unit)
  if (what === 'reloaded') return { notices: declared?.reload ?? 'nothing', felt: false }
  if (declared) return { notices: declared.restart, felt: declared.felt ?? false }
  const service = services.find(({ units }) => units.includes(unit))
  const others = (service?.hosts.length ?? 1) - 1
  return {
    notices:
      service === undefined
        ? 'nothing that a service declares'
        : others > 0
          ? `nothing while one of the other ${others} of ${service.name} answers`
          : `${service.name} is away until it has started again`,
    felt: false,
  }
}

const texts = (value: Data | undefined): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string')
