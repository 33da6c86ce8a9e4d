import { captureCallSite } from './source.ts'

/** Where a name in an expression comes from, which decides who checks it. */
export type NameOrigin =
  | 'variable'
  | 'constant'
  | 'register'
  | 'fact'
  | 'loop'
  | 'magic'
  | 'inventory'
  | 'foreign'

/** An expression as data: what the compiler prints as Jinja and follows for secrets, facts and registered results. */
export type ExprNode =
  | {
      readonly kind: 'name'
      readonly name: string
      readonly origin: NameOrigin
      readonly secret?: boolean
      readonly type?: ValueType
    }
  | { readonly kind: 'literal'; readonly value: Literal }
  | {
      readonly kind: 'attribute'
      readonly of: ExprNode
      readonly key: string | number
      readonly type?: ValueType
      readonly secret?: boolean
    }
  | { readonly kind: 'index'; readonly of: ExprNode; readonly index: ExprNode }
  | {
      readonly kind: 'filter'
      readonly of: ExprNode
      readonly filter: string
      readonly args: readonly ExprNode[]
      readonly named: readonly (readonly [string, ExprNode])[]
    }
  | {
      readonly kind: 'test'
      readonly of: ExprNode
      readonly test: string
      readonly args: readonly ExprNode[]
      readonly negated: boolean
    }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: ExprNode
      readonly right: ExprNode
    }
  | { readonly kind: 'not'; readonly of: ExprNode }
  | { readonly kind: 'choice'; readonly condition: ExprNode; readonly yes: ExprNode; readonly no: ExprNode }
  | { readonly kind: 'text'; readonly parts: readonly (string | ExprNode)[] }
  | { readonly kind: 'list'; readonly items: readonly ExprNode[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [string, ExprNode])[] }
  | {
      readonly kind: 'call'
      readonly function: string
      readonly args: readonly ExprNode[]
      readonly named: readonly (readonly [string, ExprNode])[]
    }

/** What is known of a value's type when the build runs. */
export type ValueType = 'string' | 'number' | 'boolean' | 'list' | 'dict' | 'unknown'

export type Literal = string | number | boolean | null
export type BinaryOperator =
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'and'
  | 'or'
  | 'in'
  | 'not in'
  | '+'
  | '-'
  | '*'
  | '/'
  | '//'
  | '%'
  | '~'

const NODE = Symbol.for('rolewright.expr')
declare const TYPE: unique symbol

/** What the filters used most often give; others are typed by `pipe<Result>('filter')`. */
interface FilterResults {
  readonly regex_search: string
  readonly regex_replace: string
  readonly regex_escape: string
  readonly join: string
  readonly string: string
  readonly trim: string
  readonly upper: string
  readonly lower: string
  readonly to_json: string
  readonly to_nice_json: string
  readonly to_nice_yaml: string
  readonly b64decode: string
  readonly b64encode: string
  readonly dirname: string
  readonly basename: string
  readonly int: number
  readonly float: number
  readonly length: number
  readonly count: number
  readonly round: number
  readonly bool: boolean
}

/** What every expression offers, whatever its type. Nothing here runs now: each call writes a longer expression. */
export interface ExprMethods<T> {
  readonly [TYPE]: T
  /** `x | filter(args)`. A last argument made by `named({...})` becomes keyword arguments. */
  pipe<F extends keyof FilterResults>(filter: F, ...args: readonly Operand[]): Expr<FilterResults[F]>
  pipe<R = unknown>(filter: string, ...args: readonly Operand[]): Expr<R>
  /** `x is test(args)`. */
  is(test: string, ...args: readonly Operand[]): Expr<boolean>
  isNot(test: string, ...args: readonly Operand[]): Expr<boolean>
  eq(other: Operand): Expr<boolean>
  ne(other: Operand): Expr<boolean>
  lt(other: Operand): Expr<boolean>
  le(other: Operand): Expr<boolean>
  gt(other: Operand): Expr<boolean>
  ge(other: Operand): Expr<boolean>
  /** `x in list`. */
  in(list: Operand): Expr<boolean>
  notIn(list: Operand): Expr<boolean>
  /** `part in x`. */
  contains(part: Operand): Expr<boolean>
  and(other: Expr<boolean>): Expr<boolean>
  or(other: Expr<boolean>): Expr<boolean>
  not(): Expr<boolean>
  isDefined(): Expr<boolean>
  isUndefined(): Expr<boolean>
  /** `x | default(value)`, for what may be undefined. */
  defaultTo(value: Operand): Expr<NonNullable<T>>
  plus(other: Operand): Expr<T>
  minus(other: Operand): Expr<number>
  times(other: Operand): Expr<number>
  dividedBy(other: Operand): Expr<number>
  /** `x is version(other, '>=')`. */
  versionAtLeast(other: Operand): Expr<boolean>
  versionBelow(other: Operand): Expr<boolean>
  /** `x[index]`, or a field whose name is one of these methods'. */
  at<R = ElementOf<T>>(index: Operand): Expr<R>
  /** Of a registered result. */
  isChanged(): Expr<boolean>
  isFailed(): Expr<boolean>
  isSkipped(): Expr<boolean>
  isSucceeded(): Expr<boolean>
}

