import type { BinaryOperator, ExprNode, Literal } from '../dsl/expr.ts'

/** How names of the role's own kind are written: `instances` → `keepalived_instances`. */
export type NameWriter = (node: Extract<ExprNode, { kind: 'name' }>) => string

/** Jinja's precedence, loosest first; what binds looser than its place gets parentheses. */
const LEVEL = {
  choice: 1,
  or: 2,
  and: 3,
  not: 4,
  compare: 5,
  plus: 6,
  concat: 7,
  times: 8,
  test: 9,
  filter: 10,
  atom: 11,
} as const
const OPERATOR_LEVEL: Readonly<Record<BinaryOperator, number>> = {
  or: LEVEL.or,
  and: LEVEL.and,
  '==': LEVEL.compare,
  '!=': LEVEL.compare,
  '<': LEVEL.compare,
  '<=': LEVEL.compare,
  '>': LEVEL.compare,
  '>=': LEVEL.compare,
  in: LEVEL.compare,
  'not in': LEVEL.compare,
  '+': LEVEL.plus,
  '-': LEVEL.plus,
  '~': LEVEL.concat,
  '*': LEVEL.times,
  '/': LEVEL.times,
  '//': LEVEL.times,
  '%': LEVEL.times,
}

/** Where an expression stands: Ansible takes backslashes within braces as they are, and those of bare conditions as Jinja does. */
export type Place = 'bare' | 'braces'

/**
 * A text as strings that hold one kind of quote at most: within braces none can be escaped. A backslash stays with what follows
 * it, since it would keep the string from ending.
 */
function quotedRuns(text: string): readonly string[] {
  const runs: string[] = []
  for (const unit of text.match(/\\.|./gs) ?? ['']) {
    const run = (runs.at(-1) ?? '') + unit
    if (runs.length > 0 && !(run.includes("'") && run.includes('"'))) runs[runs.length - 1] = run
    else runs.push(unit)
  }
  return runs.map((run) => {
    const quote = run.includes("'") ? '"' : "'"
    const last = /\\+$/.exec(run)?.[0].length ?? 0
    return last % 2 === 0 ? `${quote}${run}${quote}` : `${quote}${run}.${quote}[:-1]`
  })
}

const printText = (text: string, place: Place): string => {
  if (place === 'braces') return quotedRuns(text).join(' ~ ')
  return (
    text.includes("'") && !text.includes('"')
      ? `"${text.replaceAll('\\', '\\\\')}"`
      : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  ).replaceAll('\n', '\\n')
}
const printLiteral = (value: Literal, place: Place) =>
  value === null ? 'none' : typeof value === 'string' ? printText(value, place) : String(value)
const levelOfLiteral = (value: Literal, place: Place) =>
  typeof value === 'string' && place === 'braces' && quotedRuns(value).length > 1 ? LEVEL.concat : LEVEL.atom

