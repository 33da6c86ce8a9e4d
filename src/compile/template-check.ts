import { subsetOf } from '../dsl/names.ts'
import { nearest } from './nearest.ts'
import type { RoleScope } from './scope.ts'
import { scanTemplate } from './template.ts'

/** Variables that Ansible gives every template. */
const MAGIC = new Set([
  'ansible_managed',
  'ansible_facts',
  'ansible_check_mode',
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'hostvars',
  'playbook_dir',
  'role_path',
  'role_name',
  'template_host',
  'template_path',
])

/** Checks every name in a template against what its role declares, and says whether a secret stands in it. */
export function checkTemplate(
  scope: RoleScope,
  file: string,
  text: string,
  loopVariable: string | undefined,
): { readonly secret: boolean } {
  const { report, role } = scope
  const scan = scanTemplate(text)
  for (const [i, line] of text.split('\n').entries())
    scope.literals.push({ text: line, at: { file, line: i + 1, column: 1 } })
  for (const problem of scan.problems)
    report.error('template-syntax', problem.message, { file, line: problem.line, column: problem.column })
  let secret = false
  for (const { name, path, line, column } of scan.names) {
    const at = { file, line, column }
    if (name === loopVariable || MAGIC.has(name)) {
      if (name === 'ansible_facts') useFact(scope, path[0], at)
      continue
    }
    const known = lookUp(scope, name)
    if (known === undefined) {
      const declared = [...scope.variables.keys()].map((v) => `${role}_${v}`)
      const guess = nearest(name, declared)
      report.error(
        'undeclared-variable',
        `${name} is not a variable of this role.${guess ? ` Did you mean "${guess}"?` : ''}`,
        at,
        `Declared: ${declared.join(', ') || 'none'}. Results, constants and the loop's variable may be used too.`,
      )
      continue
    }
    if (known === 'unregistered')
      report.error(
        'used-before-register',
        `${name} is used in a template before the task that registers it has run.`,
        at,
      )
    else secret ||= known.secret
  }
  return { secret }
}

function useFact(
  scope: RoleScope,
  fact: string | number | undefined,
  at: { readonly file: string; readonly line: number; readonly column: number },
): void {
  const subset = typeof fact === 'string' ? subsetOf(fact) : undefined
  if (subset) scope.factSubsets.add(subset)
  else
    scope.report.error(
      'unknown-fact',
      `ansible_facts['${String(fact)}'] is gathered by no play: the fact is not known to the language.`,
      at,
      'Add it to the facts of src/dsl/names.ts with the subset that gathers it.',
    )
}

function lookUp(scope: RoleScope, name: string): { readonly secret: boolean } | 'unregistered' | undefined {
  const { role } = scope
  if (name.startsWith(`__${role}_`))
    return scope.registered.get(name.slice(role.length + 3)) ?? 'unregistered'
  if (name.startsWith(`_${role}_`)) {
    const constant = name.slice(role.length + 2)
    if (!scope.constants.has(constant)) return undefined
    scope.usedConstants.add(constant)
    return { secret: false }
  }
  if (!name.startsWith(`${role}_`)) return undefined
  const variable = scope.variables.get(name.slice(role.length + 1))
  if (!variable) return undefined
  scope.usedVariables.add(variable.name)
  return variable
}
