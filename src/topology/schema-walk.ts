import type { z } from 'zod'
import type { Place } from './rule.ts'

/** A key that a schema does not name, and those that it does. */
export interface UnknownKey {
  readonly at: Place
  readonly known: readonly string[]
}
/** A text in which a host or a virtual IP is named. */
export interface Reference {
  readonly at: Place
  readonly name: string
  /** What may be named there. */
  readonly kinds: readonly ('host' | 'vip')[]
}

/** What a value says beside what zod tells of it. */
export interface Walked {
  readonly unknown: readonly UnknownKey[]
  readonly references: readonly Reference[]
}

const NOTHING: Walked = { unknown: [], references: [] }
const join = (parts: readonly Walked[]): Walked => ({
  unknown: parts.flatMap(({ unknown }) => unknown),
  references: parts.flatMap(({ references }) => references),
})

/** Walks a value beside its schema. Where the two do not fit, zod has said so, and nothing is said of it here. */
export function walk(schema: z.core.$ZodType, value: unknown, at: Place = []): Walked {
  if (value === undefined || value === null) return NOTHING
  // The classes of zod's core, told by the name in their definition.
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'string':
      return reference(schema, value, at)
    case 'object':
      return join([
        { ...NOTHING, unknown: unknownKeys(def, value, at) },
        ...Object.entries(def.shape).map(([key, inner]) => walk(inner, own(value, key), [...at, key])),
      ])
    case 'record':
      return join([
        {
          ...NOTHING,
          unknown: ownKeys(value).includes('__proto__') ? [{ at: [...at, '__proto__'], known: [] }] : [],
        },
        ...ownKeys(value).map((key) => walk(def.valueType, own(value, key), [...at, key])),
      ])
    case 'array':
      return Array.isArray(value)
        ? join(value.map((item: unknown, index) => walk(def.element, item, [...at, index])))
        : NOTHING
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
    case 'catch':
      return walk(def.innerType, value, at)
    case 'pipe':
      // What only asks whether a value is made by a function has no keys; what comes after it has.
      if ((def.in as z.core.$ZodTypes)._zod.def.type !== 'custom') return walk(def.in, value, at)
      return (def.in as z.ZodType).safeParse(value).success ? walk(def.out, value, at) : NOTHING
    case 'union':
      return walkUnion(def.options, value, at)
    default:
      return NOTHING
  }
}

/** Of the alternatives that take the value the one that knows most of its keys; a reference may be of any of their kinds. */
function walkUnion(options: readonly z.core.$ZodType[], value: unknown, at: Place): Walked {
  const fitting = options
    .filter((option) => (option as z.ZodType).safeParse(value).success) // every schema of authors' is a classic one
    .map((option) => walk(option, value, at))
    .sort((a, b) => a.unknown.length - b.unknown.length)
  const [best] = fitting
  if (!best) return NOTHING
  const [first] = best.references
  if (typeof value !== 'string' || !first) return best
  const kinds = fitting.flatMap(({ references }) => references.flatMap((found) => found.kinds))
  // Text that need not be a name is none.
  return fitting.some(({ references }) => references.length === 0)
    ? NOTHING
    : { ...NOTHING, references: [{ ...first, kinds: [...new Set(kinds)] }] }
}

function reference(schema: z.core.$ZodType, value: unknown, at: Place): Walked {
  const kind = (schema as z.ZodType).meta()?.['reference'] // as above
  return typeof value === 'string' && (kind === 'host' || kind === 'vip')
    ? { ...NOTHING, references: [{ at, name: value, kinds: [kind] }] }
    : NOTHING
}

function unknownKeys(
  { shape, catchall }: z.core.$ZodObjectDef,
  value: unknown,
  at: Place,
): readonly UnknownKey[] {
  // An object that takes further keys says so; one that refuses them does so itself.
  if (catchall || typeof value !== 'object' || Array.isArray(value)) return []
  const known = Object.keys(shape)
  return ownKeys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ at: [...at, key], known }))
}

const ownKeys = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? value[key as keyof typeof value] // just seen to be its own
    : undefined
