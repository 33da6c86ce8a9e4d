import { conditionsOf } from './constraints-conditions.ts'
import type { VariableInfo } from './variables.ts'
import { constraintText, typeText } from './variables-constraint.ts'
import type { Declared, Shape } from './variables-shape.ts'

/** An assert of a role's preflight. */
export interface PreflightCheck {
  /** The variable's full name. */
  readonly variable: string
  /** Jinja conditions, in this order: a later one may rely on what an earlier one has refused. */
  readonly that: readonly string[]
  /** What the values have to be. It never holds a value, which may be a secret. */
  readonly message: string
}

/**
 * What `meta/argument_specs.yml` cannot say of a variable and of all inside: ranges, lengths, patterns, formats, and the
 * types of a record's values. At most one check, so that a role's preflight has one task for each variable.
 */
export function preflightChecks(
  variable: Pick<VariableInfo, 'fullName' | 'declared'>,
): readonly PreflightCheck[] {
  const { fullName, declared } = variable
  const that = conditionsOf(fullName, declared)
  if (that.length === 0) return []
  const demands = demandsOf('', declared)
  const message = `${fullName} is not as declared: ${demands.join('; ') || typeText(declared.shape)}.`
  // The message is templated; a pattern in it must not look like an expression.
  return [{ variable: fullName, that, message: message.replaceAll(/\{(?=[{%#])/g, '{ ') }]
}

/** What is demanded of a value and of its fields, each named: `router_id: 1 to 255`. */
function demandsOf(path: string, { shape }: Declared): readonly string[] {
  const own = constraintText(shape)
  const fields = fieldsOf(shape).flatMap(([name, field]) =>
    demandsOf(path === '' ? name : `${path}.${name}`, field),
  )
  return [...(own === '' ? [] : [path === '' ? own : `${path}: ${own}`]), ...fields]
}

/** The fields of a dict or of the innermost dicts in lists and records, which have no name of their own. */
function fieldsOf(shape: Shape): readonly (readonly [string, Declared])[] {
  if (shape.kind === 'list') return fieldsOf(shape.item.shape)
  if (shape.kind === 'record') return fieldsOf(shape.value.shape)
  return shape.kind === 'dict' ? [...shape.fields] : []
}
