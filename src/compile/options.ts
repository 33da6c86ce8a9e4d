import { nodeOf } from '../dsl/expr.ts'
import type { ModuleSpec, OptionConstraints, OptionSpec } from '../dsl/module-spec.ts'
import type { CallSite } from '../dsl/source.ts'
import { nearest } from './nearest.ts'
import type { Report } from './scope.ts'

/** Checks a call's options against the module's spec: names, required, choices, types of literals, constraints. */
export function checkOptions(
  report: Report,
  spec: ModuleSpec,
  options: Readonly<Record<string, unknown>>,
  site: CallSite | undefined,
): void {
  checkGroup(report, short(spec.fqcn), spec.options, spec, options, site, spec.openOptions)
}

export const short = (fqcn: string) => fqcn.split('.').at(-1) ?? fqcn

function checkGroup(
  report: Report,
  where: string,
  specs: Readonly<Record<string, OptionSpec>>,
  constraints: OptionConstraints,
  options: Readonly<Record<string, unknown>>,
  site: CallSite | undefined,
  open = false,
): void {
  const given = new Set(
    Object.entries(options)
      .filter(([, v]) => v !== undefined)
      .map(([k]) => k),
  )
  const names = Object.keys(specs)
  for (const name of given) {
    const option = specs[name]
    if (option) {
      checkValue(report, `${where}: ${name}`, option, options[name], site)
      continue
    }
    if (open) continue
    const owner = names.find((n) => specs[n]?.aliases?.includes(name))
    const guess = owner ?? nearest(name, names)
    report.error(
      'unknown-option',
      `${where} has no option "${name}".${guess && !owner ? ` Did you mean "${guess}"?` : ''}`,
      site,
      owner ? `"${name}" is an alias; write "${owner}".` : `Options: ${names.join(', ')}.`,
    )
  }
  for (const name of names) {
    if (specs[name]?.required && !given.has(name))
      report.error('missing-option', `${where} needs the option "${name}".`, site)
  }
  checkConstraints(report, where, constraints, options, given, site)
}

function checkConstraints(
  report: Report,
  where: string,
  constraints: OptionConstraints,
  options: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
  site: CallSite | undefined,
): void {
  const quote = (list: readonly string[]) => list.map((n) => `"${n}"`).join(', ')
  const refuse = (message: string) => report.error('option-constraint', `${where}: ${message}`, site)
  for (const group of constraints.mutuallyExclusive ?? []) {
    const both = group.filter((n) => given.has(n))
    if (both.length > 1) refuse(`${quote(both)} exclude each other.`)
  }
  for (const group of constraints.requiredTogether ?? []) {
    const some = group.filter((n) => given.has(n))
    if (some.length > 0 && some.length < group.length)
      refuse(`${quote(group)} are needed together; ${quote(group.filter((n) => !given.has(n)))} is missing.`)
  }
  for (const group of constraints.requiredOneOf ?? []) {
    if (!group.some((n) => given.has(n))) refuse(`one of ${quote(group)} is needed.`)
  }
  for (const { option, value, requires, any } of constraints.requiredIf ?? []) {
    if (options[option] !== value) continue
    const missing = requires.filter((n) => !given.has(n))
    if (any ? missing.length === requires.length : missing.length > 0)
      refuse(
        `with ${option}: ${String(value)}, ${any ? 'one of ' : ''}${quote(any ? requires : missing)} is needed.`,
      )
  }
  for (const [option, needed] of Object.entries(constraints.requiredBy ?? {})) {
    const missing = needed.filter((n) => !given.has(n))
    if (given.has(option) && missing.length > 0) refuse(`"${option}" needs ${quote(missing)} beside it.`)
  }
}

function checkValue(
  report: Report,
  where: string,
  spec: OptionSpec,
  value: unknown,
  site: CallSite | undefined,
): void {
  if (nodeOf(value)) return
  const choices = spec.choices
  const items = spec.type === 'list' && Array.isArray(value) ? value : [value]
  if (choices) {
    for (const item of items) {
      if (nodeOf(item) || choices.includes(item as string | number | boolean)) continue // choices are literals
      const guess = typeof item === 'string' ? nearest(item, choices.map(String)) : undefined
      report.error(
        'invalid-choice',
        `${where} cannot be ${JSON.stringify(item)}.${guess ? ` Did you mean "${guess}"?` : ''}`,
        site,
        `Choices: ${choices.join(', ')}.`,
      )
    }
    return
  }
  const wrong = wrongType(spec, value)
  if (wrong) {
    report.error('option-type', `${where} takes ${wrong}, not ${JSON.stringify(value)}.`, site)
    return
  }
  if (!spec.options) return
  for (const item of items) {
    if (typeof item === 'object' && item !== null && !nodeOf(item))
      checkGroup(report, where, spec.options, spec, item as Readonly<Record<string, unknown>>, site) // a literal record
  }
}

function wrongType(spec: OptionSpec, value: unknown): string | undefined {
  switch (spec.type) {
    case 'str':
    case 'path':
      return typeof value === 'string' || typeof value === 'number' ? undefined : 'text'
    case 'int':
    case 'float':
      return typeof value === 'number' ? undefined : 'a number'
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'list':
      return Array.isArray(value) ? undefined : 'a list'
    case 'dict':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'a record'
    default:
      return undefined
  }
}
