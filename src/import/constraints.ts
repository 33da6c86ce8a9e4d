import type { OptionConstraints } from '../dsl/module-spec.ts'
import type { SpecConstraints } from './ansible.ts'

/** Constraints of one level of options, and the options that they turned out to demand without a condition. */
export interface ImportedConstraints {
  readonly constraints: OptionConstraints
  readonly required: readonly string[]
}

const list = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [value] : value

/**
 * Constraints as the argument spec has them, in the names that authors use.
 * `offered` gives an option's offered name for each of its names; what has none (free-form text) leaves the constraint.
 */
export function importConstraints(
  spec: SpecConstraints,
  offered: ReadonlyMap<string, string>,
): ImportedConstraints {
  const rename = (names: readonly string[]) => [...new Set(names.flatMap((name) => offered.get(name) ?? []))]
  const pairs = (groups: readonly (readonly string[])[] | null | undefined) =>
    (groups ?? []).map(rename).filter((group) => group.length > 1)

  const mutuallyExclusive = pairs(spec.mutually_exclusive)
  const requiredTogether = pairs(spec.required_together)
  const oneOf = (spec.required_one_of ?? []).map(rename)
  const requiredOneOf = oneOf.filter((group) => group.length > 1)
  const requiredIf = (spec.required_if ?? []).flatMap(([name, value, requires, any]) => {
    const option = offered.get(name)
    const needed = rename(list(requires))
    if (option === undefined || value === null || needed.length === 0) return []
    return [{ option, value, requires: needed, ...(any && needed.length > 1 ? { any: true as const } : {}) }]
  })
  const requiredBy = Object.fromEntries(
    Object.entries(spec.required_by ?? {}).flatMap(([name, requires]) => {
      const option = offered.get(name)
      const needed = rename(list(requires))
      return option === undefined || needed.length === 0 ? [] : [[option, needed] as const]
    }),
  )
  return {
    constraints: {
      ...(mutuallyExclusive.length > 0 ? { mutuallyExclusive } : {}),
      ...(requiredTogether.length > 0 ? { requiredTogether } : {}),
      ...(requiredOneOf.length > 0 ? { requiredOneOf } : {}),
      ...(requiredIf.length > 0 ? { requiredIf } : {}),
      ...(Object.keys(requiredBy).length > 0 ? { requiredBy } : {}),
    },
    // "One of free-form text and cmd" is "cmd" once free-form text is not offered.
    required: oneOf.flatMap((group) => (group.length === 1 ? group : [])),
  }
}

/** Both constraints at once: what the argument spec states and what a policy adds. */
export function addConstraints(spec: OptionConstraints, added: OptionConstraints = {}): OptionConstraints {
  const both = <T>(a: readonly T[] = [], b: readonly T[] = []) => [...a, ...b]
  const requiredIf = both(spec.requiredIf, added.requiredIf)
  const mutuallyExclusive = both(spec.mutuallyExclusive, added.mutuallyExclusive)
  const requiredTogether = both(spec.requiredTogether, added.requiredTogether)
  const requiredOneOf = both(spec.requiredOneOf, added.requiredOneOf)
  const requiredBy = { ...spec.requiredBy, ...added.requiredBy }
  return {
    ...(mutuallyExclusive.length > 0 ? { mutuallyExclusive } : {}),
    ...(requiredTogether.length > 0 ? { requiredTogether } : {}),
    ...(requiredOneOf.length > 0 ? { requiredOneOf } : {}),
    ...(requiredIf.length > 0 ? { requiredIf } : {}),
    ...(Object.keys(requiredBy).length > 0 ? { requiredBy } : {}),
  }
}
