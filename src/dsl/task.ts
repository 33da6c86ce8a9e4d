import { AuthorError, type Expr, type ExprNode, expr, nodeOf } from './expr.ts'
import type { Arg, Value } from './module.ts'
import type { ModuleSpec } from './module-spec.ts'
import { type CallSite, captureCallSite } from './source.ts'

export const TASK = Symbol.for('rolewright.task')
/** An expression for a list may know how to make the expression for one of its items. */
export const ITEM = Symbol.for('rolewright.item')
declare const RESULT: unique symbol

/** One task, block or include, as data. `Result` is what `register` would give. */
export interface Task<Result = unknown> {
  readonly [TASK]: TaskData
  readonly [RESULT]?: Result
}

/** What every registered result has, whichever module it comes from. */
export interface CommonResult {
  readonly changed: boolean
  readonly failed: boolean
  readonly skipped: boolean
  readonly msg: string
}

export type TaskData = ModuleTask | BlockTask | IncludedTasks | VerbatimTask

interface Sited {
  readonly site: CallSite | undefined
}

export interface ModuleTask extends Sited {
  readonly kind: 'module'
  readonly name: string
  readonly spec: ModuleSpec
  readonly options: Readonly<Record<string, unknown>>
  readonly keywords: TaskKeywords<never>
  readonly register?: string
  readonly loop?: Loop
}

export interface BlockTask extends Sited {
  readonly kind: 'block'
  readonly name: string
  readonly tasks: readonly TaskItem[]
  readonly rescue: readonly TaskItem[]
  readonly always: readonly TaskItem[]
  readonly keywords: BlockKeywords
}

/** Tasks in a file of their own (`tasks/<file>.yml`), included once or once per item of a loop. */
export interface IncludedTasks extends Sited {
  readonly kind: 'include'
  readonly name: string
  readonly file: string
  readonly tasks: readonly TaskItem[]
  readonly keywords: BlockKeywords
  readonly loop?: Loop
}

export interface VerbatimTask extends Sited {
  readonly kind: 'verbatim'
  readonly reason: string
  readonly task: Readonly<Record<string, Value>>
}

export interface Loop {
  readonly list: ExprNode | readonly unknown[]
  readonly variable: string
  readonly label: ExprNode | undefined
}

/** A list of tasks may hold nested lists and `undefined`, so that authors can leave tasks out with a condition. */
export type TaskItem = Task | undefined | false | readonly TaskItem[]

const NEVER = Symbol.for('rolewright.never')
/** A result that is fixed to false, with the reason. */
export interface Never {
  readonly [NEVER]: string
}

/** `changed_when: false` (or `failed_when: false`) for a stated reason, which is emitted as a comment above the task. */
export function never(reason: string): Never {
  return { [NEVER]: reason }
}
/** The reason given to `never`, or undefined for anything else. */
export function neverReason(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && NEVER in value ? String(value[NEVER]) : undefined
}

const UNSAFE = Symbol.for('rolewright.unsafe')
/** Text in which `{{` means nothing to Ansible; emitted as `!unsafe`. */
export function literal(text: string): Expr<string> {
  return expr<string>({ kind: 'literal', value: text }, undefined, new Map([[UNSAFE, text]]))
}
/** The text given to `literal`, or undefined for anything else. */
export function literalText(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && UNSAFE in value ? String(value[UNSAFE]) : undefined
}

/** A handler of the role, to be notified. */
export const HANDLER = Symbol.for('rolewright.handler')
export interface HandlerRef {
  readonly [HANDLER]: string
}

/** A program that check mode cannot run before its package is there. Declared by the role under `programs`. */
export const PROGRAM = Symbol.for('rolewright.program')
export interface ProgramRef {
  readonly [PROGRAM]: string
}

export type Condition = Expr<boolean> | readonly Expr<boolean>[]
/** A verdict on the task's own result. */
export type Verdict<Result> = Condition | ((result: Expr<Result & CommonResult>) => Condition)

/** Ansible's keywords for blocks, in camelCase, and three of the language's own: `comment`, `needs` and `unlessCheck`. */
export interface BlockKeywords {
  /** A comment above the task: why it is there. */
  readonly comment?: string
  /** Left out in check mode while one of these programs is not installed, and only then. */
  readonly needs?: ProgramRef | readonly ProgramRef[]
  readonly when?: Condition
  readonly notify?: HandlerRef | readonly HandlerRef[]
  readonly tags?: readonly string[]
  readonly become?: Arg<boolean>
  readonly becomeUser?: Arg<string>
  readonly becomeMethod?: Arg<string>
  readonly becomeFlags?: Arg<string>
  readonly becomeExe?: Arg<string>
  readonly checkMode?: Arg<boolean>
  readonly diff?: Arg<boolean>
  readonly noLog?: Arg<boolean>
  readonly delegateTo?: Arg<string>
  readonly delegateFacts?: Arg<boolean>
  readonly runOnce?: Arg<boolean>
  readonly vars?: Readonly<Record<string, Value>>
  readonly environment?: Readonly<Record<string, Arg<string>>>
  readonly ignoreErrors?: Arg<boolean>
  readonly ignoreUnreachable?: Arg<boolean>
  readonly anyErrorsFatal?: Arg<boolean>
  readonly throttle?: Arg<number>
  readonly timeout?: Arg<number>
  readonly connection?: Arg<string>
  readonly port?: Arg<number>
  readonly remoteUser?: Arg<string>
  readonly moduleDefaults?: Readonly<Record<string, Value>>
  readonly collections?: readonly string[]
  readonly debugger?: 'always' | 'never' | 'on_failed' | 'on_unreachable' | 'on_skipped'
}

