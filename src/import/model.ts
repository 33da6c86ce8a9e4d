import type { ModuleSpec, OptionSpec, OptionType } from '../dsl/module-spec.ts'

/** One option as it is offered to authors. */
export interface ImportedOption {
  readonly name: string
  /** Without suboptions, which are below. */
  readonly spec: OptionSpec
  /** Optional for Ansible, required by the type: the build says why with a code of its own. */
  readonly demanded?: true
  /** As documented, for the reader of the generated file. */
  readonly default?: unknown
  /** Where Ansible will drop it: a version or a date. */
  readonly removed?: string
  readonly options?: readonly ImportedOption[]
}

/** The shape of a returned value. */
export type ResultType =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'unknown' }
  | { readonly kind: 'list' | 'map'; readonly of: ResultType }
  | { readonly kind: 'object'; readonly fields: readonly ResultField[] }

export interface ResultField {
  readonly name: string
  readonly type: ResultType
}

/** All that an import keeps of one module: facts, none of Ansible's prose. */
export interface ImportedModule {
  readonly spec: ModuleSpec
  readonly options: readonly ImportedOption[]
  readonly results: readonly ResultField[]
  /** Takes further options by any name. */
  readonly open: boolean
  /** Where Ansible will drop the module: a version or a date. */
  readonly removed?: string
}

const TYPES: ReadonlySet<string> = new Set<OptionType>([
  'str',
  'int',
  'float',
  'bool',
  'list',
  'dict',
  'path',
  'raw',
  'json',
  'jsonarg',
  'bytes',
  'bits',
])

/** A type's name as argument specs write it, or undefined where a module makes its type by hand. */
export function optionType(name: string | null | undefined): OptionType | undefined {
  return name && TYPES.has(name) ? (name as OptionType) : undefined // TYPES holds just these
}

/** Names in the order of their code points, which no locale changes. */
export function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
