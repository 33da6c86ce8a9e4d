import type { Data, DataMap } from '../emit/data.ts'
import { valueAt } from '../topology/issues.ts'
import { causeOf } from '../topology/place.ts'
import type { Place } from '../topology/rule.ts'
import { isSecretRef, type SecretRecipe, type SecretRef, secretName } from '../topology/secret.ts'
import type { Service } from '../topology/service.ts'
import type { Topology, TopologyHost } from '../topology/topology.ts'
import { written } from '../topology/validate.ts'
import { guarded } from './guarded.ts'
import { nearest } from './nearest.ts'
import { OUTSIDE_GROUP } from './playbook.ts'
import type { CompiledRole } from './role.ts'
import type { Report } from './scope.ts'
import { checkValue, type ValueProblem } from './variables.ts'

/** The inventory of a deployment as data. */
export interface Inventory {
  /** Group → hosts; each service is one. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** Service → its group. */
  readonly groupNames: ReadonlyMap<string, string>
  readonly groupVars: ReadonlyMap<string, DataMap>
  readonly hostVars: ReadonlyMap<string, DataMap>
  /** Secrets by name, with the roles' variables that hold each. */
  readonly secrets: ReadonlyMap<string, readonly string[]>
  /** Secrets that are made of others, by name. */
  readonly recipes: ReadonlyMap<string, SecretRecipe>
}

/** The values that a deployment gives its roles, checked against what the roles declare, shared ones by group. */
export function buildInventory(
  topology: Topology,
  services: readonly Service[],
  roles: ReadonlyMap<string, CompiledRole>,
  report: Report,
): Inventory {
  const groupNames = nameGroups(topology)
  const groupOf = (service: string) => groupNames.get(service) ?? service
  const groups = new Map(
    topology.services.map((s) => [groupOf(s.name), [...s.hosts.map((h) => h.name), ...s.verifiers]]),
  )
  const machine = (name: string) =>
    // The type of `machineValues` lets its function read what both have.
    (topology.verifiers.find((v) => v.name === name) ?? topology.host(name)) as TopologyHost
  if (topology.verifiers.length > 0)
    groups.set(
      OUTSIDE_GROUP,
      topology.verifiers.map(({ name }) => name),
    )
  const groupVars = new Map<string, DataMap>()
  const hostVars = new Map<string, DataMap>()
  const secrets = new Map<string, string[]>()
  const recipes = new Map<string, SecretRecipe>()
  for (const service of services) {
    const { name, variables } = service.definition
    if (!variables || !topology.service(name)) continue
    const write = () => {
      for (const given of variables(optionsOf(service, topology), topology)) {
        const role = roles.get(given.role.definition.name)
        if (!role) continue
        const context = { service, topology, report, secrets, recipes, known: new Map() }
        const perHost = new Map(
          given.hosts.map((host) => [host, resolve(role, host, given.values(machine(host)), context)]),
        )
        share(perHost, groupOf(name), groupVars, hostVars)
      }
    }
    guarded(report, service.site, write, topology.deployment)
  }
  return { groups, groupNames, groupVars, hostVars, secrets, recipes }
}

/** Groups are named as their services, save where a machine has that name: to Ansible a name is one or the other. */
function nameGroups({ services, hosts, verifiers }: Topology): ReadonlyMap<string, string> {
  const machines = new Set([...hosts, ...verifiers].map(({ name }) => name))
  return new Map(services.map(({ name }) => [name, machines.has(name) ? `${name}_servers` : name]))
}

/** A service's options as the deployment gives them, with their defaults. */
export function optionsOf({ definition }: Service, topology: Topology): unknown {
  const given = topology.deployment.input.services as Readonly<Record<string, unknown>> // keyed by name
  return definition.options.safeParse(
    Object.hasOwn(given, definition.name) ? (given[definition.name] ?? {}) : {},
  ).data
}

interface Context {
  readonly service: Service
  readonly topology: Topology
  readonly report: Report
  readonly secrets: Map<string, string[]>
  readonly recipes: Map<string, SecretRecipe>
  readonly known: Known
}

