import { boundsOf, type VariableInfo } from './variables.ts'

/** An assert of a role's preflight: conditions in Jinja and what to say when one does not hold. */
export interface PreflightCheck {
  readonly variable: string
  readonly that: readonly string[]
  readonly message: string
}

/** What `meta/argument_specs.yml` cannot say of a variable: ranges, lengths and formats, of its fields too. */
export function preflightChecks(variable: VariableInfo): readonly PreflightCheck[] {
  const conditions = [...ownConditions(variable), ...(variable.ansibleType === 'list' || variable.ansibleType === 'dict' ? variable.fields.flatMap((f) => fieldConditions(variable, f)) : [])]
  if (conditions.length === 0) return []
  const limits = [...(variable.constraint ? [variable.constraint] : []), ...variable.fields.filter((f) => f.constraint).map((f) => `${f.name}: ${f.constraint}`)]
  return [{ variable: variable.fullName, that: conditions, message: `${variable.fullName} is out of bounds${limits.length > 0 ? ` (${limits.join('; ')})` : ''}.` }]
}

const quote = (pattern: string) => `'${pattern.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function ownConditions(variable: VariableInfo): readonly string[] {
  const { min, max, minLength, pattern } = boundsOf(variable.schema)
  const name = variable.fullName
  const guard = variable.required || variable.default !== undefined ? '' : `${name} is not defined or `
  return [
    ...(min !== undefined ? [`${guard}${name} | float >= ${min}`] : []),
    ...(max !== undefined ? [`${guard}${name} | float <= ${max}`] : []),
    ...(minLength ? [`${guard}${name} | length >= ${minLength}`] : []),
    ...(pattern !== undefined ? [`${guard}${name} is match(${quote(pattern)})`] : []),
  ]
}

/** Fields one level down: of a record itself, or of every item of a list. */
function fieldConditions(owner: VariableInfo, field: VariableInfo): readonly string[] {
  const { min, max, pattern } = boundsOf(field.schema)
  const list = owner.ansibleType === 'list' ? owner.fullName : `[${owner.fullName}]`
  const values = `${list} | selectattr('${field.name}', 'defined') | map(attribute='${field.name}')`
  return [
    ...(min !== undefined ? [`${values} | select('lt', ${min}) | length == 0`] : []),
    ...(max !== undefined ? [`${values} | select('gt', ${max}) | length == 0`] : []),
    ...(pattern !== undefined && field.ansibleType === 'str' ? [`${values} | reject('match', ${quote(pattern)}) | length == 0`] : []),
  ]
}
