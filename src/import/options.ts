import type { OptionConstraints, OptionSpec, OptionType } from '../dsl/module-spec.ts'
import type { DocOption, SpecConstraints, SpecOption } from './ansible.ts'
import { importConstraints } from './constraints.ts'
import { byName, type ImportedOption, optionType } from './model.ts'
import type { ModulePolicy } from './policy.ts'

interface Level {
  readonly docs: Readonly<Record<string, DocOption>>
  /** undefined where the module states no argument spec. */
  readonly specs: Readonly<Record<string, SpecOption>> | undefined
  readonly constraints: SpecConstraints
  /** Documented options that the spec lacks are real: an action plugin takes them. */
  readonly hasAction: boolean
  readonly policy: ModulePolicy | undefined
}

export interface ImportedOptions {
  readonly options: readonly ImportedOption[]
  readonly constraints: OptionConstraints
}

/** The spec of a documented option, under the option's own name or one of its aliases. */
function specFor(name: string, doc: DocOption, specs: Readonly<Record<string, SpecOption>>) {
  const own = specs[name]
  if (own) return { specName: name, spec: own }
  // apt documents `name`, which its spec calls `package` with the alias `name`.
  const other = Object.entries(specs).find(
    ([specName, spec]) => spec.aliases?.includes(name) || doc.aliases?.includes(specName),
  )
  return other && { specName: other[0], spec: other[1] }
}

/**
 * The choices of a spec where it has any, those of the documentation otherwise. A bool's choices say nothing.
 * In documented order where both agree: some modules (filesystem) hand over a set, in another order each time.
 */
function choicesOf(type: OptionType, doc: DocOption, spec: SpecOption | undefined) {
  if (type === 'bool') return undefined
  const documented = doc.choices ?? []
  const stated = spec?.choices?.filter((choice) => choice !== null) ?? documented
  const agree = stated.length === documented.length && stated.every((choice) => documented.includes(choice))
  const choices = agree
    ? documented
    : stated
        .map((choice) => [String(choice), choice] as const)
        .sort(byName)
        .map(([, choice]) => choice)
  return choices.length > 0 ? choices : undefined
}

interface Merged {
  readonly option: ImportedOption
  /** Every name that Ansible knows it by. */
  readonly names: readonly string[]
}

function mergeOption(name: string, doc: DocOption, level: Level): Merged | undefined {
  const found = level.specs && specFor(name, doc, level.specs)
  if (level.specs && !found && !level.hasAction) return undefined
  const spec = found?.spec
  const decided = level.policy?.types?.[name]
  const type = decided?.type ?? typeOf(doc, spec)
  const elements =
    type === 'list'
      ? (decided?.elements ?? optionType(spec?.elements) ?? optionType(doc.elements))
      : undefined
  const required =
    (spec ? spec.required === true : doc.required === true) || level.policy?.require?.includes(name)
  const choices = choicesOf(type, doc, spec)
  const names = new Set([
    ...(doc.aliases ?? []),
    ...(spec?.aliases ?? []),
    ...(found ? [found.specName] : []),
  ])
  names.delete(name)
  const aliases = [...names].sort()
  const removed = spec?.removed_in_version ?? spec?.removed_at_date
  const inner = suboptions(doc, spec, level)

  const own: OptionSpec = {
    type,
    ...(elements ? { elements } : {}),
    ...(required ? { required } : {}),
    ...(choices ? { choices } : {}),
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(spec?.no_log ? { noLog: true } : {}),
    ...inner?.constraints,
  }
  return {
    names: [name, ...aliases],
    option: {
      name,
      spec: own,
      ...(name === 'mode' && level.policy?.requiresMode === 'always' ? { demanded: true } : {}),
      ...(doc.default !== undefined && doc.default !== null ? { default: doc.default } : {}),
      ...(removed !== undefined && removed !== null ? { removed: String(removed) } : {}),
      ...(inner ? { options: inner.options } : {}),
    },
  }
}

function typeOf(doc: DocOption, spec: SpecOption | undefined): OptionType {
  const documented = optionType(doc.type)
  // A spec without a type means str; a type that is a function of the module's own comes as null.
  if (!spec) return documented ?? 'str'
  return spec.type === undefined ? 'str' : (optionType(spec.type) ?? documented ?? 'raw')
}

function suboptions(doc: DocOption, spec: SpecOption | undefined, level: Level): ImportedOptions | undefined {
  if (!doc.suboptions && !spec?.options) return undefined
  return importOptions({
    docs: doc.suboptions ?? {},
    specs: spec?.options ?? undefined,
    constraints: spec ?? {},
    hasAction: level.hasAction,
    policy: undefined,
  })
}

/**
 * The options of a module, or of one of its options. The argument spec decides; the documentation says which of several
 * names is the public one. What is not documented is not offered.
 */
export function importOptions(level: Level): ImportedOptions {
  const merged = Object.entries(level.docs)
    .filter(([name]) => !level.policy?.omit?.includes(name))
    .sort(byName)
    .flatMap(([name, doc]) => mergeOption(name, doc, level) ?? [])
  const offered = new Map(
    merged.flatMap(({ names, option }) => names.map((name) => [name, option.name] as const)),
  )
  const { constraints, required } = importConstraints(level.constraints, offered)
  const options = merged.map(({ option }) =>
    required.includes(option.name)
      ? { ...option, spec: { ...option.spec, required: true as const } }
      : option,
  )
  return { options, constraints }
}
