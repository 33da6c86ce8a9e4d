import type { z } from 'zod'
import { isSecret } from '../dsl/variable.ts'
import { type Pattern, patternOfCheck } from './variables-pattern.ts'

/** A value of JSON, which is all that a variable's default may be. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export type Choice = string | number | boolean

/** A bound of a number; an exclusive one is not allowed itself. */
export interface Bound {
  readonly value: number
  readonly inclusive: boolean
}

/** Bounds of a length, of text in characters and of a list in items. */
export interface Length {
  readonly minimum?: number
  readonly maximum?: number
}

/** What a zod schema says of a value, in the terms that Ansible and Jinja can be told. */
export type Shape =
  | { readonly kind: 'string'; readonly length: Length; readonly patterns: readonly Pattern[] }
  | {
      readonly kind: 'number'
      readonly integer: boolean
      readonly minimum?: Bound
      readonly maximum?: Bound
      readonly multipleOf?: number
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly Choice[] }
  | { readonly kind: 'list'; readonly item: Declared; readonly length: Length }
  /** `open`: other fields than the declared ones are allowed. */
  | { readonly kind: 'dict'; readonly fields: ReadonlyMap<string, Declared>; readonly open: boolean }
  | { readonly kind: 'record'; readonly key: Shape; readonly value: Declared }
  /** One of several scalars, each told apart by one test. */
  | { readonly kind: 'alternatives'; readonly options: readonly Shape[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unsupported'; readonly reason: string }

/** A value with what stands around it: whether it may be missing, its description, whether it is a secret. */
export interface Declared {
  readonly shape: Shape
  readonly schema: z.ZodType
  readonly description: string
  readonly optional: boolean
  readonly nullable: boolean
  readonly hasDefault: boolean
  /** Marked as a secret itself; secrets inside are found by walking. */
  readonly secret: boolean
}

type Check = z.core.$ZodCheck

/** A schema never changes, and is asked for with every value of every host. */
const known = new WeakMap<z.ZodType, Declared>()

/** Reads a schema, looking through optional, nullable, default, readonly and the like. */
export function readSchema(schema: z.ZodType): Declared {
  const declared = known.get(schema) ?? read(schema)
  known.set(schema, declared)
  return declared
}

function read(schema: z.ZodType): Declared {
  const description = schema.description ?? ''
  const secret = isSecret(schema)
  const def = definitionOf(schema)
  const wrapped = (change: Partial<Declared>): Declared => {
    // Only the wrappers' definitions get here, and theirs is a classic schema like the one it came from.
    const inner = readSchema((def as { readonly innerType: unknown }).innerType as z.ZodType)
    return {
      ...inner,
      schema,
      description: description || inner.description,
      secret: secret || inner.secret,
      ...change,
    }
  }
  switch (def.type) {
    case 'optional':
      return wrapped({ optional: true })
    case 'nonoptional':
      return wrapped({ optional: false })
    case 'nullable':
      return wrapped({ nullable: true })
    case 'default':
    case 'prefault':
      return wrapped({ hasDefault: true })
    case 'readonly':
      return wrapped({})
    default:
      return {
        shape: readShape(def),
        schema,
        description,
        secret,
        optional: false,
        nullable: false,
        hasDefault: false,
      }
  }
}

/** Every schema is one of zod's own; the base class only types its definition as that of some type. */
function definitionOf(schema: z.ZodType): z.core.$ZodTypes['_zod']['def'] {
  return (schema as unknown as z.core.$ZodTypes)._zod.def
}

const unsupported = (reason: string): Shape => ({ kind: 'unsupported', reason })
/** Zod's definitions name the core's types; the schemas in them were made by the classic classes all the same. */
const classic = (schema: z.core.$ZodType) => schema as unknown as z.ZodType

function readShape(def: z.core.$ZodTypes['_zod']['def']): Shape {
  switch (def.type) {
    case 'string':
      return readString(def)
    case 'number':
      return readNumber(def)
    case 'boolean':
      return { kind: 'boolean' }
    case 'enum':
      return { kind: 'choice', values: enumValues(def.entries) }
    case 'literal': {
      const values = def.values.filter(isChoice)
      return values.length === def.values.length
        ? { kind: 'choice', values }
        : unsupported('only text, numbers and booleans can be literals')
    }
    case 'array': {
      const length = readLength(def.checks ?? [])
      return { kind: 'list', item: readSchema(classic(def.element)), length }
    }
    case 'object': {
      const fields = new Map(
        Object.entries(def.shape).map(([name, field]) => [name, readSchema(classic(field))]),
      )
      return {
        kind: 'dict',
        fields,
        open: def.catchall !== undefined && def.catchall._zod.def.type !== 'never',
      }
    }
    case 'record':
      return {
        kind: 'record',
        key: readSchema(classic(def.keyType)).shape,
        value: readSchema(classic(def.valueType)),
      }
    case 'union':
      return readUnion(def.options.map((option) => readSchema(classic(option))))
    case 'unknown':
    case 'any':
      return { kind: 'unknown' }
    default:
      return unsupported(
        def.type === 'pipe' || def.type === 'transform' || def.type === 'catch'
          ? 'Ansible hands values on as they are and cannot transform them'
          : `Ansible has no type for zod's ${def.type}`,
      )
  }
}

/** A numeric TypeScript enum lists its names as values too, and only the numbers count. */
function enumValues(entries: Readonly<Record<string, string | number>>): readonly Choice[] {
  const numbers = Object.values(entries).filter((value) => typeof value === 'number')
  return Object.entries(entries)
    .filter(([key]) => !numbers.includes(Number(key)))
    .map(([, value]) => value)
}

const isChoice = (value: unknown): value is Choice =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** The definition of a check. `z.ipv4()` is a schema and a check in one, so its own definition is one too. */
const checkOf = (check: Check) => (check as z.core.$ZodChecks)._zod.def

function readString(def: z.core.$ZodStringDef & { readonly check?: string }): Shape {
  if (def.coerce) return unsupported('Ansible hands values on as they are and cannot coerce them')
  const patterns: Pattern[] = []
  // A format's own definition: patternOfCheck looks at its fields.
  const own = def.check === 'string_format' ? [def as unknown as z.core.$ZodCheckStringFormatDef] : []
  for (const check of [...own, ...(def.checks ?? []).map(checkOf)]) {
    if (check.check === 'overwrite')
      return unsupported('Ansible hands values on as they are and cannot change their text')
    if (check.check !== 'string_format') continue
    const pattern = patternOfCheck(check)
    if (typeof pattern === 'string') return unsupported(pattern)
    patterns.push(pattern)
  }
  return { kind: 'string', length: readLength(def.checks ?? []), patterns }
}

function readLength(checks: readonly Check[]): Length {
  let minimum: number | undefined
  let maximum: number | undefined
  for (const check of checks.map(checkOf)) {
    if (check.check === 'min_length') minimum = Math.max(minimum ?? 0, check.minimum)
    if (check.check === 'max_length') maximum = Math.min(maximum ?? Infinity, check.maximum)
    if (check.check === 'length_equals') minimum = maximum = check.length
  }
  return { ...(minimum ? { minimum } : {}), ...(maximum === undefined ? {} : { maximum }) }
}

/** The ranges of zod's fixed-size integers; those of the other formats are what a number can hold anyway. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
}

function readNumber(
  def: z.core.$ZodNumberDef & { readonly check?: string; readonly format?: string },
): Shape {
  if (def.coerce) return unsupported('Ansible hands values on as they are and cannot coerce them')
  let integer = false
  let minimum: Bound | undefined
  let maximum: Bound | undefined
  let multipleOf: number | undefined
  const raise = (bound: Bound) => {
    if (!minimum || bound.value > minimum.value || (bound.value === minimum.value && !bound.inclusive))
      minimum = bound
  }
  const lower = (bound: Bound) => {
    if (!maximum || bound.value < maximum.value || (bound.value === maximum.value && !bound.inclusive))
      maximum = bound
  }
  const format = (name: string) => {
    if (!name.startsWith('float')) integer = true
    const range = RANGES[name]
    if (!range) return
    raise({ value: range[0], inclusive: true })
    lower({ value: range[1], inclusive: true })
  }
  if (def.check === 'number_format' && def.format) format(def.format)
  for (const check of (def.checks ?? []).map(checkOf)) {
    if (check.check === 'number_format') format(check.format)
    if (check.check === 'greater_than') raise({ value: Number(check.value), inclusive: check.inclusive })
    if (check.check === 'less_than') lower({ value: Number(check.value), inclusive: check.inclusive })
    if (check.check !== 'multiple_of') continue
    if (multipleOf !== undefined) return unsupported('only one multipleOf can be checked')
    multipleOf = Number(check.value)
    if (!Number.isInteger(multipleOf)) return unsupported('Jinja cannot test for multiples of a fraction')
  }
  return {
    kind: 'number',
    integer,
    ...(minimum ? { minimum } : {}),
    ...(maximum ? { maximum } : {}),
    ...(multipleOf === undefined ? {} : { multipleOf }),
  }
}

/** Literals become one choice; other scalars stay alternatives; anything with an inside cannot be told apart. */
function readUnion(options: readonly Declared[]): Shape {
  if (options.some((o) => o.optional || o.nullable || o.hasDefault || o.secret))
    return unsupported('write optional, nullable, default and secret around the union, not inside')
  const shapes = options.map((o) => o.shape)
  const choices = shapes.filter((s) => s.kind === 'choice')
  if (choices.length === shapes.length) return { kind: 'choice', values: choices.flatMap((c) => c.values) }
  const flat = shapes.flatMap((s) => (s.kind === 'alternatives' ? s.options : [s]))
  return flat.every(hasOneTest)
    ? { kind: 'alternatives', options: flat }
    : unsupported('Ansible cannot tell the members of this union apart')
}

function hasOneTest(shape: Shape): boolean {
  if (shape.kind === 'boolean' || shape.kind === 'choice') return true
  if (shape.kind === 'number') return !shape.minimum && !shape.maximum && shape.multipleOf === undefined
  if (shape.kind !== 'string') return false
  return (
    shape.patterns.length <= 1 && shape.length.minimum === undefined && shape.length.maximum === undefined
  )
}
