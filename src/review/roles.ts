import { isDeepStrictEqual } from 'node:util'
import type { CompiledRole } from '../compile/role.ts'
import { ownData, withInner } from '../compile/task.ts'
import { checkValue, type VariableInfo } from '../compile/variables.ts'
import type { DataMap } from '../emit/data.ts'

/** What happened to a variable of a role, and whether those who set it have to do something. */
export interface VariableChange {
  readonly variable: string
  readonly what: 'added' | 'removed' | 'renamed' | 'changed'
  /** In a few words: what it was and what it is. */
  readonly detail: string
  /** Whether a value that was right is refused now, or one is demanded that nobody gave. */
  readonly breaking: boolean
}

/** What happened to a task, a handler, a template or a file of a role. */
export interface PartChange {
  readonly kind: 'task' | 'handler' | 'template' | 'file'
  readonly name: string
  readonly what: 'added' | 'removed' | 'changed'
}

export interface RoleChange {
  readonly role: string
  readonly what: 'added' | 'removed' | 'changed'
  readonly variables: readonly VariableChange[]
  readonly parts: readonly PartChange[]
}

type Roles = ReadonlyMap<string, CompiledRole>

/** What changed in the roles themselves, whoever uses them. */
export function diffRoles(before: Roles, after: Roles): readonly RoleChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names.flatMap((name): readonly RoleChange[] => {
    const [old, now] = [before.get(name), after.get(name)]
    if (!now) return [{ role: name, what: 'removed', variables: [], parts: [] }]
    if (!old) return [{ role: name, what: 'added', variables: [], parts: [] }]
    const variables = diffVariables(old.variables, now.variables)
    const parts = diffParts(partsOf(old), partsOf(now))
    return variables.length + parts.length > 0 ? [{ role: name, what: 'changed', variables, parts }] : []
  })
}

/** Values that a deployment gave, and that the same roles refuse now: `where: message`. */
export function brokenValues(
  values: ReadonlyMap<string, DataMap>,
  before: Roles,
  after: Roles,
): readonly string[] {
  const declared = (roles: Roles) =>
    new Map([...roles.values()].flatMap(({ variables }) => variables.map((v) => [v.fullName, v] as const)))
  const kept = new Map([...before].filter(([name]) => after.has(name)))
  const [old, now] = [declared(kept), declared(after)]
  return [...values].flatMap(([where, vars]) =>
    Object.entries(vars).flatMap(([name, value]) => {
      const variable = now.get(name)
      if (!variable) return old.has(name) ? [`${where}: ${name} is no variable any more.`] : []
      if (variable.secret) return []
      return checkValue(variable, value).map(({ message }) => `${where}: ${message}`)
    }),
  )
}

function diffVariables(
  before: readonly VariableInfo[],
  after: readonly VariableInfo[],
): readonly VariableChange[] {
  const [old, now] = [byName(before), byName(after)]
  const added = after.filter(({ fullName }) => !old.has(fullName))
  const removed = before.filter(({ fullName }) => !now.has(fullName))
  const renamed = removed.flatMap((from) => {
    const to = added.find((candidate) => isSame(from, candidate))
    return to ? [{ from, to }] : []
  })
  const isRenamed = (v: VariableInfo) => renamed.some(({ from, to }) => from === v || to === v)
  return [
    ...renamed.map(({ from, to }) => change(from.fullName, 'renamed', `is ${to.fullName} now`, true)),
    ...removed.filter((v) => !isRenamed(v)).map((v) => change(v.fullName, 'removed', typeOf(v), true)),
    ...added
      .filter((v) => !isRenamed(v))
      .map((v) => change(v.fullName, 'added', `${typeOf(v)}, ${presence(v)}`, v.required && !v.secret)),
    ...after.flatMap((v) => {
      const from = old.get(v.fullName)
      return from ? changesOf(from, v) : []
    }),
  ]
}

const byName = (variables: readonly VariableInfo[]) => new Map(variables.map((v) => [v.fullName, v]))
const change = (
  variable: string,
  what: VariableChange['what'],
  detail: string,
  breaking: boolean,
): VariableChange => ({ variable, what, detail, breaking })

/** Two names for one thing: the same words, type and range. */
const isSame = (one: VariableInfo, other: VariableInfo): boolean =>
  one.description === other.description &&
  typeOf(one) === typeOf(other) &&
  isDeepStrictEqual(one.default, other.default)

function changesOf(from: VariableInfo, to: VariableInfo): readonly VariableChange[] {
  const changed = (detail: string, breaking: boolean) => [change(to.fullName, 'changed', detail, breaking)]
  if (typeOf(from) !== typeOf(to)) return changed(`${typeOf(from)} → ${typeOf(to)}`, true)
  if (presence(from) !== presence(to))
    return changed(`${presence(from)} → ${presence(to)}`, to.required && !to.secret)
  if (!isDeepStrictEqual(from.argumentSpec['options'], to.argumentSpec['options']))
    return changed('its fields', true)
  return []
}

const typeOf = ({ ansibleType, itemType, constraint }: VariableInfo): string =>
  `${ansibleType}${itemType ? ` of ${itemType}` : ''}${constraint ? ` (${constraint})` : ''}`
const presence = (v: VariableInfo): string =>
  v.required ? 'required' : v.default === undefined ? 'optional' : `default ${JSON.stringify(v.default)}`

type Parts = ReadonlyMap<
  string,
  { readonly kind: PartChange['kind']; readonly name: string; readonly is: string }
>

function partsOf({ tasks, handlers, files }: CompiledRole): Parts {
  const parts = new Map<string, { kind: PartChange['kind']; name: string; is: string }>()
  const add = (kind: PartChange['kind'], name: string, is: string) =>
    parts.set(`${kind} ${name}`, { kind, name, is })
  for (const list of tasks.values())
    for (const task of withInner(list)) add('task', String(task.data['name']), JSON.stringify(ownData(task)))
  for (const handler of handlers) add('handler', String(handler.data['name']), JSON.stringify(handler.data))
  for (const [path, bytes] of files)
    add(path.startsWith('templates/') ? 'template' : 'file', path, Buffer.from(bytes).toString('latin1'))
  return parts
}

function diffParts(before: Parts, after: Parts): readonly PartChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])]
  return keys.flatMap((key): readonly PartChange[] => {
    const [old, now] = [before.get(key), after.get(key)]
    const part = now ?? old
    if (!part || old?.is === now?.is) return []
    return [{ kind: part.kind, name: part.name, what: !old ? 'added' : !now ? 'removed' : 'changed' }]
  })
}
