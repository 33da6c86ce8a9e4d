import { z } from 'zod'
import type { ValueType } from '../dsl/expr.ts'
import { isSecret, type VariableShape } from '../dsl/variable.ts'
import type { Data } from '../emit/data.ts'

type AnsibleType = 'str' | 'int' | 'float' | 'bool' | 'list' | 'dict' | 'raw'

/** A variable, or a field inside one, with all that Ansible's files say of it. */
export interface VariableInfo {
  /** As the author wrote it: `instances`. */
  readonly name: string
  /** With the role's prefix, and the path of a field: `keepalived_instances[].vip`. */
  readonly fullName: string
  readonly description: string
  readonly ansibleType: AnsibleType
  readonly valueType: ValueType
  /** Neither a default nor optional. */
  readonly required: boolean
  readonly default?: Data
  /** Itself or anything inside. */
  readonly secret: boolean
  /** Its entry in `meta/argument_specs.yml`. */
  readonly argumentSpec: Readonly<Record<string, Data>>
  /** For people: `1 to 255`, `IPv4 address`; empty where anything of the type goes. */
  readonly constraint: string
  /** Fields of a record, or of the items of a list. */
  readonly fields: readonly VariableInfo[]
  readonly schema: z.ZodType
}

/** Something wrong with a declaration. */
export interface VariableProblem {
  readonly code: 'variable-without-description' | 'secret-with-default' | 'variable-name' | 'unsupported-variable-type'
  readonly variable: string
  readonly message: string
  readonly hint?: string
}

const PYTHON_KEYWORDS = new Set('False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(' '))

/** What a role's declarations say to Ansible, and what is wrong with them. */
export function describeVariables(role: string, shape: VariableShape): { readonly variables: readonly VariableInfo[]; readonly problems: readonly VariableProblem[] } {
  const problems: VariableProblem[] = []
  const variables = Object.entries(shape).map(([name, schema]) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name) || PYTHON_KEYWORDS.has(name)) problems.push({ code: 'variable-name', variable: name, message: `"${name}" is no name for a variable of Ansible's.`, hint: 'Lower case letters, digits and underscores, beginning with a letter; none of Python\'s keywords.' })
    if (name.startsWith(`${role}_`)) problems.push({ code: 'variable-name', variable: name, message: `"${name}" repeats the role's name, which is put before it anyway.`, hint: `Call it "${name.slice(role.length + 1)}".` })
    return describe(name, `${role}_${name}`, schema, problems)
  })
  return { variables, problems }
}

/** What a schema is inside of `optional`, `default` and the like, and what these said. */
function unwrap(schema: z.ZodType): { readonly inner: z.ZodType; readonly optional: boolean; readonly fallback: { readonly value: unknown } | undefined; readonly description: string } {
  let inner = schema
  let optional = false
  let fallback: { readonly value: unknown } | undefined
  let description = schema.description ?? ''
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodNullable || inner instanceof z.ZodPrefault || inner instanceof z.ZodReadonly) {
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) fallback ??= { value: inner.def.defaultValue }
    if (inner instanceof z.ZodOptional) optional = true
    inner = inner.unwrap() as z.ZodType // unwrap is typed by zod's core, whose classes are these
    description ||= inner.description ?? ''
  }
  return { inner, optional, fallback, description }
}