/** An expression as Jinja, without braces, spaced as ansible-lint's jinja[spacing] wants it. */
export function printJinja(node: ExprNode, write: NameWriter, place: Place = 'bare'): string {
  const print = (n: ExprNode, level: number = LEVEL.choice): string => {
    const [text, own] = printNode(n)
    return own < level ? `(${text})` : text
  }
  const printArgs = (args: readonly ExprNode[], named: readonly (readonly [string, ExprNode])[]) =>
    [...args.map((a) => print(a)), ...named.map(([key, v]) => `${key}=${print(v)}`)].join(', ')
  const printNode = (n: ExprNode): readonly [string, number] => {
    switch (n.kind) {
      case 'name':
        return [n.origin === 'fact' ? `ansible_facts['${n.name}']` : write(n), LEVEL.atom]
      case 'literal':
        return [printLiteral(n.value, place), levelOfLiteral(n.value, place)]
      case 'attribute': {
        const of = print(n.of, LEVEL.atom)
        const plain = typeof n.key === 'string' && /^[A-Za-z_]\w*$/.test(n.key) && !RESERVED.has(n.key)
        return [plain ? `${of}.${n.key}` : `${of}[${printLiteral(n.key, place)}]`, LEVEL.atom]
      }
      case 'index':
        return [`${print(n.of, LEVEL.atom)}[${print(n.index)}]`, LEVEL.atom]
      case 'filter': {
        const args = printArgs(n.args, n.named)
        return [`${print(n.of, LEVEL.filter)} | ${n.filter}${args === '' ? '' : `(${args})`}`, LEVEL.filter]
      }
      case 'test': {
        const args = printArgs(n.args, [])
        return [
          `${print(n.of, LEVEL.filter)} is ${n.negated ? 'not ' : ''}${n.test}${args === '' ? '' : `(${args})`}`,
          LEVEL.test,
        ]
      }
      case 'binary': {
        const own = OPERATOR_LEVEL[n.operator]
        // Comparisons do not chain; the others lean to the left.
        return [
          `${print(n.left, own === LEVEL.compare ? own + 1 : own)} ${n.operator} ${print(n.right, own + 1)}`,
          own,
        ]
      }
      case 'not':
        return [`not ${print(n.of, LEVEL.not + 1)}`, LEVEL.not]
      case 'choice':
        return [
          `${print(n.yes, LEVEL.or)} if ${print(n.condition, LEVEL.or)} else ${print(n.no, LEVEL.or)}`,
          LEVEL.choice,
        ]
      case 'text':
        return n.parts.length === 1 && typeof n.parts[0] !== 'string' && n.parts[0]
          ? printNode(n.parts[0])
          : [
              n.parts
                .map((p) => (typeof p === 'string' ? printText(p, place) : print(p, LEVEL.concat + 1)))
                .join(' ~ '),
              LEVEL.concat,
            ]
      case 'list':
        return [`[${n.items.map((i) => print(i)).join(', ')}]`, LEVEL.atom]
      case 'dict':
        return [
          `{${n.entries.map(([key, v]) => `${printText(key, place)}: ${print(v)}`).join(', ')}}`,
          LEVEL.atom,
        ]
      case 'call':
        return [`${n.function}(${printArgs(n.args, n.named)})`, LEVEL.atom]
    }
  }
  return print(node)
}

/** Attributes that Jinja would find on the dict itself (`x.items`), so that they need brackets. */
const RESERVED = new Set([
  'items',
  'keys',
  'values',
  'get',
  'pop',
  'update',
  'copy',
  'clear',
  'index',
  'count',
  'sort',
  'append',
  'split',
  'strip',
  'format',
])

/** An expression as a value in YAML: text with braces. */
export function printValue(node: ExprNode, write: NameWriter): string {
  if (node.kind !== 'text') return `{{ ${printJinja(node, write, 'braces')} }}`
  return node.parts
    .map((part) => (typeof part === 'string' ? part : `{{ ${printJinja(part, write, 'braces')} }}`))
    .join('')
}

/** A condition as Ansible's `when` takes it: `a and b` as a list of two. */
export function printConditions(node: ExprNode, write: NameWriter): readonly string[] {
  return node.kind === 'binary' && node.operator === 'and'
    ? [...printConditions(node.left, write), ...printConditions(node.right, write)]
    : [printJinja(node, write)]
}

/** Every node of an expression, itself first. */
export function* walkExpr(node: ExprNode): Generator<ExprNode> {
  yield node
  switch (node.kind) {
    case 'attribute':
      yield* walkExpr(node.of)
      return
    case 'index':
      yield* walkExpr(node.of)
      yield* walkExpr(node.index)
      return
    case 'filter':
    case 'test':
      yield* walkExpr(node.of)
      for (const arg of node.args) yield* walkExpr(arg)
      if (node.kind === 'filter') for (const [, arg] of node.named) yield* walkExpr(arg)
      return
    case 'binary':
      yield* walkExpr(node.left)
      yield* walkExpr(node.right)
      return
    case 'not':
      yield* walkExpr(node.of)
      return
    case 'choice':
      yield* walkExpr(node.condition)
      yield* walkExpr(node.yes)
      yield* walkExpr(node.no)
      return
    case 'text':
      for (const part of node.parts) if (typeof part !== 'string') yield* walkExpr(part)
      return
    case 'list':
      for (const item of node.items) yield* walkExpr(item)
      return
    case 'dict':
      for (const [, item] of node.entries) yield* walkExpr(item)
      return
    case 'call':
      for (const arg of node.args) yield* walkExpr(arg)
      for (const [, arg] of node.named) yield* walkExpr(arg)
      return
    case 'name':
    case 'literal':
  }
}
