import type { Expr, Literal } from './expr.ts'
import type { ModuleSpec } from './module-spec.ts'
import { captureCallSite } from './source.ts'
import { type CommonResult, TASK, type Task, type TaskKeywords } from './task.ts'

/** Any value of Ansible's, with expressions allowed at every depth. */
export type Value = Literal | Expr<unknown> | readonly Value[] | { readonly [key: string]: Value }

/** Free text takes numbers too, since Ansible prints them; a choice takes only itself. */
type Widened<T> = [T] extends [string] ? (string extends T ? string | number : T) : T
/** Each member of a union on its own, so that lists may hold expressions among their items. */
type Plain<T> = T extends readonly (infer Item)[] ? readonly Arg<Item>[] : T

/** What an option takes: the value now, or an expression that gives it on the host. */
export type Arg<T> = Plain<T> | Expr<Widened<T>>

/** Calls of a module: a task's name, the module's own options, and Ansible's keywords. */
export interface ModuleCall<Options, Result, Required extends keyof TaskKeywords<Result> = never> {
  (
    name: string,
    options: Options,
    ...keywords: [Required] extends [never]
      ? [keywords?: TaskKeywords<Result>]
      : [
          keywords: TaskKeywords<Result> & {
            readonly [K in Required]-?: NonNullable<TaskKeywords<Result>[K]>
          },
        ]
  ): Task<Result & CommonResult>
  readonly spec: ModuleSpec
}

/** A typed module. Written by `rolewright import module`; write one by hand only for a module of your own. */
export function defineModule<
  Options extends object,
  Result,
  Required extends keyof TaskKeywords<Result> = never,
>(spec: ModuleSpec): ModuleCall<Options, Result, Required> {
  const call = (
    name: string,
    options: Options,
    keywords: TaskKeywords<Result> = {},
  ): Task<Result & CommonResult> => ({
    [TASK]: {
      kind: 'module',
      name,
      spec,
      // An interface of the module's own; the build checks it against the spec by name.
      options: options as Readonly<Record<string, unknown>>,
      // Verdicts are only ever called with an expression for this task's result.
      keywords: keywords as TaskKeywords<never>,
      site: captureCallSite(),
    },
  })
  // The rest parameter's conditional type is about what callers must pass, and is wider than the implementation's.
  return Object.assign(call, { spec }) as ModuleCall<Options, Result, Required>
}
