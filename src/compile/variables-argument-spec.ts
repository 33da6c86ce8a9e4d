import type { AnsibleType } from './variables.ts'
import { constraintText } from './variables-constraint.ts'
import type { Choice, Declared, Json, Shape } from './variables-shape.ts'

type Spec = Readonly<Record<string, Json>>

/** The type of a value in Ansible's argument specs. */
export function ansibleType(shape: Shape): AnsibleType {
  switch (shape.kind) {
    case 'string':
      // `starts_with` is the only pattern that says a path, and only of absolute ones.
      return shape.patterns.some((p) => p.format === 'starts_with' && p.label === 'starting with /')
        ? 'path'
        : 'str'
    case 'number':
      return shape.integer ? 'int' : 'float'
    case 'boolean':
      return 'bool'
    case 'choice':
      return common(shape.values.map(choiceType))
    case 'list':
      return 'list'
    case 'dict':
    case 'record':
      return 'dict'
    case 'alternatives':
      return common(shape.options.map(ansibleType))
    default:
      return 'raw'
  }
}

const common = (types: readonly AnsibleType[]): AnsibleType =>
  types.every((type) => type === types[0]) ? (types[0] ?? 'raw') : 'raw'

function choiceType(value: Choice): AnsibleType {
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(value) ? 'int' : 'float'
}

/** The entry of a variable or field. What it cannot say is left to the preflight checks. */
export function argumentSpec(declared: Declared, inSecret: boolean, fallback: Json | undefined): Spec {
  const { shape } = declared
  const secret = inSecret || declared.secret
  // Ansible takes null for a value of the wrong type or choice where one is required.
  const required = !declared.optional && !declared.hasDefault && !declared.nullable
  return {
    ...descriptionSpec(declared),
    ...typeSpec(declared, secret),
    ...(required ? { required: true } : {}),
    ...(fallback === undefined || fallback === null || secret ? {} : { default: fallback }),
    ...(shape.kind === 'choice' && !declared.nullable ? { choices: shape.values } : {}),
    ...(secret ? { no_log: true } : {}),
  }
}

function descriptionSpec({ description, shape }: Declared): Spec {
  const constraint = shape.kind === 'choice' ? '' : constraintText(shape)
  const sentences = [description, constraint && sentence(constraint)].filter((text) => text !== '')
  if (sentences.length === 0) return {}
  return { description: sentences.length === 1 ? (sentences[0] ?? '') : sentences }
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function typeSpec({ shape, nullable }: Declared, secret: boolean): Spec {
  const type = nullable && (shape.kind === 'list' || shape.kind === 'dict') ? 'raw' : ansibleType(shape)
  if (type === 'raw') return { type }
  if (shape.kind === 'dict') return { type, ...optionsSpec(shape, secret) }
  if (shape.kind !== 'list') return { type }
  const { item } = shape
  // A null item would be taken for one of the wrong type.
  const elements = item.nullable ? 'raw' : ansibleType(item.shape)
  return {
    type,
    elements,
    ...(item.shape.kind === 'dict' && !item.nullable ? optionsSpec(item.shape, secret || item.secret) : {}),
    ...(item.shape.kind === 'choice' && !item.nullable ? { choices: item.shape.values } : {}),
  }
}

/** An open dict has no options: Ansible refuses every field that is not among them. */
function optionsSpec(shape: Extract<Shape, { kind: 'dict' }>, secret: boolean): Spec {
  if (shape.open || shape.fields.size === 0) return {}
  const options = [...shape.fields].map(([name, field]) => [
    name,
    argumentSpec(field, secret, defaultOf(field)),
  ])
  return { options: Object.fromEntries(options) as Spec } // pairs of a name and its entry
}

function defaultOf(declared: Declared): Json | undefined {
  if (!declared.hasDefault) return undefined
  const parsed = declared.schema.safeParse(undefined)
  return parsed.success ? (parsed.data as Json) : undefined // reported by describeVariables where it is no JSON
}
