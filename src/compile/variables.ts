import { z } from 'zod'
import type { ValueType } from '../dsl/expr.ts'
import { secret as markSecret, type VariableShape } from '../dsl/variable.ts'
import { ansibleType, argumentSpec } from './variables-argument-spec.ts'
import { constraintText } from './variables-constraint.ts'
import { fieldNameProblem, nameProblem } from './variables-name.ts'
import { type Choice, type Declared, type Json, readSchema, type Shape } from './variables-shape.ts'

export { checkValue, type ValueProblem } from './variables-check.ts'

export type AnsibleType = 'str' | 'int' | 'float' | 'bool' | 'list' | 'dict' | 'raw' | 'path'

/** All that Ansible and its users need to know of one variable, or of one field inside a variable. */
export interface VariableInfo {
  /** As the author wrote it: `instances`, of a field its own name. */
  readonly name: string
  /** As Ansible sees it: `keepalived_instances`, of a field `keepalived_instances[].vip`, of a record's values `x.*`. */
  readonly fullName: string
  /** Empty where the author gave none. */
  readonly description: string
  readonly ansibleType: AnsibleType
  /** The type of a list's items. */
  readonly itemType?: AnsibleType
  readonly valueType: ValueType
  /** Neither a default nor optional. */
  readonly required: boolean
  /** Present exactly where the declaration has one, with the defaults of fields filled in. */
  readonly default?: Json
  /** A secret itself, or with one inside. */
  readonly secret: boolean
  /** Where secrets are inside: `['*', 'password']` for a list's or a record's items. Empty for a secret as a whole. */
  readonly secretFields: readonly (readonly string[])[]
  /** The entry below `options:` in `meta/argument_specs.yml`. */
  readonly argumentSpec: Readonly<Record<string, Json>>
  /** For people: `1 to 255`, `one of a, b`, `IPv4 address`; empty where any value of the type will do. */
  readonly constraint: string
  /** Fields of a dict, of a list's items or of a record's values, in the order of the declaration. */
  readonly fields: readonly VariableInfo[]
  readonly schema: z.ZodType
  readonly declared: Declared
}

/** What is wrong with a declaration. */
export interface VariableProblem {
  readonly code:
    | 'variable-name'
    | 'variable-without-description'
    | 'unsupported-variable-type'
    | 'secret-with-default'
    | 'invalid-default'
  /** The variable as the author wrote it. */
  readonly variable: string
  readonly message: string
  readonly hint?: string
}

/** Reads a role's declarations. Every variable is described, also one with problems, so that all are found at once. */
export function describeVariables(
  role: string,
  shape: VariableShape,
): { readonly variables: readonly VariableInfo[]; readonly problems: readonly VariableProblem[] } {
  const problems: VariableProblem[] = []
  const variables = Object.entries(shape).map(([name, schema]) => {
    const report = (code: VariableProblem['code'], message: string, hint?: string) =>
      problems.push({ code, variable: name, message, ...(hint === undefined ? {} : { hint }) })
    const badName = nameProblem(role, name)
    if (badName) report('variable-name', badName.message, badName.hint)
    return describe(name, `${role}_${name}`, readSchema(schema), report, false)
  })
  return { variables, problems }
}

type Report = (code: VariableProblem['code'], message: string, hint?: string) => void

function describe(
  name: string,
  fullName: string,
  declared: Declared,
  report: Report,
  inSecret: boolean,
): VariableInfo {
  const { shape } = declared
  if (shape.kind === 'unsupported')
    report('unsupported-variable-type', `${fullName} cannot be declared to Ansible: ${shape.reason}.`)
  if (declared.description === '')
    report(
      'variable-without-description',
      `${fullName} has no description.`,
      "Add .describe('…'): it becomes the comment in defaults/main.yml and the row in the README.",
    )
  const whole = declared.secret || inSecret
  const secretFields = whole ? [] : secretPaths(shape)
  const fields = describeFields(fullName, shape, report, whole)
  const fallback = readDefault(fullName, declared, report)
  if (fallback !== undefined && holdsSecret(whole, secretFields, fallback))
    report(
      'secret-with-default',
      `${fullName} is a secret and has a default, which would stand in the generated role.`,
      'Remove the default; where the secret may be missing, use .optional().',
    )
  const item = shape.kind === 'list' ? shape.item : undefined
  return {
    name,
    fullName,
    description: declared.description,
    ansibleType: ansibleType(shape),
    ...(item ? { itemType: ansibleType(item.shape) } : {}),
    valueType: valueType(shape),
    required: !declared.optional && !declared.hasDefault,
    ...(fallback === undefined ? {} : { default: fallback }),
    secret: whole || secretFields.length > 0,
    secretFields,
    argumentSpec: argumentSpec(declared, inSecret, fallback),
    constraint: constraintText(shape),
    fields,
    schema: declared.schema,
    declared,
  }
}

function describeFields(fullName: string, shape: Shape, report: Report, secret: boolean): VariableInfo[] {
  if (shape.kind === 'list') return describeInside(`${fullName}[]`, shape.item, report, secret)
  if (shape.kind === 'record') {
    if (shape.key.kind === 'unsupported' || !['string', 'choice'].includes(shape.key.kind))
      report(
        'unsupported-variable-type',
        `${fullName} has keys that are no text, which Ansible cannot check.`,
      )
    return describeInside(`${fullName}.*`, shape.value, report, secret)
  }
  if (shape.kind !== 'dict') return []
  return [...shape.fields].map(([name, field]) => {
    const full = `${fullName}.${name}`
    const badName = fieldNameProblem(full, name)
    if (badName) report('variable-name', badName.message, badName.hint)
    return describe(name, full, field, report, secret)
  })
}

