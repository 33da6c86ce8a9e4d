import type { z } from 'zod'
import { type Expr, type ExprNode, expr, nodeOf } from '../dsl/expr.ts'
import { subsetOf } from '../dsl/names.ts'
import { type CallSite, captureCallSite } from '../dsl/source.ts'
import { ITEM } from '../dsl/task.ts'
import type { Finding, SourceLocation } from '../finding.ts'
import type { Cause } from '../topology/place.ts'
import { type NameWriter, walkExpr } from './jinja.ts'
import { fieldInfo, itemInfo, type VariableInfo } from './variables.ts'

/** From a call site in the loaded bundle to the author's file. */
export type Locate = (site: CallSite | undefined) => SourceLocation | undefined

/** Where a finding is: a call in the bundle, keys in the arguments of such a call, or a place in a file. */
export type At = CallSite | Cause | SourceLocation | undefined

/** Collects findings of one compilation. */
export class Report {
  readonly findings: Finding[] = []
  readonly #locate: Locate

  constructor(locate: Locate) {
    this.#locate = locate
  }

  /** Whether something was found that nothing may be written with. */
  get failed(): boolean {
    return this.findings.some(({ severity }) => severity === 'error')
  }

  error(code: string, message: string, at: At, hint?: string, subject?: string): void {
    this.#add('error', code, message, at, hint, subject)
  }

  /** What is written all the same, and a person should know. */
  warning(code: string, message: string, at: At, hint?: string, subject?: string): void {
    this.#add('warning', code, message, at, hint, subject)
  }

  #add(
    severity: Finding['severity'],
    code: string,
    message: string,
    at: At,
    hint: string | undefined,
    subject: string | undefined,
  ): void {
    const { site, keys } = at && 'keys' in at ? at : { site: at, keys: [] }
    // A site of the bundle is located when it is reported; any other is a place in a file already.
    const location = site?.file.startsWith('rolewright:')
      ? this.#locate(site)
      : (site as SourceLocation | undefined)
    this.findings.push({
      code,
      severity,
      message,
      ...(subject ? { subject } : {}),
      ...(hint ? { hint } : {}),
      ...(location ? { location } : {}),
      ...(location && keys.length > 0 ? { keys } : {}),
    })
  }
}

/** What is known while one role is compiled. */
export interface RoleScope {
  readonly role: string
  readonly report: Report
  readonly variables: ReadonlyMap<string, VariableInfo & { readonly schema: z.ZodType }>
  /** Constant → its value as a node; filled before the phases run. */
  readonly constants: Map<string, ExprNode>
  /** Program → path. */
  readonly programs: ReadonlyMap<string, string>
  /** Handler → the name it is notified by. */
  readonly handlers: Map<string, string>
  readonly usedVariables: Set<string>
  readonly usedConstants: Set<string>
  readonly usedPrograms: Set<string>
  readonly notified: Set<string>
  /** Files of the role that expressions read, by path below `files/`. */
  readonly readFiles: Set<string>
  /** Subsets of `setup` that a play with this role has to gather. */
  readonly factSubsets: Set<string>
  /** Registered so far; a secret one came from a task that a secret flowed into. */
  readonly registered: Map<string, { readonly secret: boolean }>
  /** Text of the author's own, to be searched for what belongs to a deployment. */
  readonly literals: { readonly text: string; readonly at: CallSite | SourceLocation | undefined }[]
}

/** Ansible's name of a name in the role. */
export const nameWriter =
  (role: string): NameWriter =>
  (node) => {
    if (node.origin === 'variable') return `${role}_${node.name}`
    if (node.origin === 'constant') return `_${role}_${node.name}`
    if (node.origin === 'register') return `__${role}_${node.name}`
    return node.name
  }

/** A variable or a field of one as an expression that knows its fields. */
export function typedExpr<T>(scope: RoleScope, node: ExprNode, schema: z.ZodType | undefined): Expr<T> {
  const field = (key: string): ExprNode => {
    const info = schema && fieldInfo(schema, key)
    if (schema && !info) {
      scope.report.error(
        'unknown-field',
        `${nodeText(scope, node)} has no field "${key}".`,
        captureCallSite(),
        'Declare it in the schema of the variable.',
      )
    }
    return { kind: 'attribute', of: node, key, ...(info ? { type: info.type, secret: info.secret } : {}) }
  }
  const item = (variable: string) => {
    const info = schema && itemInfo(schema)
    return typedExpr(
      scope,
      { kind: 'name', name: variable, origin: 'loop', ...(info ? { type: info.type } : {}) },
      info?.schema,
    )
  }
  return nestedExpr(scope, node, schema, field, new Map<symbol, unknown>([[ITEM, item]]))
}

