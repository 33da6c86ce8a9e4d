import { nodeOf } from '../dsl/expr.ts'
import type { CallSite } from '../dsl/source.ts'
import { literalText } from '../dsl/task.ts'
import { type Data, type DataMap, Unsafe } from '../emit/data.ts'
import { printValue } from './jinja.ts'
import { nameWriter, type RoleScope, useExpr } from './scope.ts'

export function compileOptions(
  scope: RoleScope,
  options: Readonly<Record<string, unknown>>,
  site: CallSite | undefined,
): DataMap {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, v]) => v !== undefined)
      .map(([key, v]) => [key, compileValue(scope, v, site)]),
  )
}

/** A value of an author's as Ansible's data: expressions printed, literals checked for stray Jinja. */
export function compileValue(scope: RoleScope, value: unknown, site: CallSite | undefined): Data {
  const unsafe = literalText(value)
  if (unsafe !== undefined) return new Unsafe(unsafe)
  const node = nodeOf(value)
  if (node) {
    useExpr(scope, node, site)
    return node.kind === 'literal' ? node.value : printValue(node, nameWriter(scope.role))
  }
  if (typeof value === 'string') {
    if (/\{\{|\{%/.test(value))
      scope.report.error(
        'jinja-in-string',
        `Plain text holds Jinja: ${JSON.stringify(value)}.`,
        site,
        'Write j`…${expression}…` for an expression, or literal("…") for text that is meant so.',
      )
    scope.literals.push({ text: value, at: site })
    return value
  }
  if (Array.isArray(value)) return value.map((v) => compileValue(scope, v, site))
  if (typeof value === 'object' && value !== null)
    return compileOptions(scope, value as Readonly<Record<string, unknown>>, site) // plain data of the author's
  return value as Data // numbers, booleans and null
}

export function useExprValue(scope: RoleScope, list: unknown, site: CallSite | undefined): void {
  if (Array.isArray(list)) for (const v of list) compileValue(scope, v, site)
  else useExpr(scope, list as never, site) // a loop's list is a node or an array
}
