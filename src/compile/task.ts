import { nodeOf } from '../dsl/expr.ts'
import type { ModuleSpec } from '../dsl/module-spec.ts'
import type { CallSite } from '../dsl/source.ts'
import { flattenTasks, type TaskData, type TaskItem } from '../dsl/task.ts'
import { COMMENT, type DataMap } from '../emit/data.ts'
import { printJinja, printValue } from './jinja.ts'
import { compileKeywords, conditions } from './keywords.ts'
import { checkOptions, short } from './options.ts'
import { nameWriter, type RoleScope, valueCarriesSecret } from './scope.ts'
import { compileOptions, compileValue, useExprValue } from './values.ts'

/** A compiled task: Ansible's data with its comment, and where its author wrote it. */
export interface CompiledTask {
  readonly data: DataMap
  readonly site: CallSite | undefined
  /** Tasks inside of a block, in the order block, rescue, always. */
  readonly inner: readonly CompiledTask[]
}

/** Tasks with those inside of blocks. */
export const withInner = (tasks: readonly CompiledTask[]): readonly CompiledTask[] =>
  tasks.flatMap((task) => [task, ...withInner(task.inner)])

/** A task's data without the tasks inside of it. */
export const ownData = ({ data }: CompiledTask): DataMap =>
  Object.fromEntries(Object.entries(data).filter(([key]) => !['block', 'rescue', 'always'].includes(key)))

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
  /** Inside of a block or an include that check mode leaves out. */
  readonly leftOut?: boolean
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
      const { data, comment } = compileKeywords(context.scope, task.name, task.keywords, task.site, undefined)
      const within: TaskContext = { ...context, leftOut: isLeftOut(context, data) }
      const inner = {
        block: compileTasks(within, task.tasks),
        rescue: compileTasks(within, task.rescue),
        always: compileTasks(within, task.always),
      }
      const section = (key: 'block' | 'rescue' | 'always'): DataMap =>
        inner[key].length > 0 ? { [key]: inner[key].map((t) => t.data) } : {}
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
      if (task.loop) useExprValue(context.scope, task.loop.list, task.site)
      const { data, comment } = compileKeywords(context.scope, task.name, task.keywords, task.site, undefined)
      const inner: TaskContext = {
        ...context,
        prefix: prefixOf(task.file),
        leftOut: isLeftOut(context, data),
      }
      context.includes.push({ file: task.file, tasks: compileTasks(inner, task.tasks) })
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

  const kind = module === 'template' ? module : 'copy'
  const src = roleFile(module, options)
  const file = src === undefined ? { secret: false } : context.useFile(kind, src, task, task.loop?.variable)
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
  const { data, comment } = compileKeywords(context.scope, task.name, task.keywords, site, result)
  if (
    task.keywords.until !== undefined &&
    runsNothingInCheckMode(spec) &&
    task.keywords.checkMode !== false &&
    !isLeftOut(context, data)
  )
    scope.report.error(
      'until-in-check-mode',
      `"${task.name}" waits for a result, and in check mode ${module} runs nothing that could have one.`,
      site,
      'Leave it out there with `when: ansible.checkMode.not()`.',
    )
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

/** Whether check mode never comes to a task, by its own condition or by one around it. */
const isLeftOut = (context: TaskContext, { when }: DataMap): boolean =>
  context.leftOut === true || [when].flat().includes('not ansible_check_mode')

/**
 * Whether a module runs nothing in check mode, and leaves `until` to judge an empty result. `uri` does not: its action
 * plugin skips the task before Ansible looks at `until`.
 */
const runsNothingInCheckMode = ({ fqcn, checkMode, requiresChangedWhen }: ModuleSpec): boolean =>
  fqcn !== 'ansible.builtin.uri' && (checkMode === 'none' || requiresChangedWhen === true)

/** Name of a result that only its own task judges. */
const OWN_RESULT = 'result'

/** The file of the role's that a task puts on the host or, with `script`, runs there. */
function roleFile(module: string, options: Readonly<Record<string, unknown>>): string | undefined {
  const named = module === 'script' ? options['cmd'] : options['src']
  if (typeof named !== 'string' || !['template', 'copy', 'script'].includes(module)) return undefined
  // What the host has already is no file of the role's.
  if (options['remote_src'] === true) return undefined
  return module === 'script' ? named.split(' ')[0] : named
}

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