/** As `expr`, with fields that know their own fields. */
function nestedExpr<T>(
  scope: RoleScope,
  node: ExprNode,
  schema: z.ZodType | undefined,
  field: (key: string) => ExprNode,
  extra: ReadonlyMap<symbol, unknown>,
): Expr<T> {
  const base = expr<T>(node, field, extra)
  if (!schema) return base
  return new Proxy(base, {
    get(target, key, receiver) {
      const answer: unknown = Reflect.get(target, key, receiver)
      if (typeof key !== 'string' || typeof answer === 'function' || answer === undefined) return answer
      const inner = fieldInfo(schema, key)
      const innerNode = nodeOf(answer)
      return inner && innerNode ? typedExpr(scope, innerNode, inner.schema) : answer
    },
  })
}

const nodeText = (scope: RoleScope, node: ExprNode): string =>
  node.kind === 'name'
    ? nameWriter(scope.role)(node)
    : node.kind === 'attribute'
      ? `${nodeText(scope, node.of)}.${node.key}`
      : 'The expression'

/** Notes what an expression uses, and reports what it may not use yet. */
export function useExpr(
  scope: RoleScope,
  node: ExprNode,
  site: CallSite | undefined,
  loopVariable?: string,
): void {
  for (const n of walkExpr(node)) {
    if (n.kind === 'literal' && typeof n.value === 'string') scope.literals.push({ text: n.value, at: site })
    if (n.kind === 'text')
      for (const part of n.parts) if (typeof part === 'string') scope.literals.push({ text: part, at: site })
    if (n.kind === 'call') for (const file of filesRead(n)) scope.readFiles.add(file)
    if (n.kind !== 'name') continue
    if (n.origin === 'variable') scope.usedVariables.add(n.name)
    if (n.origin === 'constant') scope.usedConstants.add(n.name)
    if (n.origin === 'fact') {
      const subset = subsetOf(n.name)
      if (subset) scope.factSubsets.add(subset)
    }
    if (n.origin === 'register' && !scope.registered.has(n.name) && n.name !== loopVariable)
      scope.report.error(
        'used-before-register',
        `The result "${n.name}" is used before the task that registers it has run.`,
        site,
        'Put the task that registers it earlier, in the same phase or in preflight.',
      )
  }
}

/** Files that `lookup('ansible.builtin.file', …)` names outright. */
function filesRead({ args: [plugin, ...files] }: Extract<ExprNode, { kind: 'call' }>): readonly string[] {
  if (plugin?.kind !== 'literal' || plugin.value !== 'ansible.builtin.file') return []
  return files.flatMap((file) =>
    file.kind === 'literal' && typeof file.value === 'string' ? [file.value] : [],
  )
}

/** Whether a secret is part of what an expression gives. */
export function carriesSecret(scope: RoleScope, node: ExprNode): boolean {
  if (node.kind === 'attribute') {
    // A field that is known not to be secret is not made secret by the record it is taken from.
    if (node.secret !== undefined) return node.secret
    return carriesSecret(scope, node.of)
  }
  if (node.kind === 'name') {
    if (node.origin === 'variable') return scope.variables.get(node.name)?.secret ?? false
    if (node.origin === 'constant') {
      const constant = scope.constants.get(node.name)
      return constant ? carriesSecret(scope, constant) : false
    }
    if (node.origin === 'register') return scope.registered.get(node.name)?.secret ?? false
    return node.secret ?? false
  }
  // A test tells one bit, and the length of a list is no secret.
  if (
    node.kind === 'test' ||
    (node.kind === 'filter' && (node.filter === 'length' || node.filter === 'count'))
  )
    return false
  if (node.kind === 'binary' && !['+', '~'].includes(node.operator)) return false
  return children(node).some((child) => carriesSecret(scope, child))
}

function children(node: ExprNode): readonly ExprNode[] {
  switch (node.kind) {
    case 'filter':
      return [node.of, ...node.args, ...node.named.map(([, n]) => n)]
    case 'binary':
      return [node.left, node.right]
    case 'choice':
      return [node.yes, node.no]
    case 'text':
      return node.parts.filter((p) => typeof p !== 'string')
    case 'list':
      return node.items
    case 'dict':
      return node.entries.map(([, n]) => n)
    case 'call':
      return [...node.args, ...node.named.map(([, n]) => n)]
    case 'index':
      return [node.of]
    default:
      return []
  }
}

/** Whether a value of an option, with expressions at any depth, carries a secret. */
export function valueCarriesSecret(scope: RoleScope, value: unknown): boolean {
  const node = nodeOf(value)
  if (node) return carriesSecret(scope, node)
  if (Array.isArray(value)) return value.some((v) => valueCarriesSecret(scope, v))
  return typeof value === 'object' && value !== null
    ? Object.values(value).some((v) => valueCarriesSecret(scope, v))
    : false
}
