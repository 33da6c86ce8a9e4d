import { expr, nodeOf } from '../dsl/expr.ts'
import type { CallSite } from '../dsl/source.ts'
import { type BlockKeywords, HANDLER, neverReason, PROGRAM, type TaskKeywords } from '../dsl/task.ts'
import type { DataMap } from '../emit/data.ts'
import { printConditions, printJinja } from './jinja.ts'
import { nearest } from './nearest.ts'
import { nameWriter, type RoleScope, useExpr } from './scope.ts'
import { compileValue } from './values.ts'

/** `changedWhen` → `changed_when`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)

/** Keyword → Ansible's name, in the order in which a careful author writes them. */
const PLAIN_KEYWORDS: readonly (readonly [string, string])[] = (
  [
    'retries',
    'delay',
    'async',
    'poll',
    'listen',
    'become',
    'becomeUser',
    'becomeMethod',
    'becomeFlags',
    'becomeExe',
    'delegateTo',
    'delegateFacts',
    'runOnce',
    'throttle',
    'timeout',
    'environment',
    'vars',
    'checkMode',
    'diff',
    'noLog',
    'ignoreErrors',
    'ignoreUnreachable',
    'anyErrorsFatal',
    'connection',
    'port',
    'remoteUser',
    'moduleDefaults',
    'collections',
    'debugger',
    'tags',
  ] as const
).map((name) => [name, snakeCase(name)] as const)
const OWN_KEYWORDS = new Set([
  'comment',
  'needs',
  'when',
  'notify',
  'changedWhen',
  'failedWhen',
  'until',
  ...PLAIN_KEYWORDS.map(([name]) => name),
])

/** A task's or a block's keywords but its name and body, and the comment above it. */
export function compileKeywords(
  scope: RoleScope,
  name: string,
  keywords: BlockKeywords | TaskKeywords<never>,
  site: CallSite | undefined,
  register: string | undefined,
): { readonly data: DataMap; readonly comment: readonly string[] } {
  const all = keywords as TaskKeywords<never> & Readonly<Record<string, unknown>> // blocks have fewer of the same
  for (const key of Object.keys(all)) {
    if (OWN_KEYWORDS.has(key)) continue
    const guess = nearest(key, [...OWN_KEYWORDS])
    scope.report.error(
      'unknown-keyword',
      `"${key}" is no keyword of a task.${guess ? ` Did you mean "${guess}"?` : ''}`,
      site,
    )
  }
  const comment = all.comment ? [all.comment] : []
  const verdict = (key: 'changedWhen' | 'failedWhen' | 'until'): DataMap => {
    const given: unknown = all[key]
    if (given === undefined) return {}
    const yaml = snakeCase(key)
    const reason = neverReason(given)
    if (reason !== undefined) {
      if (reason.trim() === '')
        scope.report.error(
          'never-without-reason',
          `"${name}" says never() without a reason.`,
          site,
          'Say why: the reason becomes a comment.',
        )
      comment.push(reason)
      return { [yaml]: false }
    }
    const fixed = nodeOf(given)
    if (fixed?.kind === 'literal' && typeof fixed.value === 'boolean') return { [yaml]: fixed.value }
    if (typeof given === 'function') {
      // Only module tasks take verdicts as functions, and those have a name for their result by now.
      const result = registeredExpr(register ?? '')
      return { [yaml]: conditions(scope, key, given(result), site, register) }
    }
    return { [yaml]: conditions(scope, key, given, site, register) }
  }
  const programs = list(all.needs).map((p) => String(p[PROGRAM]))
  for (const program of programs) scope.usedPrograms.add(program)
  const needed = programs.map((p) => `not ansible_check_mode or __${scope.role}_program_${p}.stat.exists`)
  const when = [
    ...needed,
    ...(all.when === undefined ? [] : [conditions(scope, 'when', all.when, site, undefined)].flat()),
  ]
  const handlers = list(all.notify).map((ref) => {
    const id = typeof ref === 'object' && ref !== null && HANDLER in ref ? String(ref[HANDLER]) : undefined
    const title = id === undefined ? undefined : scope.handlers.get(id)
    if (id === undefined || title === undefined) {
      scope.report.error(
        'unknown-handler',
        `"${name}" notifies ${id === undefined ? JSON.stringify(ref) : `"${id}"`}, which is no handler of this role.`,
        site,
        `Handlers: ${[...scope.handlers.keys()].join(', ') || 'none'}.`,
      )
      return ''
    }
    scope.notified.add(id)
    return title
  })
  const plain = Object.fromEntries(
    PLAIN_KEYWORDS.flatMap(([key, yaml]) =>
      all[key] === undefined ? [] : [[yaml, compileValue(scope, all[key], site)] as const],
    ),
  )
  return {
    data: {
      ...verdict('changedWhen'),
      ...verdict('failedWhen'),
      ...verdict('until'),
      ...(when.length === 0 ? {} : { when: when.length === 1 ? (when[0] ?? '') : when }),
      ...(handlers.length === 0 ? {} : { notify: handlers.length === 1 ? (handlers[0] ?? '') : handlers }),
      ...plain,
    },
    comment,
  }
}

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T]

const registeredExpr = (name: string) => expr<never>({ kind: 'name', name, origin: 'register' }) as never

/** A condition, or several that must all hold, as Jinja without its braces. */
export function conditions(
  scope: RoleScope,
  keyword: string,
  given: unknown,
  site: CallSite | undefined,
  register: string | undefined,
): string | readonly string[] {
  const printed = list(given).flatMap((condition) => {
    const node = nodeOf(condition)
    if (!node) {
      scope.report.error(
        'expected-expression',
        `${keyword} takes an expression that is true or false, not ${JSON.stringify(condition)}.`,
        site,
        'Write it with the expressions at hand, such as vars.enabled or result.rc.eq(0).',
      )
      return []
    }
    const type = node.kind === 'name' || node.kind === 'attribute' ? node.type : undefined
    if (type !== undefined && type !== 'boolean' && type !== 'unknown')
      scope.report.error(
        'not-boolean',
        `${keyword} takes what is true or false, and ${printJinja(node, nameWriter(scope.role))} is a ${type}.`,
        site,
        'Compare it: .eq(…), .gt(0), .isDefined().',
      )
    useExpr(scope, node, site, register)
    return keyword === 'when'
      ? printConditions(node, nameWriter(scope.role))
      : [printJinja(node, nameWriter(scope.role))]
  })
  return printed.length === 1 ? (printed[0] ?? '') : printed
}
