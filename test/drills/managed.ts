/** What the roles of a deployment manage on each of its hosts, read from generated/, and which of it to damage. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** A thing on a host that tasks of roles look after. */
export interface Thing {
  readonly name: string
  /** The tasks that bring it back, as Ansible prints them (`role : name`). */
  readonly tasks: readonly string[]
  readonly roles: readonly string[]
  /** What else may change then: handlers, and tasks that depend on the thing. */
  readonly follow: readonly string[]
}

export interface Managed {
  readonly host: string
  readonly network: string
  readonly files: readonly Thing[]
  readonly units: readonly Thing[]
  readonly packages: readonly Thing[]
}

export interface Damage {
  readonly host: string
  readonly file: Thing
  readonly unit: Thing
  readonly package: Thing
}

/** Roles that keep a cluster's data: of those that share a network only one host may be damaged in any of them. */
const KEEPERS = ['etcd', 'patroni', 'object_store']
/** Packages that hold data, or without which nothing could be mended: Ansible, systemd and apt need them. */
const STAYS =
  /^(postgresql.*|etcd-.*|python3.*|ca-certificates|dbus|procps|sudo|openssl|systemd.*|apt.*|openssh.*)$/

type Item = Readonly<Record<string, unknown>>
const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null
const items = (value: unknown): readonly Item[] => (Array.isArray(value) ? value.filter(isItem) : [])
const strings = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')
const read = (file: string): unknown => parse(readFileSync(file, 'utf8'))
/** Tasks, also those inside of blocks. */
const flat = (tasks: readonly Item[]): readonly Item[] =>
  tasks.flatMap((task) => [task, ...['block', 'rescue', 'always'].flatMap((key) => flat(items(task[key])))])
const isPlain = (text: string) => !text.includes('{{')

interface RoleThings {
  readonly files: readonly Thing[]
  readonly units: readonly Thing[]
  readonly packages: readonly Thing[]
}

function readRole(folder: string, role: string): RoleThings {
  const below = join(folder, 'roles', role)
  const load = (path: string): readonly Item[] => {
    try {
      return flat(items(read(join(below, path))))
    } catch {
      return []
    }
  }
  const tasks = readdirSync(join(below, 'tasks')).flatMap((file) => load(`tasks/${file}`))
  const handlers = load('handlers/main.yml')
  const shown = (task: Item) => `${role} : ${task['name']}`
  const notified = (from: readonly Item[]): readonly string[] => {
    const names = new Set(from.flatMap((task) => strings(task['notify'])))
    const run = handlers.filter((h) => [h['name'], ...strings(h['listen'])].some((n) => names.has(String(n))))
    return run.length > 0 ? [...run.map(shown), ...notified(run)] : []
  }
  const all = [...tasks, ...handlers].map(shown)
  const ofUnit = tasks.filter(
    (task) => !['template', 'copy', 'file', 'apt'].some((m) => `ansible.builtin.${m}` in task),
  )
  const files = tasks.flatMap((task): readonly Thing[] => {
    const options = task['ansible.builtin.template'] ?? task['ansible.builtin.copy']
    const path = isItem(options) ? String(options['dest']) : ''
    if (path === '' || !isPlain(path) || path.endsWith('/') || task['loop'] !== undefined) return []
    return [{ name: path, tasks: [shown(task)], roles: [role], follow: notified([task]) }]
  })
  const units = tasks.flatMap((task): readonly Thing[] => {
    const options = task['ansible.builtin.systemd_service']
    if (!isItem(options) || options['state'] !== 'started' || options['enabled'] !== true) return []
    const name = String(options['name'])
    if (!isPlain(name) || task['loop'] !== undefined) return []
    // What was stopped may be asked, loaded and waited for again; but no file of it may differ.
    const follow = [...ofUnit.map(shown), ...notified(ofUnit)]
    return [{ name, tasks: [shown(task)], roles: [role], follow }]
  })
  const packages = tasks.flatMap((task): readonly Thing[] => {
    const options = task['ansible.builtin.apt']
    if (!isItem(options) || options['state'] !== 'present') return []
    return strings(options['name'])
      .filter((name) => isPlain(name) && !STAYS.test(name))
      .map((name) => ({ name, tasks: [shown(task)], roles: [role], follow: all }))
  })
  return { files, units, packages }
}