/** Items have no row of their own: they are described with the list. Their fields have. */
function describeInside(fullName: string, item: Declared, report: Report, secret: boolean): VariableInfo[] {
  if (item.shape.kind === 'unsupported')
    report('unsupported-variable-type', `${fullName} cannot be declared to Ansible: ${item.shape.reason}.`)
  return describeFields(fullName, item.shape, report, secret || item.secret)
}

function valueType(shape: Shape): ValueType {
  switch (shape.kind) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'list':
    case 'dict':
      return shape.kind
    case 'record':
      return 'dict'
    case 'choice':
      return commonType(shape.values.map(scalarType))
    case 'alternatives':
      return commonType(shape.options.map(valueType))
    default:
      return 'unknown'
  }
}

const commonType = (types: readonly ValueType[]): ValueType =>
  types.every((t) => t === types[0]) ? (types[0] ?? 'unknown') : 'unknown'
const scalarType = (value: Choice): ValueType =>
  typeof value === 'string' ? 'string' : typeof value === 'number' ? 'number' : 'boolean'

function secretPaths(shape: Shape): readonly (readonly string[])[] {
  const inside = (key: string, field: Declared) =>
    field.secret ? [[key]] : secretPaths(field.shape).map((path) => [key, ...path])
  if (shape.kind === 'list') return inside('*', shape.item)
  if (shape.kind === 'record') return inside('*', shape.value)
  return shape.kind === 'dict' ? [...shape.fields].flatMap(([key, field]) => inside(key, field)) : []
}

/** Null is no secret, and a default list without items holds none. */
function holdsSecret(whole: boolean, paths: readonly (readonly string[])[], value: Json): boolean {
  return whole ? value !== null : paths.some((path) => reaches(value, path))
}

function reaches(value: Json, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return value !== null
  if (typeof value !== 'object' || value === null) return false
  if (key === '*') return Object.values(value).some((inner: Json) => reaches(inner, rest))
  // A list has no field of that name, and Array.isArray does not narrow readonly lists.
  const inner = (value as { readonly [key: string]: Json })[key]
  return inner !== undefined && reaches(inner, rest)
}

function readDefault(fullName: string, declared: Declared, report: Report): Json | undefined {
  if (!declared.hasDefault) return undefined
  const given = declared.schema.safeParse(undefined)
  // Zod hands a default on unchecked, so it is checked as if a deployment had given it.
  if (!given.success || !declared.schema.safeParse(given.data).success) {
    report('invalid-default', `The default of ${fullName} does not meet its own declaration.`)
    return undefined
  }
  if (!isJson(given.data)) {
    report(
      'invalid-default',
      `The default of ${fullName} is not made of text, numbers, booleans, lists and records.`,
    )
    return undefined
  }
  return given.data
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson)
}

/** What is known of a field or an item of a variable. */
export interface FieldInfo {
  readonly type: ValueType
  /** A secret itself, or with one inside. */
  readonly secret: boolean
  /** May be missing, or null: its default in the declaration is not filled in by Ansible. */
  readonly optional: boolean
  readonly schema: z.ZodType
}

/** The field `key` of values of `schema`; undefined where there is none such. Records and unknown values have every field. */
export function fieldInfo(schema: z.ZodType, key: string): FieldInfo | undefined {
  const { shape, secret } = readSchema(schema)
  switch (shape.kind) {
    case 'dict': {
      const field = shape.fields.get(key)
      return field ? inside(field, secret) : shape.open ? anything(secret) : undefined
    }
    case 'record':
      if (shape.key.kind === 'choice' && !shape.key.values.includes(key)) return undefined
      return inside(shape.value, secret)
    case 'unknown':
    case 'unsupported':
      return anything(secret)
    default:
      return undefined
  }
}

/** An item of values of `schema`; undefined where they are no lists. */
export function itemInfo(schema: z.ZodType): FieldInfo | undefined {
  const { shape, secret } = readSchema(schema)
  if (shape.kind === 'list') return inside(shape.item, secret)
  return shape.kind === 'unknown' || shape.kind === 'unsupported' ? anything(secret) : undefined
}

/** What a secret holds is secret, and stays so for whoever looks further inside. */
function inside(field: Declared, secret: boolean): FieldInfo {
  return {
    type: valueType(field.shape),
    secret: secret || field.secret || secretPaths(field.shape).length > 0,
    optional: field.optional || field.hasDefault || field.nullable,
    schema: secret && !field.secret ? markSecret(field.schema) : field.schema,
  }
}

function anything(secret: boolean): FieldInfo {
  const schema = secret ? markSecret(z.unknown()) : z.unknown()
  return { type: 'unknown', secret, optional: true, schema }
}

/** A variable's fields at every depth, each below what holds it: the rows of the README's table. */
export function allFields(info: VariableInfo): readonly VariableInfo[] {
  return info.fields.flatMap((field) => [field, ...allFields(field)])
}
