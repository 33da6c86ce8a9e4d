import type { z } from 'zod'
import { expr, toNode } from '../dsl/expr.ts'
import { PHASES, type Phase, type Role, type RoleContext } from '../dsl/role.ts'
import { type CallSite, captureCallSite } from '../dsl/source.ts'
import { HANDLER, PROGRAM, TASK, type Task } from '../dsl/task.ts'
import type { VariableShape } from '../dsl/variable.ts'
import { COMMENT, type DataMap } from '../emit/data.ts'
import { preflightChecks } from './constraints.ts'
import { guarded } from './guarded.ts'
import { nearest } from './nearest.ts'
import { type Report, type RoleScope, typedExpr, useExpr } from './scope.ts'
import { type CompiledTask, compileTasks, type IncludedFile, type TaskContext } from './task.ts'
import { checkTemplate } from './template-check.ts'
import { compileValue } from './values.ts'
import { describeVariables, type VariableInfo } from './variables.ts'

/** A role's own files besides `role.ts`: `templates/x.j2` → text, `files/x` → bytes. */
export type RoleFiles = ReadonlyMap<string, Uint8Array>

/** A role as Ansible's data, before it is text. */
export interface CompiledRole {
  readonly name: string
  readonly role: Role
  readonly folder: string
  readonly variables: readonly VariableInfo[]
  readonly constants: DataMap
  /** File below `tasks/` without `.yml` → its tasks. `main` is made by the emitter. */
  readonly tasks: ReadonlyMap<string, readonly CompiledTask[]>
  readonly phases: readonly Phase[]
  readonly handlers: readonly CompiledTask[]
  readonly files: RoleFiles
  readonly factSubsets: readonly string[]
  readonly dependencies: readonly string[]
  readonly literals: RoleScope['literals']
}

const PHASE_NAMES = /^[a-z][a-z0-9_]*$/

/** Compiles one role. What is wrong with it goes to the report; what comes back is only good where nothing did. */
export function compileRole(role: Role, folder: string, files: RoleFiles, report: Report): CompiledRole {
  const { definition, site } = role
  if (!PHASE_NAMES.test(definition.name) || folder.split('/').at(-1) !== definition.name)
    report.error(
      'role-name',
      `The role "${definition.name}" lives in ${folder}.`,
      site,
      'A role is named as its folder: lower case letters, digits and underscores.',
    )
  const { variables, problems } = describeVariables(definition.name, definition.vars)
  for (const problem of problems) report.error(problem.code, problem.message, site, problem.hint)

  const shape: VariableShape = definition.vars
  const scope: RoleScope = {
    role: definition.name,
    report,
    variables: new Map(variables.map((v) => [v.name, { ...v, schema: shape[v.name] as z.ZodType }])), // described from the same shape
    constants: new Map(),
    programs: new Map(Object.entries(definition.programs ?? {})),
    handlers: new Map(),
    usedVariables: new Set(),
    usedConstants: new Set(),
    usedPrograms: new Set(),
    notified: new Set(),
    readFiles: new Set(),
    factSubsets: new Set(),
    registered: new Map(),
    literals: [],
  }
  const context = makeContext(scope, definition.constants, site)
  const included: IncludedFile[] = []
  const usedFiles = new Set<string>()
  const names = new Map<string, CallSite | undefined>()
  const taskContext = (prefix: string, tags: readonly string[]): TaskContext => ({
    scope,
    prefix,
    tags,
    names,
    includes: included,
    useFile: (kind, src, task, loopVariable) =>
      useFile(scope, files, folder, usedFiles, kind, src, task.site, loopVariable),
  })

  // Code that stopped half-way has not said all that it uses.
  let complete = true
  const whole = <T>(run: () => T): T | undefined => {
    const result = guarded(report, site, run)
    if (result === undefined) complete = false
    return result
  }
  const written = whole(() => writeHandlers(scope, context, definition.handlers)) ?? {}
  const tasks = new Map<string, readonly CompiledTask[]>()
  for (const phase of PHASES) {
    const write = definition[phase]
    const compiled =
      (write &&
        whole(() =>
          compileTasks(
            taskContext(`${phase.charAt(0).toUpperCase()}${phase.slice(1)} | `, [
              definition.name,
              `${definition.name}_${phase}`,
            ]),
            write(context),
          ),
        )) ??
      []
    if (compiled.length > 0 || phase === 'preflight') tasks.set(phase, compiled)
  }
  // Handlers run after the tasks, so that they may ask for what those registered.
  const handlers = whole(() => compileHandlers(scope, written, taskContext('', []))) ?? []
  for (const { file, tasks: list } of included) {
    if (tasks.has(file))
      report.error(
        'duplicate-task-file',
        `Two lists of tasks would be tasks/${file}.yml.`,
        site,
        "Give each include a file name of its own, which is no phase's.",
      )
    tasks.set(file, list)
  }
  tasks.set('preflight', [...preflight(scope, variables), ...(tasks.get('preflight') ?? [])])
  if (tasks.get('preflight')?.length === 0) tasks.delete('preflight')

  if (complete) checkUse(scope, role, files, usedFiles)
  return {
    name: definition.name,
    role,
    folder,
    variables,
    constants: Object.fromEntries(
      [...scope.constants].map(([name, node]) => [
        `_${definition.name}_${name}`,
        compileValue(scope, expr(node), site),
      ]),
    ),
    tasks,
    phases: PHASES.filter((phase) => tasks.has(phase)),
    handlers,
    files,
    factSubsets: [...scope.factSubsets].sort(),
    dependencies: (definition.dependencies ?? []).map((d: Role) => d.definition.name),
    literals: scope.literals,
  }
}

