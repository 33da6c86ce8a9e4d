import fc from 'fast-check'
import type { z } from 'zod'
import type { Place } from '../../src/topology/rule.ts'

/** A list that is its own item. */
const cyclic: unknown[] = []
cyclic.push(cyclic)

/** What no author means, and a file written without the type checker may hold. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    10n,
    true,
    '',
    ' ',
    'nobody',
    '🦑',
    'a\nb',
    '\ud800',
    '{{ lookup("pipe", "id") }}',
    '__proto__',
    'constructor',
    '10.0.0.0/99',
    '10.0.0.256',
    '10.0.0.1',
    '0.0.0.0/0',
    '-5 GB',
    '0 GB',
    '99999999999 TB',
    'x'.repeat(5000),
    [],
    [[]],
    [null],
    ['nobody', 'nobody'],
    {},
    { constructor: 1 },
    Object.create(null),
    Object.freeze({ hosts: Object.freeze([]) }),
    cyclic,
    Symbol('s'),
    () => 'called',
    new Date(0),
    new Map([['a', 1]]),
    Promise.resolve(1),
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
)

/** Keys that nobody declared, those of an object's prototype among them. */
export const strangeKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'hostz',
  '🦑',
  '0',
)

/** One change of a value: what stands at a place is replaced, taken out, or gets a key more. */
export interface Mutation {
  readonly kind: 'replace' | 'drop' | 'add' | 'repeat' | 'swap' | 'freeze'
  readonly place: Place
  readonly key: string
  readonly value: unknown
}

/** Every place in a value, places of calls left out. */
export function placesOf(value: unknown, place: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [place]
  return [
    place,
    ...Object.entries(value)
      .filter(([key]) => key !== 'site')
      .flatMap(([key, inner]) => placesOf(inner, [...place, Array.isArray(value) ? Number(key) : key])),
  ]
}

export const mutationOf = (value: unknown): fc.Arbitrary<Mutation> =>
  fc.record({
    kind: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'add', 'repeat', 'swap', 'freeze'),
    place: fc.constantFrom(...placesOf(value)),
    key: strangeKey,
    value: hostile,
  })

/** The value with a change; it is not changed itself. Own keys stay own, whatever they are called. */
export function mutate(value: unknown, { kind, place, key, value: other }: Mutation): unknown {
  const [first, ...rest] = place
  if (first !== undefined && rest.length > 0)
    return withKey(value, first, mutate(at(value, first), { kind, place: rest, key, value: other }))
  const target = first === undefined ? value : at(value, first)
  switch (kind) {
    case 'replace':
      return first === undefined ? other : withKey(value, first, other)
    case 'drop':
      return first === undefined ? {} : withoutKey(value, first)
    case 'freeze':
      return first === undefined ? target : withKey(value, first, Object.freeze(target))
    case 'swap':
      return Array.isArray(value) ? value.toReversed() : swapped(value)
    case 'repeat':
      return Array.isArray(target)
        ? first === undefined
          ? target
          : withKey(value, first, [...target, ...target])
        : value
    case 'add': {
      const added = typeof target === 'object' && target !== null ? withKey(target, key, other) : target
      return first === undefined ? added : withKey(value, first, added)
    }
  }
}

/** The first two entries of an object with each other's values. */
function swapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const [[a, x] = [], [b, y] = []] = Object.entries(value)
  return a === undefined || b === undefined ? value : withKey(withKey(value, a, y), b, x)
}

const at = (value: unknown, key: string | number): unknown =>
  Object.entries(value ?? {}).find(([k]) => k === String(key))?.[1]

function withKey(value: unknown, key: string | number, inner: unknown): unknown {
  // An earlier mutation may have put a list where a record was.
  if (Array.isArray(value) && Number(key) < value.length) return value.with(Number(key), inner)
  return Object.fromEntries([
    ...Object.entries(value ?? {}).filter(([k]) => k !== String(key)),
    [String(key), inner],
  ])
}

function withoutKey(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value.toSpliced(Number(key), 1)
  return Object.fromEntries(Object.entries(value ?? {}).filter(([k]) => k !== String(key)))
}

/** Names that a deployment declares, for the options that name them. */
export interface Names {
  readonly host: readonly string[]
  readonly vip: readonly string[]
}

/** Options as a service's schema wants them, as far as its shape tells: values that a pattern refuses are among them. */
export function optionsFor(schema: z.core.$ZodType, names: Names): fc.Arbitrary<unknown> {
  const { def } = (schema as z.core.$ZodTypes)._zod // the classes of zod's core
  switch (def.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(def.shape).map(([key, inner]) => [key, optionsFor(inner, names)])),
        {
          requiredKeys: Object.entries(def.shape)
            .filter(([, inner]) => !isOptional(inner))
            .map(([key]) => key),
        },
      )
    case 'array':
      return fc.array(optionsFor(def.element, names), { maxLength: 4 })
    case 'record':
      return fc.dictionary(fc.constantFrom('one', 'two', 'constructor'), optionsFor(def.valueType, names))
    case 'optional':
    case 'default':
    case 'nullable':
      return optionsFor(def.innerType, names)
    case 'union':
      return fc.oneof(...def.options.map((option) => optionsFor(option, names)))
    case 'pipe':
      return optionsFor(def.in, names)
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries))
    case 'literal':
      return fc.constantFrom(...def.values)
    case 'boolean':
      return fc.boolean()
    case 'number':
      return fc.oneof(fc.constantFrom(1, 2, 3, 8, 60, 400, 5000), fc.integer({ min: 0, max: 100_000 }))
    case 'string': {
      const kind = (schema as z.ZodType).meta()?.['reference'] // every schema of authors' is a classic one
      return kind === 'host' || kind === 'vip'
        ? fc.constantFrom(...names[kind])
        : fc.constantFrom(
            'synapse',
            'example.org',
            '/srv/data',
            '10.0.9.0/24',
            'http://192.0.2.5/x',
            '5m',
            '50 MB',
            '2027-01-31',
            'a b',
            '🦑',
          )
    }
    default:
      return hostile
  }
}

const isOptional = (schema: z.core.$ZodType): boolean =>
  ['optional', 'default', 'prefault'].includes((schema as z.core.$ZodTypes)._zod.def.type)