/** Two roles, or two tasks of one, may look after the same thing. */
function unite(things: readonly Thing[]): readonly Thing[] {
  const joined = new Map<string, Thing>()
  for (const thing of things) {
    const other = joined.get(thing.name)
    joined.set(thing.name, {
      name: thing.name,
      tasks: [...(other?.tasks ?? []), ...thing.tasks],
      roles: [...new Set([...(other?.roles ?? []), ...thing.roles])],
      follow: [...(other?.follow ?? []), ...thing.follow],
    })
  }
  return [...joined.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** All that site.yml manages, on each of these hosts. */
export function managedIn(
  folder: string,
  deployment: string,
  hosts: readonly { readonly name: string; readonly network: string }[],
): readonly Managed[] {
  const inventory = read(join(folder, deployment, 'inventory/hosts.yml'))
  const all = isItem(inventory) && isItem(inventory['all']) ? inventory['all'] : {}
  const groups = isItem(all['children']) ? all['children'] : {}
  const isIn = (host: string, group: string) => {
    const found = groups[group]
    return group === 'all' || (isItem(found) && isItem(found['hosts']) && host in found['hosts'])
  }
  const plays = items(read(join(folder, deployment, 'site.yml')))
  const roles = new Map<string, RoleThings>()
  const things = (role: string) => {
    const known = roles.get(role) ?? readRole(folder, role)
    roles.set(role, known)
    return known
  }
  return hosts.map(({ name, network }) => {
    const own = plays
      .filter((play) =>
        strings(play['hosts']).some((pattern) => pattern.split(':').some((g) => isIn(name, g))),
      )
      .flatMap((play) => items(play['roles']).map((role) => String(role['role'])))
    const found = [...new Set(own)].map(things)
    return {
      host: name,
      network,
      files: unite(found.flatMap(({ files }) => files)),
      units: unite(found.flatMap(({ units }) => units)),
      packages: unite(found.flatMap(({ packages }) => packages)),
    }
  })
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * One file, one unit and one package a host, of three roles. Of the hosts of a network that share a role, which are each
 * other's reserve, one may be damaged in it; in the roles that keep data, one in all of them together. Roles of every host, such
 * as that of the clock, are free. The same seed chooses the same.
 */
export function chooseDamage(all: readonly Managed[], seed: number): readonly Damage[] {
  const random = randomFrom(seed)
  const rolesOf = ({ files, units, packages }: Managed) =>
    new Set([...files, ...units, ...packages].flatMap(({ roles }) => roles))
  const everywhere = [
    ...rolesOf(all[0] ?? { host: '', network: '', files: [], units: [], packages: [] }),
  ].filter((role) => all.every((managed) => rolesOf(managed).has(role)))
  /** Which host is damaged in a group of roles on a network. */
  const taken = new Map<string, string>()
  const groupOf = (role: string) => (KEEPERS.includes(role) ? 'data' : role)
  const shuffled = [...all].map((managed) => ({ managed, at: random() })).sort((a, b) => a.at - b.at)
  const chosen = shuffled.map(({ managed }): Damage => {
    const { host, network } = managed
    const used = new Set<string>()
    const pick = (what: string, things: readonly Thing[]): Thing => {
      const free = things.filter(({ roles }) =>
        roles.every(
          (role) =>
            !used.has(role) &&
            (everywhere.includes(role) ||
              [undefined, host].includes(taken.get(`${network} ${groupOf(role)}`))),
        ),
      )
      // A host's own roles come first, since every host has the others.
      const own = free.filter(({ roles }) => !roles.some((role) => everywhere.includes(role)))
      const from = own.length > 0 && random() < 0.8 ? own : free
      const thing = from[Math.floor(random() * from.length)]
      if (!thing) throw new Error(`nothing on ${host} may be damaged as a ${what}`)
      for (const role of thing.roles) {
        used.add(role)
        if (!everywhere.includes(role)) taken.set(`${network} ${groupOf(role)}`, host)
      }
      return thing
    }
    // There are fewest units and packages.
    const unit = pick('unit', managed.units)
    const pkg = pick('package', managed.packages)
    return { host, unit, package: pkg, file: pick('file', managed.files) }
  })
  return chosen.sort((a, b) => (a.host < b.host ? -1 : 1))
}

/** What is wrong with the tasks that changed something on a damaged host: too few, or others. */
export function judge({ file, unit, package: pkg }: Damage, changed: readonly string[]): readonly string[] {
  const things = [file, unit, pkg]
  const may = new Set(things.flatMap(({ tasks, follow }) => [...tasks, ...follow]))
  return [
    ...things
      .filter(({ tasks }) => !tasks.some((task) => changed.includes(task)))
      .map(({ name }) => `no task brought ${name} back`),
    ...changed.filter((task) => !may.has(task)).map((task) => `"${task}" changed something`),
  ]
}
