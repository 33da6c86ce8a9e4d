import { expr, nodeOf } from '../dsl/expr.ts'
import type { CallSite } from '../dsl/source.ts'
import {
  type BlockKeywords,
  flattenTasks,
  HANDLER,
  literalText,
  neverReason,
  PROGRAM,
  type TaskData,
  type TaskItem,
  type TaskKeywords,
} from '../dsl/task.ts'
import { COMMENT, type Data, type DataMap, Unsafe } from '../emit/data.ts'
import { printConditions, printJinja, printValue } from './jinja.ts'
import { nearest } from './nearest.ts'
import { checkOptions, short } from './options.ts'
import { nameWriter, type RoleScope, useExpr, valueCarriesSecret } from './scope.ts'

/** A compiled task: Ansible's data with its comment, and where its author wrote it. */
export interface CompiledTask {
  readonly data: DataMap
  readonly site: CallSite | undefined
  /** Tasks inside of a block, in the order block, rescue, always. */
  readonly inner: readonly CompiledTask[]
}

/** A file of tasks that is included from another. */
export interface IncludedFile {
  readonly file: string
  readonly tasks: readonly CompiledTask[]
}

/** What one file of tasks is compiled with. */
export interface TaskContext {
  readonly scope: RoleScope
  /** Put before each task's name: `Configure | `. */
  readonly prefix: string
  /** Tags that an included file's tasks get. */
  readonly tags: readonly string[]
  readonly names: Map<string, CallSite | undefined>
  readonly includes: IncludedFile[]
  /** A file of the role's that a task puts on the host. */
  readonly useFile: (
    kind: 'template' | 'copy',
    src: string,
    task: Extract<TaskData, { kind: 'module' }>,
    loopVariable: string | undefined,
  ) => { readonly secret: boolean }
}

const commented = (comment: readonly string[]): DataMap => (comment.length > 0 ? { [COMMENT]: comment } : {})

/** Modules that write a file whose content is theirs to tell. */
const WRITES_CONTENT = new Set(['template', 'copy', 'blockinfile', 'lineinfile', 'ini_file', 'assemble'])

export function compileTasks(context: TaskContext, items: readonly TaskItem[]): readonly CompiledTask[] {
  return flattenTasks(items).map((task) => compileTask(context, task))
}

function compileTask(context: TaskContext, task: TaskData): CompiledTask {
  switch (task.kind) {
    case 'module':
      return compileModule(context, task)
    case 'verbatim':
      return compileVerbatim(context, task)
    case 'block': {
      const inner = {
        block: compileTasks(context, task.tasks),
        rescue: compileTasks(context, task.rescue),
        always: compileTasks(context, task.always),
      }
      const section = (key: 'block' | 'rescue' | 'always'): DataMap =>
        inner[key].length > 0 ? { [key]: inner[key].map((t) => t.data) } : {}
      const { data, comment } = compileKeywords(context, task.name, task.keywords, task.site, undefined)
      return {
        data: {
          name: taskName(context, task.name, task.site),
          ...data,
          ...section('block'),
          ...section('rescue'),
          ...section('always'),
          ...commented(comment),
        },
        site: task.site,
        inner: [...inner.block, ...inner.rescue, ...inner.always],
      }
    }
    case 'include': {
      const inner: TaskContext = { ...context, prefix: prefixOf(task.file) }
      if (task.loop) useExprValue(context.scope, task.loop.list, task.site)
      context.includes.push({ file: task.file, tasks: compileTasks(inner, task.tasks) })
      const { data, comment } = compileKeywords(context, task.name, task.keywords, task.site, undefined)
      return {
        data: {
          name: taskName(context, task.name, task.site),
          'ansible.builtin.include_tasks':
            context.tags.length > 0
              ? { file: `${task.file}.yml`, apply: { tags: [...context.tags] } }
              : `${task.file}.yml`,
          ...(task.loop ? loopData(context.scope, task.loop) : {}),
          ...data,
          ...commented(comment),
        },
        site: task.site,
        inner: [],
      }
    }
  }
}