/** One host's values under their full names; secrets as references to the vault. */
function resolve(
  role: CompiledRole,
  host: string,
  values: Readonly<Record<string, unknown>>,
  { service, topology, report, secrets, recipes, known }: Context,
): DataMap {
  const note = (secret: string, variable: string) => {
    const users = secrets.get(secret) ?? []
    if (!users.includes(variable)) secrets.set(secret, [...users, variable])
  }
  const names = role.variables.map((v) => v.name)
  const at = service.site
  for (const name of Object.keys(values)) {
    if (names.includes(name)) continue
    const guess = nearest(name, names)
    report.error(
      'unknown-variable',
      `${service.definition.name} gives the role ${role.name} a variable "${name}" that it does not declare.${guess ? ` Did you mean "${guess}"?` : ''}`,
      at,
      `Declared: ${names.join(', ')}.`,
    )
  }
  const out: Record<string, Data> = {}
  for (const variable of role.variables) {
    const value = values[variable.name]
    if (value === undefined) {
      if (variable.required && variable.secret && variable.fields.length === 0) {
        note(variable.fullName, variable.fullName)
        out[variable.fullName] = `{{ vault_${variable.fullName} }}`
      } else if (variable.required)
        report.error(
          'missing-variable',
          `${service.definition.name} does not say ${variable.fullName} for ${host}, which has no default.`,
          at,
        )
      continue
    }
    const { emitted, hidden, problems, isNew } = examine(variable, value, known)
    for (const { secret } of hidden) {
      note(secretName(secret) ?? '', variable.fullName)
      noteRecipe(secret, recipes)
    }
    for (const { path, message } of problems) {
      const where = path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${p}`)).join('')
      if (!isNew || hidden.some((h) => h.path === where)) continue
      const from = sourceOf(valueAt(value, path), service, topology)
      report.error(
        'invalid-value',
        `On ${host}: ${message}`,
        from ? causeOf(topology.deployment, from) : at,
        from && `It comes from ${written(from)}.`,
      )
    }
    out[variable.fullName] = emitted
  }
  return out
}

/** What was found out about a variable's value. */
interface Examined {
  readonly emitted: Data
  readonly hidden: readonly { readonly secret: SecretRef; readonly path: string }[]
  readonly problems: readonly ValueProblem[]
  /** Whether nobody has heard of its problems. */
  readonly isNew: boolean
}
/** Where a deployment says a value, or what it is made of: among the service's own options if it is there. */
function sourceOf(value: unknown, { definition }: Service, { deployment }: Topology): Place | undefined {
  const wanted = typeof value === 'object' && value !== null ? Object.values(value) : [value]
  const [own, all] = [['services', definition.name], []].map((place) =>
    leavesOf(valueAt(deployment.input, place), place),
  )
  const leaves = [...(own ?? []), ...(all ?? [])]
  const is = (test: (leaf: unknown, value: unknown) => boolean) =>
    leaves.find((leaf) => wanted.some((value) => test(leaf.value, value)))?.place
  return (
    is((leaf, value) => leaf === value) ??
    is(
      (leaf, value) =>
        typeof leaf === 'string' && leaf.length > 2 && typeof value === 'string' && value.includes(leaf),
    )
  )
}

/** Texts and numbers of a valid deployment, and where they are. */
function leavesOf(
  value: unknown,
  place: Place,
): readonly { readonly value: unknown; readonly place: Place }[] {
  if (typeof value === 'string' || typeof value === 'number') return [{ value, place }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'site' ? [] : leavesOf(inner, [...place, Array.isArray(value) ? Number(key) : key]),
  )
}

/** By variable, then by the list or object itself: what all hosts share is one object, examined once and not for each. */
type Known = Map<string, WeakMap<object, Examined>>

function examine(variable: CompiledRole['variables'][number], value: unknown, known: Known): Examined {
  const shared = typeof value === 'object' && value !== null ? value : undefined
  const seen = known.get(variable.name) ?? new WeakMap<object, Examined>()
  known.set(variable.name, seen)
  const before = shared && seen.get(shared)
  if (before) return { ...before, isNew: false }
  const hidden: { secret: SecretRef; path: string }[] = []
  const plain = replaceSecrets(value, '', (secret, path) => hidden.push({ secret, path }))
  const examined = {
    emitted: plain.emitted,
    hidden,
    problems: checkValue(variable, plain.checked),
    isNew: true,
  }
  if (shared) seen.set(shared, examined)
  return examined
}

/** Remembers how a secret is made, where it is made of another one. */
export function noteRecipe(secret: SecretRef, recipes: Map<string, SecretRecipe>): void {
  if (secret.recipe) recipes.set(secretName(secret) ?? '', secret.recipe)
}

/** A stand-in for secrets while a value is checked, and their references in what is emitted. */
export function replaceSecrets(
  value: unknown,
  path: string,
  found: (secret: SecretRef, path: string) => void,
): { readonly checked: unknown; readonly emitted: Data } {
  if (isSecretRef(value)) {
    found(value, path)
    return { checked: 'x'.repeat(32), emitted: `{{ vault_${secretName(value)} }}` }
  }
  if (Array.isArray(value)) {
    const items = value.map((v, i) => replaceSecrets(v, `${path}[${i}]`, found))
    return { checked: items.map((i) => i.checked), emitted: items.map((i) => i.emitted) }
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => [k, replaceSecrets(v, `${path}.${k}`, found)] as const)
    return {
      checked: Object.fromEntries(entries.map(([k, v]) => [k, v.checked])),
      emitted: Object.fromEntries(entries.map(([k, v]) => [k, v.emitted])),
    }
  }
  return { checked: value, emitted: value as Data } // what is left is a literal
}

/** What all hosts of the group share goes to the group, the rest to the hosts. */
function share(
  perHost: ReadonlyMap<string, DataMap>,
  group: string,
  groupVars: Map<string, DataMap>,
  hostVars: Map<string, DataMap>,
): void {
  const [first] = perHost.values()
  if (!first) return
  const shared = Object.entries(first).filter(([key, value]) =>
    [...perHost.values()].every(
      (vars) => vars[key] === value || JSON.stringify(vars[key]) === JSON.stringify(value),
    ),
  )
  const keys = new Set(shared.map(([key]) => key))
  groupVars.set(group, { ...groupVars.get(group), ...Object.fromEntries(shared) })
  for (const [host, vars] of perHost) {
    const own = Object.entries(vars).filter(([key]) => !keys.has(key))
    if (own.length > 0) hostVars.set(host, { ...hostVars.get(host), ...Object.fromEntries(own) })
  }
}
