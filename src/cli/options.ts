import { z } from 'zod'
import { nearest } from '../compile/nearest.ts'
import { CannotRun } from '../finding.ts'
import type { Service } from '../topology/service.ts'
import { printTable } from './output.ts'
import { loadProject, projectRoot } from './project.ts'

/** `rolewright options [service]`: the services there are, or what a deployment may say of one. Returns the exit code. */
export async function options(name: string | undefined): Promise<number> {
  const { services, locate } = await loadProject(projectRoot())
  if (name === undefined) {
    const rows = services.map(({ definition, site }) => [
      definition.name,
      placing(definition),
      locate(site)?.file ?? '',
      definition.summary,
    ])
    process.stdout.write(`${printTable(['service', 'is there', 'written in', 'what it is'], rows)}\n`)
    return 0
  }
  const service = services.find(({ definition }) => definition.name === name)
  if (!service) throw noService(name, services)
  const { definition } = service
  const rows = optionsOf(definition.options).map(({ path, takes, fallback, description }) => [
    path,
    takes,
    fallback,
    description,
  ])
  process.stdout.write(
    [
      `${name} (${locate(service.site)?.file ?? ''}): ${definition.summary} It is there ${placing(definition)}.`,
      rows.length > 0
        ? printTable(['option', 'takes', 'unless told', 'what it says'], rows)
        : 'It has no options.',
      '',
    ].join('\n'),
  )
  return 0
}

const placing = ({ declare, follow }: Service['definition']): string =>
  declare
    ? 'where it is named'
    : follow
      ? 'by itself, where others want it'
      : 'as documents, where it is named'

function noService(name: string, services: readonly Service[]): CannotRun {
  const names = services.map(({ definition }) => definition.name)
  const near = nearest(name, names)
  return new CannotRun(
    `There is no service "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    '`rolewright options` lists all.',
  )
}

/** An option as people read it. */
export interface OptionText {
  /** With what is above it: `databases[].name`. */
  readonly path: string
  readonly takes: string
  /** Its default, `required`, or nothing where it may be left out. */
  readonly fallback: string
  readonly description: string
}

/** What JSON Schema says of a value, as far as it is printed. */
interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  /** What the language says of names of hosts and of virtual IPs. */
  readonly reference?: 'host' | 'vip'
}

/** The options that a schema takes, those inside of others after them. */
export function optionsOf(schema: z.ZodType): readonly OptionText[] {
  // What JSON Schema has no words for is printed as any value.
  return inside(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, '')
}

function inside(schema: Schema, above: string): readonly OptionText[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([key, option]) => {
    const path = above === '' ? key : `${above}.${key}`
    // What is left out of an object says its own defaults.
    const { default: told } = option.properties ? {} : option
    const fallback =
      told !== undefined
        ? shown(told)
        : required.includes(key) && option.default === undefined
          ? 'required'
          : ''
    const text = { path, takes: takes(option), fallback, description: option.description ?? '' }
    return [
      text,
      ...inside(option, path),
      ...inside(option.items ?? {}, `${path}[]`),
      ...inValues(option, path),
    ]
  })
}

function inValues({ additionalProperties }: Schema, path: string): readonly OptionText[] {
  return typeof additionalProperties === 'object' ? inside(additionalProperties, `${path}.*`) : []
}

const REFERENCES = { host: 'a host', vip: 'a virtual IP' } as const
const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  object: 'an object',
}

function takes(schema: Schema): string {
  const { type = '', enum: values, const: only, anyOf, items, additionalProperties, reference } = schema
  if (reference) return REFERENCES[reference]
  if (values) return values.map(shown).join(' or ')
  if (only !== undefined) return shown(only)
  if (anyOf) return [...new Set(anyOf.map(takes))].join(' or ')
  if (type === 'array') return listOf(items ?? {})
  if (type === 'number' || type === 'integer')
    return ranged(type === 'integer' ? 'a whole number' : 'a number', schema)
  if (type === 'object' && typeof additionalProperties === 'object')
    return `${takes(additionalProperties)} by name`
  return NAMES[type] ?? 'any value'
}

function listOf(item: Schema): string {
  if (item.reference) return item.reference === 'host' ? 'a list of hosts' : 'a list of virtual IPs'
  if (item.type === 'object') return 'a list of objects'
  return item.type === 'string' && !item.enum ? 'a list of texts' : `a list, each ${takes(item)}`
}

/** zod bounds whole numbers to those that JavaScript counts exactly, which nobody needs to read. */
function ranged(what: string, { minimum, maximum }: Schema): string {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined
  if (least !== undefined && most !== undefined) return `${what} from ${least} to ${most}`
  if (least !== undefined) return `${what} from ${least} on`
  return most === undefined ? what : `${what} up to ${most}`
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