export const prefixOf = (file: string) =>
  `${file.charAt(0).toUpperCase()}${file.slice(1).replaceAll('_', ' ')} | `

function taskName(context: TaskContext, name: string, site: CallSite | undefined): string {
  const { report } = context.scope
  if (!/^[A-Z]/.test(name) || name.includes('{{'))
    report.error(
      'task-name',
      `"${name}" is no name for a task.`,
      site,
      'Begin with a capital letter and a verb, and use no Jinja.',
    )
  const full = `${context.prefix}${name}`
  if (context.names.has(full))
    report.error(
      'duplicate-task-name',
      `Two tasks of the role are called "${name}".`,
      site,
      'Say what each does: the name is all that a reader of the run sees.',
    )
  context.names.set(full, site)
  return full
}

function compileModule(context: TaskContext, task: Extract<TaskData, { kind: 'module' }>): CompiledTask {
  const { scope } = context
  const { spec, options, site } = task
  const module = short(spec.fqcn)
  checkOptions(scope.report, spec, options, site)
  if (
    spec.requiresMode &&
    options['mode'] === undefined &&
    !(
      module === 'file' &&
      ['absent', 'link', 'hard', undefined].includes(options['state'] as string | undefined)
    )
  )
    // state is a choice or an expression
    scope.report.error(
      'missing-mode',
      `${module} makes a file and says no mode.`,
      site,
      'Give `mode`, such as 0644, or 0640 with an owner and a group.',
    )
  if (spec.requiresChangedWhen && task.keywords.changedWhen === undefined)
    scope.report.error(
      'missing-changed-when',
      `${module} cannot know whether it changed anything.`,
      site,
      'Give `changedWhen`: an expression on the result, or never(reason).',
    )
  if (task.loop) useExprValue(scope, task.loop.list, site)

  const file =
    (module === 'template' || module === 'copy') && typeof options['src'] === 'string'
      ? context.useFile(module, options['src'], task, task.loop?.variable)
      : { secret: false }
  const secret =
    file.secret ||
    valueCarriesSecret(scope, options) ||
    valueCarriesSecret(scope, task.keywords.environment) ||
    valueCarriesSecret(scope, task.keywords.vars) ||
    (task.loop
      ? valueCarriesSecret(scope, task.loop.list) ||
        (!Array.isArray(task.loop.list) && nodeSecret(scope, task.loop.list))
      : false)
  if (secret && task.keywords.noLog === false)
    scope.report.error(
      'secret-without-no-log',
      `A secret flows into "${task.name}", and noLog: false prints it.`,
      site,
      'Leave noLog out: the compiler sets it.',
    )
  if (secret && WRITES_CONTENT.has(module)) checkSecretMode(context, task)

  // A result that nobody but the task itself asks needs no name of the author's.
  const judged = (['changedWhen', 'failedWhen', 'until'] as const).some(
    (key) => typeof task.keywords[key] === 'function',
  )
  const result = task.register ?? (judged ? OWN_RESULT : undefined)
  const { data, comment } = compileKeywords(context, task.name, task.keywords, site, result)
  if (task.register !== undefined) {
    if (!/^[a-z][a-z0-9_]*$/.test(task.register))
      scope.report.error(
        'register-name',
        `"${task.register}" is no name for a result.`,
        site,
        'Lower case letters, digits and underscores, beginning with a letter.',
      )
    scope.registered.set(task.register, { secret })
  }
  const body = { ...compileOptions(scope, options, site), ...bareOptions(scope, spec.fqcn, options, site) }
  return {
    data: {
      name: taskName(context, task.name, site),
      [spec.fqcn]:
        spec.freeForm && Object.keys(body).length === 1 && body[spec.freeForm] !== undefined
          ? (body[spec.freeForm] ?? '')
          : body,
      ...(task.loop ? loopData(scope, task.loop) : {}),
      ...(result === undefined ? {} : { register: `__${scope.role}_${result}` }),
      ...data,
      ...(secret ? { no_log: true } : {}),
      ...commented(comment),
    },
    site,
    inner: [],
  }
}