type AnyContext = RoleContext<VariableShape, unknown, string, string>

function makeContext(
  scope: RoleScope,
  constants: ((c: { readonly vars: never }) => unknown) | undefined,
  site: CallSite | undefined,
): AnyContext {
  const vars = record(scope, 'variable', [...scope.variables.keys()], (name) => {
    const info = scope.variables.get(name)
    return typedExpr(
      scope,
      {
        kind: 'name',
        name,
        origin: 'variable',
        ...(info ? { type: info.valueType, secret: info.secret } : {}),
      },
      info?.schema,
    )
  })
  const values = guarded(scope.report, site, () => constants?.({ vars: vars as never })) ?? {} // the author's function takes what `vars` is
  for (const [name, value] of Object.entries(values as object)) {
    const node = toNode(value)
    useExpr(scope, node, site)
    scope.constants.set(name, node)
  }
  return {
    vars: vars as never, // as declared: the author's types are made from the same shape
    constants: record(scope, 'constant', [...scope.constants.keys()], (name) =>
      expr({ kind: 'name', name, origin: 'constant' }),
    ) as never,
    programs: record(scope, 'program', [...scope.programs.keys()], (name) => ({ [PROGRAM]: name })) as never,
    // Handlers are known by name only after they are compiled; their own notify may refer to one another.
    handlers: new Proxy({}, { get: (_t, name) => ({ [HANDLER]: String(name) }) }) as never,
  }
}

/** Named things as properties; a name that was not declared is a finding and an empty expression. */
function record(
  scope: RoleScope,
  kind: string,
  names: readonly string[],
  make: (name: string) => unknown,
): object {
  return new Proxy(
    {},
    {
      get(_target, name) {
        if (typeof name !== 'string') return undefined
        if (names.includes(name)) return make(name)
        const guess = nearest(name, names)
        scope.report.error(
          `undeclared-${kind}`,
          `"${name}" is no ${kind} of this role.${guess ? ` Did you mean "${guess}"?` : ''}`,
          captureCallSite(),
          `Declared: ${names.join(', ') || 'none'}.`,
        )
        return expr({ kind: 'name', name, origin: 'foreign' })
      },
      ownKeys: () => [...names],
      getOwnPropertyDescriptor: (_target, name) => ({
        enumerable: true,
        configurable: true,
        value: make(String(name)),
      }),
    },
  )
}

type Handlers = Readonly<Record<string, Task | readonly Task[]>>

/** The role's handlers as written, with the names by which they are notified. */
function writeHandlers(
  scope: RoleScope,
  context: AnyContext,
  write: ((c: never) => Handlers) | undefined,
): Handlers {
  const written = write?.(context as never) ?? {} // the author's function takes what the context is
  // A handler of one task is notified by its name, one of several by a topic that all of them listen to.
  for (const [id, handler] of Object.entries(written))
    scope.handlers.set(id, isSeveral(handler) ? `${scope.role}_${id}` : titleOf(handler))
  return written
}

function compileHandlers(scope: RoleScope, written: Handlers, tasks: TaskContext): readonly CompiledTask[] {
  return Object.entries(written).flatMap(([id, handler]) =>
    isSeveral(handler)
      ? compileTasks(tasks, handler).map((task) => ({
          ...task,
          data: { ...task.data, listen: `${scope.role}_${id}` },
        }))
      : compileTasks(tasks, [handler]),
  )
}

