/** The types that Ansible's argument specs know. */
export type OptionType =
  | 'str'
  | 'int'
  | 'float'
  | 'bool'
  | 'list'
  | 'dict'
  | 'path'
  | 'raw'
  | 'json'
  | 'jsonarg'
  | 'bytes'
  | 'bits'

/** Constraints that hold across the options of one module, or of one option with suboptions. */
export interface OptionConstraints {
  readonly mutuallyExclusive?: readonly (readonly string[])[]
  readonly requiredTogether?: readonly (readonly string[])[]
  readonly requiredOneOf?: readonly (readonly string[])[]
  /** When `option` has `value`, all of `requires` are needed, or any one of them with `any`. */
  readonly requiredIf?: readonly {
    readonly option: string
    readonly value: string | number | boolean
    readonly requires: readonly string[]
    readonly any?: true
  }[]
  /** Option → the options that it needs beside it. */
  readonly requiredBy?: Readonly<Record<string, readonly string[]>>
}

/** One option of a module, as Ansible's argument spec holds it. */
export interface OptionSpec extends OptionConstraints {
  readonly type: OptionType
  readonly required?: true
  readonly choices?: readonly (string | number | boolean)[]
  /** Type of the items of a list. */
  readonly elements?: OptionType
  /** Suboptions of a dict, or of each item of a list of dicts. */
  readonly options?: Readonly<Record<string, OptionSpec>>
  readonly aliases?: readonly string[]
  readonly noLog?: true
}

/** What the compiler knows of one Ansible module. Made by `rolewright import module`. */
export interface ModuleSpec extends OptionConstraints {
  /** Fully qualified collection name, such as `ansible.builtin.apt`. */
  readonly fqcn: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Takes options of any name beside those listed (`set_fact`, `add_host`). */
  readonly openOptions?: true
  /** The option that a free-form module takes as its text (`command`, `shell`, `raw`, `script`, `meta`), where it takes one. */
  readonly freeForm?: string
  /** Whether the module says what it would change without changing it. */
  readonly checkMode: 'full' | 'partial' | 'none'
  /** Makes files, so that a good role states their mode. */
  readonly requiresMode?: true
  /** Cannot tell whether it changed anything, so that a good role states `changedWhen`. */
  readonly requiresChangedWhen?: true
}