function describe(name: string, fullName: string, schema: z.ZodType, problems: VariableProblem[]): VariableInfo {
  const { inner, optional, fallback, description } = unwrap(schema)
  const type = typeOf(inner)
  if (description === '') problems.push({ code: 'variable-without-description', variable: name, message: `${fullName} has no description.`, hint: 'Add .describe("…"): it becomes the comment, the README\'s row and the argument spec\'s text.' })
  if (type === undefined) problems.push({ code: 'unsupported-variable-type', variable: name, message: `The type of ${fullName} has no counterpart in Ansible.`, hint: 'Use string, number, boolean, enum, array, object, record, or a union of literals.' })
  const own = isSecret(schema)
  if (own && fallback) problems.push({ code: 'secret-with-default', variable: name, message: `${fullName} is a secret and has a default.`, hint: 'Leave the default out: a secret that everybody knows is none.' })
  const element = inner instanceof z.ZodArray ? unwrap(inner.element as z.ZodType).inner : undefined // elements are schemas of the classic kind
  const record = inner instanceof z.ZodObject ? inner : element instanceof z.ZodObject ? element : undefined
  const prefix = element ? `${fullName}[]` : fullName
  const fields = record ? Object.entries(record.shape as VariableShape).map(([key, field]) => describe(key, `${prefix}.${key}`, field, problems)) : []
  const choices = choicesOf(inner) ?? (element && choicesOf(element))
  const ansibleType = type ?? 'raw'
  return {
    name,
    fullName,
    description,
    ansibleType,
    valueType: valueTypeOf(ansibleType),
    required: !optional && !fallback,
    ...(fallback ? { default: withInnerDefaults(inner, fallback.value) } : {}),
    secret: own || (element !== undefined && isSecret(element)) || fields.some((f) => f.secret),
    argumentSpec: {
      type: ansibleType,
      ...(element ? { elements: typeOf(element) ?? 'raw' } : {}),
      description: sentences(description),
      ...(!optional && !fallback ? { required: true } : {}),
      ...(fallback ? { default: withInnerDefaults(inner, fallback.value) } : {}),
      ...(choices ? { choices } : {}),
      ...(own ? { no_log: true } : {}),
      ...(fields.length > 0 ? { options: Object.fromEntries(fields.map((f) => [f.name, f.argumentSpec])) } : {}),
    },
    constraint: constraintOf(inner),
    fields,
    schema,
  }
}

/** Defaults are written out whole, with those of the fields inside. */
function withInnerDefaults(schema: z.ZodType, value: unknown): Data {
  const parsed = schema.safeParse(value)
  return (parsed.success ? parsed.data : value) as Data // what zod takes for these types is plain data
}

const sentences = (text: string): Data => {
  const parts = text.split(/(?<=\.)\s+(?=[A-Z])/).filter((s) => s !== '')
  return parts.length > 1 ? parts : text
}

function typeOf(schema: z.ZodType): AnsibleType | undefined {
  if (schema instanceof z.ZodNumber) return /int/.test(String(schema.format)) ? 'int' : 'float'
  if (schema instanceof z.ZodBoolean) return 'bool'
  if (schema instanceof z.ZodArray || schema instanceof z.ZodTuple) return 'list'
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return 'dict'
  if (schema instanceof z.ZodUnknown || schema instanceof z.ZodAny) return 'raw'
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat || schema instanceof z.ZodEnum || schema instanceof z.ZodTemplateLiteral) return 'str'
  if (schema instanceof z.ZodLiteral) return typeof [...schema.values][0] === 'number' ? 'int' : 'str'
  if (schema instanceof z.ZodUnion) {
    const types = new Set(schema.options.map((o) => typeOf(o as z.ZodType))) // options are schemas of the classic kind
    return types.size === 1 ? [...types][0] : types.has(undefined) ? undefined : 'raw'
  }
  return undefined
}

const VALUE_TYPES: Readonly<Record<AnsibleType, ValueType>> = { str: 'string', int: 'number', float: 'number', bool: 'boolean', list: 'list', dict: 'dict', raw: 'unknown' }
const valueTypeOf = (type: AnsibleType): ValueType => VALUE_TYPES[type]

/** Values that a schema admits where they are few. */
function choicesOf(schema: z.ZodType): readonly (string | number)[] | undefined {
  if (schema instanceof z.ZodEnum) return schema.options
  if (schema instanceof z.ZodLiteral) return [...schema.values].filter((v) => typeof v === 'string' || typeof v === 'number')
  if (schema instanceof z.ZodUnion) {
    const all = schema.options.map((o) => choicesOf(o as z.ZodType)) // options are schemas of the classic kind
    return all.every((c) => c !== undefined) ? all.flat() : undefined
  }
  return undefined
}

/** What the schema's checks say, in words. */
function constraintOf(schema: z.ZodType): string {
  const choices = choicesOf(schema)
  if (choices) return `one of ${choices.join(', ')}`
  if (schema instanceof z.ZodNumber) {
    const low = finite(schema.minValue)
    const high = finite(schema.maxValue)
    if (low !== undefined && high !== undefined) return `${low} to ${high}`
    return low !== undefined ? `${low} or more` : high !== undefined ? `${high} or less` : ''
  }
  const format = formatOf(schema)
  if (format) return FORMATS[format]?.name ?? ''
  return ''
}

