import type { z } from 'zod'
import { nodeOf } from '../dsl/expr.ts'
import { nearest } from './nearest.ts'
import { constraintText, typeText } from './variables-constraint.ts'
import { type Declared, readSchema } from './variables-shape.ts'

/** One thing that is wrong with a value. */
export interface ValueProblem {
  readonly path: readonly (string | number)[]
  /** Names the field, and shows its value unless it is a secret. */
  readonly message: string
}

/**
 * A deployment's value against the declaration: zod's checks, and fields that were never declared, which zod lets pass.
 * Expressions inside are taken for whatever is declared there. `of.fullName` begins every message.
 */
export function checkValue(
  of: z.ZodType | { readonly schema: z.ZodType; readonly fullName: string },
  value: unknown,
): readonly ValueProblem[] {
  const { schema, fullName } = 'fullName' in of ? of : { schema: of, fullName: '' }
  if (nodeOf(value)) return []
  const root = readSchema(schema)
  // Zod's own message might show a secret.
  const parsed = schema.safeParse(withoutExpressions(value), { error: () => '' })
  const issues = parsed.success ? [] : parsed.error.issues
  const problems = issues.flatMap((issue): readonly ValueProblem[] => {
    if (issue.code === 'unrecognized_keys') return []
    // Ansible's data has no symbols for keys.
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
    const found = follow(root, value, path)
    if (!found) return []
    const name = nameOf(fullName, path)
    return [{ path, message: messageFor(name, found, issue.message) }]
  })
  return [...unknownFields(root, value, fullName, []), ...problems]
}

/** Zod's checks look into any object; what is missing in place of an expression is not complained of. */
function withoutExpressions(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (nodeOf(value)) return undefined
  if (Array.isArray(value)) return value.map(withoutExpressions)
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutExpressions(inner)]))
}

interface Found {
  readonly declared: Declared
  readonly value: unknown
  readonly secret: boolean
}

/** The declaration and the value at a path; undefined where an expression stands there or above it. */
function follow(root: Declared, value: unknown, path: readonly (string | number)[]): Found | undefined {
  let found: Found = { declared: root, value, secret: root.secret }
  for (const key of path) {
    if (nodeOf(found.value)) return undefined
    const declared = childOf(found.declared, String(key))
    if (!declared) break
    const holder = found.value
    // Only read by its own keys, after the test that it is an object.
    const inner =
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Readonly<Record<string | number, unknown>>)[key]
        : undefined
    found = { declared, value: inner, secret: found.secret || declared.secret }
  }
  return nodeOf(found.value) ? undefined : found
}

function childOf({ shape }: Declared, key: string): Declared | undefined {
  if (shape.kind === 'list') return shape.item
  if (shape.kind === 'record') return shape.value
  return shape.kind === 'dict' ? shape.fields.get(key) : undefined
}

function messageFor(name: string, { declared, value, secret }: Found, own: string): string {
  if (value === undefined && !declared.optional) return `${name} is missing.`
  // An author's own words, from a refinement or beside a check.
  if (own !== '') return `${name}: ${own}`
  const type = typeText(declared.shape)
  const constraint = constraintText(declared.shape)
  const wanted = constraint === '' || constraint === type ? type : `${type} (${constraint})`
  return `${name} must be ${wanted}${secret ? '' : `; it is ${shown(value)}`}.`
}

/** A value in a message: short, and never what is inside a list or a record, where secrets may be. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a dictionary'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function nameOf(fullName: string, path: readonly (string | number)[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  return fullName === '' ? text.replace(/^\./, '') || 'The value' : `${fullName}${text}`
}

function unknownFields(
  { shape }: Declared,
  value: unknown,
  fullName: string,
  path: readonly (string | number)[],
): readonly ValueProblem[] {
  if (typeof value !== 'object' || value === null || nodeOf(value)) return []
  const below = (declared: Declared, inner: unknown, key: string | number) =>
    unknownFields(declared, inner, fullName, [...path, key])
  if (shape.kind === 'list')
    return Array.isArray(value) ? value.flatMap((item, i) => below(shape.item, item, i)) : []
  if (shape.kind === 'record')
    return Object.entries(value).flatMap(([key, inner]) => below(shape.value, inner, key))
  if (shape.kind !== 'dict') return []
  const names = [...shape.fields.keys()]
  return Object.entries(value).flatMap(([key, inner]): readonly ValueProblem[] => {
    const field = shape.fields.get(key)
    if (field) return below(field, inner, key)
    if (shape.open) return []
    const guess = nearest(key, names)
    const way = guess ? `Did you mean "${guess}"?` : `Its fields: ${names.join(', ')}.`
    return [{ path: [...path, key], message: `${nameOf(fullName, path)} has no field "${key}". ${way}` }]
  })
}