/** Name of a result that only its own task judges. */
const OWN_RESULT = 'result'

/** Options that Ansible evaluates by itself: expressions stand there without braces. */
function bareOptions(
  scope: RoleScope,
  fqcn: string,
  options: Readonly<Record<string, unknown>>,
  site: CallSite | undefined,
): DataMap {
  if (fqcn === 'ansible.builtin.assert' && options['that'] !== undefined) {
    const that = conditions(scope, 'when', options['that'], site, undefined)
    return { that: typeof that === 'string' ? [that] : that }
  }
  const node = fqcn === 'ansible.builtin.debug' ? nodeOf(options['var']) : undefined
  return node ? { var: printJinja(node, nameWriter(scope.role)) } : {}
}

const nodeSecret = (scope: RoleScope, list: unknown) => valueCarriesSecret(scope, list)

function checkSecretMode(context: TaskContext, task: Extract<TaskData, { kind: 'module' }>): void {
  const mode = task.options['mode']
  if (mode === undefined && task.spec.requiresMode) return // said already
  if (typeof mode !== 'string' || !/^0?[0-7]{2}0$/.test(mode))
    context.scope.report.error(
      'secret-in-readable-file',
      `A secret is written by "${task.name}" to a file with mode ${typeof mode === 'string' ? mode : 'unknown to the build'}, which lets others read it.`,
      task.site,
      'Use 0640 or less, with an owner and a group.',
    )
}

function compileVerbatim(context: TaskContext, task: Extract<TaskData, { kind: 'verbatim' }>): CompiledTask {
  const { scope } = context
  if (task.reason.trim() === '')
    scope.report.error(
      'verbatim-without-reason',
      'A verbatim task says no reason.',
      task.site,
      'Say why the typed modules do not do: the reason becomes a comment.',
    )
  if (valueCarriesSecret(scope, task.task) && task.task['no_log'] !== true)
    scope.report.error(
      'secret-without-no-log',
      'A secret flows into a verbatim task that has no `no_log: true`.',
      task.site,
      'Add no_log: true to it.',
    )
  const { name, ...rest } = task.task
  return {
    data: {
      name: taskName(context, String(name ?? ''), task.site),
      ...compileOptions(scope, rest, task.site),
      ...commented([task.reason]),
    },
    site: task.site,
    inner: [],
  }
}

function loopData(
  scope: RoleScope,
  loop: NonNullable<Extract<TaskData, { kind: 'module' }>['loop']>,
): DataMap {
  const control = {
    ...(loop.variable === 'item' ? {} : { loop_var: loop.variable }),
    ...(loop.label ? { label: printValue(loop.label, nameWriter(scope.role)) } : {}),
  }
  const node = nodeOf(loop.list) ?? (Array.isArray(loop.list) ? undefined : (loop.list as never)) // a loop's list is a node or an array
  return {
    loop: node
      ? printValue(node, nameWriter(scope.role))
      : (loop.list as readonly unknown[]).map((v) => compileValue(scope, v, undefined)),
    ...(Object.keys(control).length > 0 ? { loop_control: control } : {}),
  }
}

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

function useExprValue(scope: RoleScope, list: unknown, site: CallSite | undefined): void {
  if (Array.isArray(list)) for (const v of list) compileValue(scope, v, site)
  else useExpr(scope, list as never, site) // a loop's list is a node or an array
}

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
).map((name) => [name, name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)] as const)
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

function compileKeywords(
  context: TaskContext,
  name: string,
  keywords: BlockKeywords | TaskKeywords<never>,
  site: CallSite | undefined,
  register: string | undefined,
): { readonly data: DataMap; readonly comment: readonly string[] } {
  const { scope } = context
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
    const yaml = key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
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

function conditions(
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