/** zod's safe integers have bounds of their own, which say nothing to a reader. */
const finite = (n: number | null | undefined) => (n === null || n === undefined || !Number.isFinite(n) || Math.abs(n) >= Number.MAX_SAFE_INTEGER ? undefined : n)

/** Formats with the pattern that Ansible asserts on the control machine. */
export const FORMATS: Readonly<Record<string, { readonly name: string; readonly pattern: string }>> = {
  ipv4: { name: 'IPv4 address', pattern: '^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\\.(?!$)|$)){4}$' },
  cidrv4: { name: 'IPv4 network', pattern: '^(([0-9]{1,3})\\.){3}[0-9]{1,3}/[0-9]{1,2}$' },
  hostname: { name: 'host name', pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$' },
  url: { name: 'URL', pattern: '^[a-z][a-z0-9+.-]*://' },
}

function formatOf(schema: z.ZodType): string | undefined {
  return schema instanceof z.ZodStringFormat && Object.hasOwn(FORMATS, String(schema.def.format)) ? String(schema.def.format) : undefined
}

/** A numeric range or a format that a value has to meet, for the preflight asserts. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly minLength?: number
  readonly pattern?: string
}
/** What of a schema's checks Ansible's argument specs cannot say. */
export function boundsOf(schema: z.ZodType): Bounds {
  const { inner } = unwrap(schema)
  if (inner instanceof z.ZodNumber) {
    const min = finite(inner.minValue)
    const max = finite(inner.maxValue)
    return { ...(min !== undefined ? { min } : {}), ...(max !== undefined ? { max } : {}) }
  }
  if (inner instanceof z.ZodArray) {
    const minimum = inner.def.checks?.map((c) => c._zod.def).find((d) => d.check === 'min_length')
    return minimum && 'minimum' in minimum ? { minLength: Number(minimum.minimum) } : {}
  }
  const format = formatOf(inner)
  if (format) return { pattern: FORMATS[format]?.pattern ?? '' }
  if (inner instanceof z.ZodString) {
    const regex = inner.def.checks?.map((c) => c._zod.def).find((d) => d.check === 'string_format' && 'pattern' in d)
    if (regex && 'pattern' in regex && regex.pattern instanceof RegExp) return { pattern: regex.pattern.source }
    if (inner.minLength) return { minLength: inner.minLength }
  }
  return {}
}

/** The field of a record-like schema; undefined where it has none of that name. */
export function fieldInfo(schema: z.ZodType, key: string): { readonly type: ValueType; readonly secret: boolean; readonly schema: z.ZodType } | undefined {
  const { inner } = unwrap(schema)
  if (inner instanceof z.ZodObject) {
    const field = (inner.shape as VariableShape)[key]
    return field && infoOf(field)
  }
  if (inner instanceof z.ZodRecord) return infoOf(inner.valueType as z.ZodType) // values are schemas of the classic kind
  return inner instanceof z.ZodUnknown || inner instanceof z.ZodAny ? infoOf(inner) : undefined
}

/** The item of a list's schema; undefined for what is no list. */
export function itemInfo(schema: z.ZodType): { readonly type: ValueType; readonly secret: boolean; readonly schema: z.ZodType } | undefined {
  const { inner } = unwrap(schema)
  return inner instanceof z.ZodArray ? infoOf(inner.element as z.ZodType) : undefined // as above
}

function infoOf(schema: z.ZodType) {
  const { inner } = unwrap(schema)
  return { type: valueTypeOf(typeOf(inner) ?? 'raw'), secret: holdsSecret(schema), schema }
}

/** Whether a schema or anything inside of it is a secret. */
export function holdsSecret(schema: z.ZodType): boolean {
  if (isSecret(schema)) return true
  const { inner } = unwrap(schema)
  if (inner instanceof z.ZodArray) return holdsSecret(inner.element as z.ZodType)
  if (inner instanceof z.ZodObject) return Object.values(inner.shape as VariableShape).some(holdsSecret)
  return inner instanceof z.ZodRecord ? holdsSecret(inner.valueType as z.ZodType) : false
}

/** What is wrong with a deployment's value, each with the path of the field. */
export function checkValue(schema: z.ZodType, value: unknown): readonly { readonly path: string; readonly message: string }[] {
  const result = schema.safeParse(value)
  if (result.success) return []
  return result.error.issues.map((issue) => ({ path: issue.path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`)).join(''), message: issue.message }))
}
