import type { Arg, Value } from './module.ts'
import type { AnyRole } from './role.ts'
import { type CallSite, captureCallSite } from './source.ts'
import type { Condition, TaskItem } from './task.ts'

/** A role in a play. */
export interface RoleUse {
  readonly role: AnyRole | ForeignRole
  readonly tags?: readonly string[]
  readonly when?: Condition
  readonly vars?: Readonly<Record<string, Value>>
}

/** A role that rolewright did not compile. The reason is kept as a comment. */
export interface ForeignRole {
  readonly foreign: string
  readonly reason: string
}
export const foreignRole = (foreign: string, reason: string): ForeignRole => ({ foreign, reason })

/** A play: which hosts get which roles, with Ansible's play keywords in camelCase. Facts are gathered as its roles need them. */
export interface PlayDefinition {
  readonly name: string
  /** A group: a service's name, or `all` for every host of the deployment. A deployment without that service does not get the play. */
  readonly hosts: string
  readonly roles?: readonly (AnyRole | RoleUse)[]
  readonly preTasks?: readonly TaskItem[]
  readonly tasks?: readonly TaskItem[]
  readonly postTasks?: readonly TaskItem[]
  readonly become?: Arg<boolean>
  readonly becomeUser?: Arg<string>
  readonly becomeMethod?: Arg<string>
  readonly becomeFlags?: Arg<string>
  readonly becomeExe?: Arg<string>
  /** How many hosts at a time: a number, a percentage, or a list of them. */
  readonly serial?: number | string | readonly (number | string)[]
  readonly strategy?: 'linear' | 'free' | 'host_pinned' | 'debug'
  readonly order?: 'inventory' | 'sorted' | 'reverse_sorted' | 'reverse_inventory' | 'shuffle'
  readonly maxFailPercentage?: number
  readonly anyErrorsFatal?: boolean
  readonly throttle?: number
  readonly timeout?: number
  readonly ignoreErrors?: boolean
  readonly ignoreUnreachable?: boolean
  readonly tags?: readonly string[]
  readonly vars?: Readonly<Record<string, Value>>
  readonly varsFiles?: readonly string[]
  readonly varsPrompt?: readonly Readonly<Record<string, Value>>[]
  readonly environment?: Readonly<Record<string, Arg<string>>>
  readonly connection?: string
  readonly port?: number
  readonly remoteUser?: string
  readonly checkMode?: boolean
  readonly diff?: boolean
  readonly noLog?: boolean
  readonly runOnce?: boolean
  readonly forceHandlers?: boolean
  readonly moduleDefaults?: Readonly<Record<string, Value>>
  readonly collections?: readonly string[]
  readonly debugger?: 'always' | 'never' | 'on_failed' | 'on_unreachable' | 'on_skipped'
  readonly factPath?: string
  readonly gatherTimeout?: number
}

export interface Play {
  readonly definition: PlayDefinition
  readonly site: CallSite | undefined
}
export function play(definition: PlayDefinition): Play {
  return { definition, site: captureCallSite() }
}

const PLAYBOOK = Symbol.for('rolewright.playbook')
export interface Playbook {
  readonly [PLAYBOOK]: true
  /** File name without `.yml`. */
  readonly name: string
  /** One sentence, for the header and the documents. */
  readonly summary: string
  readonly plays: readonly Play[]
  readonly site: CallSite | undefined
}
export function definePlaybook(definition: {
  readonly name: string
  readonly summary: string
  readonly plays: readonly Play[]
}): Playbook {
  return { [PLAYBOOK]: true, ...definition, site: captureCallSite() }
}
export function isPlaybook(value: unknown): value is Playbook {
  return typeof value === 'object' && value !== null && PLAYBOOK in value
}
