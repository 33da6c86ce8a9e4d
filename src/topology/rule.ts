import { type CallSite, captureCallSite } from '../dsl/source.ts'
import type { DeploymentInput } from './deployment.ts'
import type { Topology } from './topology.ts'

/** Where in a deployment something was decided: keys from the top, such as `['hosts', 'patroni1', 'memory']`. */
export type Place = readonly (string | number)[]

/** One case in which a rule does not hold. */
export interface Violation {
  /** What is wrong, with the names and the figures of this case. One sentence, one line. */
  readonly message: string
  /** What in the deployment causes it; a place that the deployment leaves to a default leads to what is above it. */
  readonly at: Place
  /** The host, the service, the virtual IP or the network that it is about: what a waiver of this one case names. */
  readonly subject: string
  /** The way out of this case, where the rule's own does not say it. One line. */
  readonly hint?: string
}

/** What there is to say of a rule. All of it is for people: `rolewright check --explain <code>` prints it. */
export interface RuleText {
  /** Stable, such as `DB-003`; tools and waivers rely on it. A code is never given to another rule. */
  readonly code: string
  /** `error` where the deployment would not work, or would lose data; `warning` where a person has to decide. */
  readonly severity: 'error' | 'warning'
  /** What is demanded, in one sentence. */
  readonly demand: string
  /** Why. */
  readonly reason: string
  /** Where the reason comes from: a measurement, a document, a program's source. */
  readonly evidence: string
  /** The way out. */
  readonly wayOut: string
}

/** A rule on what a deployment says, which must hold before anything follows from it. */
export interface PlanRule extends RuleText {
  readonly checkPlan: (input: DeploymentInput) => readonly Violation[]
  readonly site: CallSite | undefined
}
/** A rule on all that follows from a deployment. It knows no service by its options. */
export interface TopologyRule extends RuleText {
  readonly check: (topology: Topology) => readonly Violation[]
  readonly site: CallSite | undefined
}
/** A rule on one service's options in a topology; it is asked where the deployment names or has that service. */
export interface ServiceRule<O> extends RuleText {
  readonly check: (options: O, topology: Topology) => readonly Violation[]
  readonly site: CallSite | undefined
}
export type GeneralRule = PlanRule | TopologyRule

export const definePlanRule = (rule: Omit<PlanRule, 'site'>): PlanRule => ({
  ...rule,
  site: captureCallSite(),
})
export const defineRule = (rule: Omit<TopologyRule, 'site'>): TopologyRule => ({
  ...rule,
  site: captureCallSite(),
})
/** A rule of one service; `O` is what its options are after parsing. It stands in `rules` of the service. */
export const defineServiceRule = <O>(rule: Omit<ServiceRule<O>, 'site'>): ServiceRule<O> => ({
  ...rule,
  site: captureCallSite(),
})

/** A rule that a deployment does not keep, and why. Without `of` it is all cases of the rule. */
export interface WaiverInput {
  /** The rule's code. */
  readonly rule: string
  /** The host, service, virtual IP or network whose case is meant; a finding's text names it. */
  readonly of?: string
  /** Why that is acceptable here, for those who read the deployment after you. */
  readonly because: string
}
