import type { Expr } from './expr.ts'
import type { Value } from './module.ts'
import { type CallSite, captureCallSite } from './source.ts'
import type { HandlerRef, ProgramRef, Task, TaskItem } from './task.ts'
import type { VariableExprs, VariableShape, VariableValues } from './variable.ts'

/** A constant's expression: its own type where it is one, else the literal's. */
type ConstantExprs<C> = { readonly [K in keyof C]: C[K] extends Expr<infer T> ? Expr<T> : Expr<C[K]> }

/** What the phases of a role are written with. */
export interface RoleContext<V extends VariableShape, C, P extends string, H extends string> {
  /** The role's variables, as expressions. */
  readonly vars: VariableExprs<V>
  /** The role's constants (`vars/main.yml`), as expressions. */
  readonly constants: ConstantExprs<C>
  /** Programs that the role's packages bring, for `needs`. */
  readonly programs: Readonly<Record<P, ProgramRef>>
  /** The role's handlers, for `notify`. */
  readonly handlers: Readonly<Record<H, HandlerRef>>
}

/** The phases of a role in the order in which they run; each becomes `tasks/<phase>.yml`, tagged `<role>_<phase>`. */
export const PHASES = ['preflight', 'install', 'configure', 'service', 'provision'] as const
export type Phase = (typeof PHASES)[number]

type PhaseFunctions<V extends VariableShape, C, P extends string, H extends string> = {
  /** `preflight`: refusals beyond what the variables' types say. `provision`: what a running service is told (databases, users). */
  readonly [K in Phase]?: (context: RoleContext<V, C, P, H>) => readonly TaskItem[]
}

export interface RoleDefinition<
  V extends VariableShape = VariableShape,
  C = unknown,
  P extends string = string,
  H extends string = string,
> extends PhaseFunctions<V, C, P, H> {
  /** Lower case with underscores; the prefix of every variable. */
  readonly name: string
  /** One sentence: what a host gains. */
  readonly summary: string
  /** Longer text for the README, in Markdown. */
  readonly description?: string
  /** Distribution → releases, as Ansible Galaxy names them: `{ Debian: ['bookworm', 'trixie'] }`. */
  readonly platforms: Readonly<Record<string, readonly string[]>>
  readonly vars: V
  /** Values that follow from the variables and are no user's to set; `_<role>_<name>` in `vars/main.yml`. */
  readonly constants?: (context: { readonly vars: VariableExprs<V> }) => C
  /** Name → absolute path of a program that the role installs. */
  readonly programs?: Readonly<Record<P, string>>
  /** Roles that Ansible runs before this one. */
  readonly dependencies?: readonly AnyRole[]
  readonly handlers?: (
    context: Omit<RoleContext<V, C, P, never>, 'handlers'>,
  ) => Readonly<Record<H, Task | readonly Task[]>>
  /** Values for the README's example; checked against the variables. */
  readonly example?: Partial<VariableValues<V>>
}

const ROLE = Symbol.for('rolewright.role')

/** A role as written. */
export interface Role<V extends VariableShape = VariableShape> {
  readonly [ROLE]: true
  // The parameters of the phases differ from role to role; the compiler calls them with what this role declared.
  readonly definition: RoleDefinition<V, unknown, string, string>
  readonly site: CallSite | undefined
}
/** A role of whatever variables. */
// biome-ignore lint/suspicious/noExplicitAny: variance of the variables' shape; nothing is read through it.
export type AnyRole = Role<any>

export function defineRole<
  const V extends VariableShape,
  C extends Readonly<Record<string, Value>>,
  P extends string,
  H extends string,
>(definition: RoleDefinition<V, C, P, H>): Role<V> {
  return {
    [ROLE]: true,
    definition: definition as unknown as RoleDefinition<V, unknown, string, string>,
    site: captureCallSite(),
  }
}

export function isRole(value: unknown): value is Role {
  return typeof value === 'object' && value !== null && ROLE in value
}