type ElementOf<T> = T extends readonly (infer U)[]
  ? U
  : T extends Readonly<Record<string, infer V>>
    ? V
    : unknown

type Fields<T> = [T] extends [readonly unknown[]]
  ? unknown
  : [T] extends [string | number | boolean | null | undefined]
    ? unknown
    : [T] extends [object]
      ? {
          readonly [K in keyof T & string as K extends keyof ExprMethods<unknown> ? never : K]-?: Expr<
            NonNullable<T[K]>
          >
        }
      : unknown

/** An expression that Ansible evaluates on the host, of type T there. Opaque: it cannot be put into a string by accident. */
export type Expr<T = unknown> = ExprMethods<T> & Fields<T>

/** What may stand beside an operator: an expression or a literal, or a list or record of them. */
export type Operand =
  | Expr<unknown>
  | Literal
  | readonly Operand[]
  | { readonly [key: string]: Operand }
  | Named

const NAMED = Symbol.for('rolewright.named')
/** Keyword arguments of a filter: `x.pipe('map', named({ attribute: 'address' }))`. */
export interface Named {
  readonly [NAMED]: readonly (readonly [string, ExprNode])[]
}
export function named(args: Readonly<Record<string, Operand>>): Named {
  return { [NAMED]: Object.entries(args).map(([key, value]) => [key, toNode(value)] as const) }
}
const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && NAMED in value

/** An author's mistake that cannot be carried on as data. The loader turns it into a finding at the place of the call. */
export class AuthorError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly site = captureCallSite()

  constructor(code: string, message: string, hint?: string) {
    super(message)
    this.name = 'AuthorError'
    this.code = code
    this.hint = hint
  }
}

/** The node behind an expression, or undefined for anything else. */
export function nodeOf(value: unknown): ExprNode | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  // The proxy answers this one symbol with its node.
  return (value as { readonly [NODE]?: ExprNode })[NODE]
}

/** The node of an operand; literals, lists and records of operands become nodes of their own. */
export function toNode(value: unknown): ExprNode {
  const node = nodeOf(value)
  if (node) return node
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'literal', value }
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toNode) }
  if (typeof value === 'object')
    return { kind: 'dict', entries: Object.entries(value).map(([key, v]) => [key, toNode(v)] as const) }
  throw new AuthorError(
    'not-an-operand',
    `A value of type ${typeof value} cannot stand in an expression.`,
    'Use a literal, a list, a record or an expression.',
  )
}

const refuseText = (): never => {
  throw new AuthorError(
    'expression-as-text',
    'An expression was put into a string, where Ansible would never evaluate it.',
    'Write j`...${expression}...` instead of `...${expression}...`.',
  )
}

const binary = (operator: BinaryOperator) => (left: ExprNode) => (right: unknown) =>
  expr({ kind: 'binary', operator, left, right: toNode(right) })
const filterArgs = (args: readonly unknown[]) => ({
  args: args.filter((a) => !isNamed(a)).map(toNode),
  named: args.filter(isNamed).flatMap((a) => a[NAMED]),
})
const test = (of: ExprNode, name: string, args: readonly unknown[], negated = false) =>
  expr<boolean>({ kind: 'test', of, test: name, args: args.map(toNode), negated })