const isSeveral = (handler: Task | readonly Task[]): handler is readonly Task[] => Array.isArray(handler)
const titleOf = (task: Task): string => {
  const data = task[TASK]
  return data.kind === 'verbatim' ? String(data.task['name'] ?? '') : data.name
}

/** Refusals that come before anything else: bounds of variables, and what check mode has to leave out. */
function preflight(scope: RoleScope, variables: readonly VariableInfo[]): readonly CompiledTask[] {
  const compiled = (data: DataMap): CompiledTask => ({ data, site: undefined, inner: [] })
  // One task for all: Ansible names the condition that failed, and a task a variable would take longer than the role.
  const checks = variables.flatMap(preflightChecks)
  const asserts =
    checks.length === 0
      ? []
      : [
          compiled({
            name: 'Preflight | Check the bounds of variables',
            'ansible.builtin.assert': {
              that: checks.flatMap((check) => check.that),
              fail_msg: `A variable of the role ${scope.role} is not as its README.md declares it: "assertion" says which.`,
              quiet: true,
            },
          }),
        ]
  const programs = [...scope.usedPrograms].sort().flatMap((name) => {
    const path = scope.programs.get(name) ?? ''
    const result = `__${scope.role}_program_${name}`
    return [
      compiled({
        name: `Preflight | Look for ${path}`,
        'ansible.builtin.stat': { path },
        register: result,
        [COMMENT]: [`Check mode leaves out what needs ${path} while it is not installed.`],
      }),
      compiled({
        name: `Preflight | Say that check mode goes without ${path}`,
        'ansible.builtin.debug': {
          msg: `${path} is not installed yet: the tasks that need it are left out of this check.`,
        },
        when: ['ansible_check_mode', `not ${result}.stat.exists`],
      }),
    ]
  })
  return [...asserts, ...programs]
}
function useFile(
  scope: RoleScope,
  files: RoleFiles,
  folder: string,
  used: Set<string>,
  kind: 'template' | 'copy',
  src: string,
  site: CallSite | undefined,
  loopVariable: string | undefined,
): { readonly secret: boolean } {
  const path = `${kind === 'template' ? 'templates' : 'files'}/${src}`
  const bytes = files.get(path)
  // A folder may be copied whole.
  const inside = [...files.keys()].filter((f) => f.startsWith(`${path.replace(/\/$/, '')}/`))
  for (const file of bytes ? [path] : inside) used.add(file)
  if (!bytes && inside.length === 0) {
    const guess = nearest(
      src,
      [...files.keys()]
        .filter((f) => f.startsWith(kind === 'template' ? 'templates/' : 'files/'))
        .map((f) => f.replace(/^\w+\//, '')),
    )
    scope.report.error(
      'missing-file',
      `${folder}/${path} does not exist.${guess ? ` Did you mean "${guess}"?` : ''}`,
      site,
    )
    return { secret: false }
  }
  return kind === 'template' && bytes
    ? checkTemplate(scope, `${folder}/${path}`, Buffer.from(bytes).toString('utf8'), loopVariable)
    : { secret: false }
}

/** What is declared and never used is most often a mistake somewhere else. */
function checkUse(scope: RoleScope, role: Role, files: RoleFiles, used: ReadonlySet<string>): void {
  const { report } = scope
  for (const name of scope.variables.keys())
    if (!scope.usedVariables.has(name))
      report.error(
        'unused-variable',
        `${scope.role}_${name} is declared and never used.`,
        role.site,
        'Use it in a task or a template, or take it out.',
      )
  for (const name of scope.constants.keys())
    if (!scope.usedConstants.has(name))
      report.error(
        'unused-constant',
        `_${scope.role}_${name} is declared and never used.`,
        role.site,
        'Use it, or take it out.',
      )
  for (const [id, title] of scope.handlers)
    if (!scope.notified.has(id))
      report.error(
        'unnotified-handler',
        `Nobody notifies the handler "${title}" (${id}).`,
        role.site,
        'Notify it, or take it out.',
      )
  for (const path of files.keys())
    if (!used.has(path) && !scope.readFiles.has(path.replace(/^files\//, '')))
      report.error(
        'unused-file',
        `${path} of the role ${scope.role} is put on no host.`,
        { file: `roles-src/${scope.role}/${path}`, line: 1, column: 1 },
        'Name it in a template or copy task or in a lookup, or take it out.',
      )
}