/** Ansible's keywords for tasks, in camelCase. `register` is a function, `loop` is `each`. */
export interface TaskKeywords<Result = unknown> extends BlockKeywords {
  readonly changedWhen?: Verdict<Result> | Never
  readonly failedWhen?: Verdict<Result> | Never
  readonly until?: Verdict<Result>
  readonly retries?: Arg<number>
  /** Seconds between retries. */
  readonly delay?: Arg<number>
  /** Seconds that the task may run in the background. */
  readonly async?: Arg<number>
  readonly poll?: Arg<number>
  /** Handlers only: the topics it answers beside its name. */
  readonly listen?: string | readonly string[]
}

/** Several tasks under one condition, with what to do when one fails and what to do in any case. */
export function block(
  name: string,
  tasks: readonly TaskItem[],
  keywords: BlockKeywords & {
    readonly rescue?: readonly TaskItem[]
    readonly always?: readonly TaskItem[]
  } = {},
): Task {
  const { rescue = [], always = [], ...rest } = keywords
  return { [TASK]: { kind: 'block', name, tasks, rescue, always, keywords: rest, site: captureCallSite() } }
}

/** A result that later tasks can ask: the task and, at once, an expression for what it returned. */
export type Registered<Result> = Expr<Result> & Task<Result>

/** Keep a task's result under a name. In the YAML it is `__<role>_<name>`. */
export function register<Result>(name: string, task: Task<Result>): Registered<Result> {
  const data = task[TASK]
  if (data.kind !== 'module')
    throw new AuthorError(
      'register-of-block',
      `Only a task has a result; "${data.kind === 'verbatim' ? name : data.name}" is none.`,
      'Register a task inside of it.',
    )
  const node: ExprNode = { kind: 'name', name, origin: 'register' }
  // The proxy carries the task under its symbol and answers fields as an expression does.
  return expr(
    node,
    undefined,
    new Map<symbol, unknown>([[TASK, { ...data, register: name }]]),
  ) as unknown as Registered<Result>
}

interface EachOptions<Item, Variable extends string> {
  /** Name of the loop variable; `item` unless told. */
  readonly as?: Variable
  /** What Ansible prints per item instead of the whole item. */
  readonly label?: (item: Expr<Item>) => Expr<unknown>
}
/** What a loop registers: each result carries its item under the name of the loop variable. */
export interface LoopResult<Item, Result, Variable extends string = 'item'> extends CommonResult {
  readonly results: readonly (Result & CommonResult & { readonly [K in Variable]: Item })[]
}

function loopOf<Item>(
  list: Arg<readonly Item[]>,
  options: EachOptions<Item, string>,
): { loop: Loop; item: Expr<Item> } {
  const variable = options.as ?? 'item'
  // Expressions for declared variables answer this symbol; literals and other expressions do not.
  const itemOf = (list as { readonly [ITEM]?: (variable: string) => Expr<Item> })[ITEM]
  const item = itemOf?.(variable) ?? expr<Item>({ kind: 'name', name: variable, origin: 'loop' })
  const label = options.label && nodeOf(options.label(item))
  // An Arg of a list is an expression or a plain array, and nothing else.
  return { loop: { list: nodeOf(list) ?? (list as readonly unknown[]), variable, label }, item }
}

/** One task per item of a list: `each(vars.users, {}, (user) => user_module(...))`. */
export function each<Item, Result, const Variable extends string = 'item'>(
  list: Arg<readonly Item[]>,
  options: EachOptions<Item, Variable>,
  body: (item: Expr<Item>) => Task<Result>,
): Task<LoopResult<Item, Result, Variable>> {
  const { loop, item } = loopOf(list, options)
  const data = body(item)[TASK]
  if (data.kind !== 'module')
    throw new AuthorError(
      'loop-over-block',
      'Ansible loops over tasks and includes, never over blocks.',
      'Use includeEach(...) for several tasks per item.',
    )
  return { [TASK]: { ...data, loop } }
}

/** Tasks in a file of their own, `tasks/<file>.yml`. */
export function include(
  name: string,
  file: string,
  tasks: readonly TaskItem[],
  keywords: BlockKeywords = {},
): Task {
  return { [TASK]: { kind: 'include', name, file, tasks, keywords, site: captureCallSite() } }
}

/** Several tasks per item of a list, in a file of their own, `tasks/<file>.yml`. */
export function includeEach<Item>(
  name: string,
  file: string,
  list: Arg<readonly Item[]>,
  options: EachOptions<Item, string> & { readonly as: string; readonly keywords?: BlockKeywords },
  body: (item: Expr<Item>) => readonly TaskItem[],
): Task {
  const { loop, item } = loopOf(list, options)
  return {
    [TASK]: {
      kind: 'include',
      name,
      file,
      tasks: body(item),
      keywords: options.keywords ?? {},
      loop,
      site: captureCallSite(),
    },
  }
}

/** A task as Ansible reads it, unchecked. The reason is kept as a comment. */
export function verbatim(reason: string, task: Readonly<Record<string, Value>>): Task {
  return { [TASK]: { kind: 'verbatim', reason, task, site: captureCallSite() } }
}

/** The tasks of a list in order, nested lists flattened and what was left out dropped. */
export function flattenTasks(items: readonly TaskItem[]): readonly TaskData[] {
  return items.flatMap((item) => {
    if (!item) return []
    return Array.isArray(item) ? flattenTasks(item) : [(item as Task)[TASK]] // what is no list is a task
  })
}