const METHODS: Readonly<Record<string, (node: ExprNode) => (...args: unknown[]) => unknown>> = {
  pipe:
    (of) =>
    (filter, ...args) =>
      expr({ kind: 'filter', of, filter: String(filter), ...filterArgs(args) }),
  is:
    (of) =>
    (name, ...args) =>
      test(of, String(name), args),
  isNot:
    (of) =>
    (name, ...args) =>
      test(of, String(name), args, true),
  eq: binary('=='),
  ne: binary('!='),
  lt: binary('<'),
  le: binary('<='),
  gt: binary('>'),
  ge: binary('>='),
  in: binary('in'),
  notIn: binary('not in'),
  contains: (of) => (part) => expr({ kind: 'binary', operator: 'in', left: toNode(part), right: of }),
  and: binary('and'),
  or: binary('or'),
  not: (of) => () => expr({ kind: 'not', of }),
  isDefined: (of) => () => test(of, 'defined', []),
  isUndefined: (of) => () => test(of, 'defined', [], true),
  defaultTo: (of) => (value) =>
    expr({ kind: 'filter', of, filter: 'default', args: [toNode(value)], named: [] }),
  plus: binary('+'),
  minus: binary('-'),
  times: binary('*'),
  dividedBy: binary('/'),
  versionAtLeast: (of) => (other) => test(of, 'version', [other, '>=']),
  versionBelow: (of) => (other) => test(of, 'version', [other, '<']),
  at: (of) => (index) => {
    const key = toNode(index)
    return expr(
      key.kind === 'literal' && (typeof key.value === 'string' || typeof key.value === 'number')
        ? { kind: 'attribute', of, key: key.value }
        : { kind: 'index', of, index: key },
    )
  },
  isChanged: (of) => () => test(of, 'changed', []),
  isFailed: (of) => () => test(of, 'failed', []),
  isSkipped: (of) => () => test(of, 'skipped', []),
  isSucceeded: (of) => () => test(of, 'succeeded', []),
}

/**
 * An expression over a node. `field` says what is known of the node's fields (type, secret, or that there is none
 * such); without it every field is taken as it comes. `extra` answers further symbols (a registered result carries its task).
 */
export function expr<T>(
  node: ExprNode,
  field?: (key: string) => ExprNode,
  extra?: ReadonlyMap<symbol, unknown>,
): Expr<T> {
  const handler: ProxyHandler<object> = {
    get(_target, key) {
      if (key === NODE) return node
      if (typeof key === 'symbol') return key === Symbol.toPrimitive ? refuseText : extra?.get(key)
      if (key === 'toString' || key === 'toJSON' || key === 'valueOf') return refuseText
      // Nothing awaits an expression, and a `then` would make it a promise.
      if (key === 'then') return undefined
      const method = METHODS[key]
      if (method) return method(node)
      return expr(field ? field(key) : { kind: 'attribute', of: node, key })
    },
    has: (_target, key) => key === NODE || (typeof key === 'symbol' && (extra?.has(key) ?? false)),
    set() {
      throw new AuthorError(
        'expression-changed',
        'An expression cannot be assigned to.',
        'Use set_fact, or a new expression.',
      )
    },
  }
  // The proxy answers every field that Expr<T> promises; the compiler cannot know that.
  return new Proxy({}, handler) as Expr<T>
}

/** Text with expressions in it: j`/etc/${vars.name}.conf` becomes "/etc/{{ role_name }}.conf". */
export function j(
  strings: TemplateStringsArray,
  ...values: readonly (Expr<unknown> | string | number)[]
): Expr<string> {
  const parts: (string | ExprNode)[] = []
  strings.forEach((text, i) => {
    if (text !== '') parts.push(text)
    const value = values[i]
    if (i < values.length)
      parts.push(typeof value === 'string' || typeof value === 'number' ? String(value) : toNode(value))
  })
  return expr({ kind: 'text', parts })
}

/** `yes if condition else no`. */
export function choose<T>(condition: Expr<boolean>, yes: Operand | Expr<T>, no: Operand | Expr<T>): Expr<T> {
  return expr({ kind: 'choice', condition: toNode(condition), yes: toNode(yes), no: toNode(no) })
}

/** `lookup('plugin', ...)`, evaluated on the control machine. */
export function lookup<T = string>(plugin: string, ...args: readonly Operand[]): Expr<T> {
  return expr({
    kind: 'call',
    function: 'lookup',
    args: [toNode(plugin), ...args.filter((a) => !isNamed(a)).map(toNode)],
    named: args.filter(isNamed).flatMap((a) => a[NAMED]),
  })
}

/** A list, a record or a literal as an expression, so that filters can follow: `value([...]).pipe('join', ',')`. */
export function value<T>(literal: Operand): Expr<T> {
  return expr(toNode(literal))
}

/** True when all hold, true when none is given. */
export function all(...conditions: readonly Expr<boolean>[]): Expr<boolean> {
  const [first, ...rest] = conditions
  if (!first) return expr({ kind: 'literal', value: true })
  return rest.reduce((left, right) => left.and(right), first)
}
