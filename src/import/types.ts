import type { OptionSpec, OptionType } from '../dsl/module-spec.ts'
import { quote } from './literal.ts'
import type { ImportedOption, ResultType } from './model.ts'
import { typeName } from './names.ts'
import { isFileMode } from './policy.ts'

/** A type's text, and the alternatives that a long one is broken into, one per line. */
export interface TypeText {
  readonly text: string
  readonly wrap: readonly [before: string, after: string]
  readonly alternatives: readonly string[]
}

const VALUE_MAP = 'Readonly<Record<string, Value>>'
// `raw` takes whatever the module makes of it: text, numbers, lists, maps. `bytes` and `bits` take 10 and '10M'.
const TYPES: Readonly<Record<OptionType, readonly string[]>> = {
  str: ['string'],
  path: ['string'],
  int: ['number'],
  float: ['number'],
  bool: ['boolean'],
  bytes: ['string', 'number'],
  bits: ['string', 'number'],
  dict: [VALUE_MAP],
  json: ['string', VALUE_MAP],
  jsonarg: ['string', VALUE_MAP],
  list: ['readonly Value[]'],
  raw: ['Value'],
}

/** The interface of an option's suboptions. */
export function suboptionsName(owner: string, option: string): string {
  return `${owner.replace(/Options$/, '')}${typeName(option)}Options`
}

const simple = (alternatives: readonly string[], before = '', after = ''): TypeText => ({
  text: before + alternatives.join(' | ') + after,
  wrap: [before, after],
  alternatives,
})

function scalarTypes(name: string, type: OptionType, choices: OptionSpec['choices']): readonly string[] {
  if (choices) return choices.map((choice) => (typeof choice === 'string' ? quote(choice) : String(choice)))
  return type === 'raw' && isFileMode(name) ? ['string'] : TYPES[type]
}

/** The type of an option in the interface `owner`. */
export function optionTypeText(option: ImportedOption, owner: string): TypeText {
  const { type, elements, choices } = option.spec
  if (option.options) {
    const name = suboptionsName(owner, option.name)
    return simple([name], type === 'list' ? 'Arg<readonly ' : 'Arg<', type === 'list' ? '[]>' : '>')
  }
  if (type === 'list') {
    if (!elements && !choices) return simple(TYPES.list, 'Arg<', '>')
    const items = scalarTypes(option.name, elements ?? 'str', choices)
    return items.length > 1 ? simple(items, 'Arg<readonly (', ')[]>') : simple(items, 'Arg<readonly ', '[]>')
  }
  const types = scalarTypes(option.name, type, choices)
  // Value takes expressions at every depth by itself.
  return types.includes('Value') ? simple(types) : simple(types, 'Arg<', '>')
}

/** The type of a returned value; `nameOf` gives the interface of an object. */
export function resultTypeText(type: ResultType, nameOf: (object: ResultType) => string): string {
  switch (type.kind) {
    case 'list':
      return `readonly ${listItem(type.of, nameOf)}[]`
    case 'map':
      return `Readonly<Record<string, ${resultTypeText(type.of, nameOf)}>>`
    case 'object':
      return nameOf(type)
    default:
      return type.kind
  }
}

function listItem(type: ResultType, nameOf: (object: ResultType) => string): string {
  const text = resultTypeText(type, nameOf)
  return type.kind === 'list' ? `(${text})` : text
}

/** What the reader of a generated file is told of an option: facts, and none of Ansible's prose, which is not ours. */
export function optionDoc(option: ImportedOption): string {
  const { type, elements, required, aliases, noLog } = option.spec
  const facts = [
    (type === 'list' && elements ? `list of ${elements}` : type) +
      (noLog ? ', secret' : '') +
      (required || option.demanded ? ', required' : ''),
    ...(option.default === undefined ? [] : [`Default: ${defaultText(option)}`]),
    ...(aliases ? [`Ansible also says ${aliases.join(', ')}`] : []),
  ]
  const deprecated = option.removed ? ` @deprecated Removed in ${option.removed}.` : ''
  return `${facts.join('. ')}.${deprecated}`.replaceAll('*/', '*\\/')
}

/** Longer defaults are templates and lists of ciphers. */
const LONGEST_DEFAULT = 80
function defaultText({ default: value, spec }: ImportedOption): string {
  // Some documentation says yes and no.
  const truth = spec.type === 'bool' ? TRUTH[String(value).toLowerCase()] : undefined
  const text = truth ?? JSON.stringify(value)
  return text.length <= LONGEST_DEFAULT ? text : 'see ansible-doc'
}
const TRUTH: Readonly<Record<string, string>> = { yes: 'true', no: 'false', true: 'true', false: 'false' }
