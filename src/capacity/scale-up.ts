import { Report } from '../compile/scope.ts'
import type { ScaleUp, ScaleUpStep } from '../topology/capacity.ts'
import type { Deployment } from '../topology/deployment.ts'
import { deriveTopology } from '../topology/derive.ts'
import type { Load } from '../topology/load.ts'
import type { Service } from '../topology/service.ts'
import type { Topology } from '../topology/topology.ts'
import { type Surveyed, surveyOf, together } from './survey.ts'

/** What one step of growth changes. */
export interface Effect {
  readonly metric: string
  readonly now: string
  readonly to: string
  /** What there is more of, with the users that break it before and after. */
  readonly changed: readonly {
    readonly where: string
    readonly what: string
    readonly before: Surveyed
    readonly after: Surveyed
  }[]
  /** What breaks first afterwards. */
  readonly first: Surveyed | undefined
}

/** The effect of every way to grow that the services of a deployment name. */
export function effectsOf(
  topology: Topology,
  services: readonly Service[],
  optionsOf: (service: Service) => unknown,
  load: Load,
): readonly Effect[] {
  const before = together(surveyOf(topology, load).balances)
  return services
    .filter(({ definition }) => topology.service(definition.name))
    .flatMap((service) =>
      (service.definition.scaleUps?.(optionsOf(service), topology) ?? []).flatMap((scaleUp) =>
        scaleUp.steps.flatMap((step) => effectOf(scaleUp, step, service, topology, services, before, load)),
      ),
    )
}

function effectOf(
  { metric, now }: ScaleUp,
  step: ScaleUpStep,
  service: Service,
  topology: Topology,
  services: readonly Service[],
  before: readonly Surveyed[],
  load: Load,
): readonly Effect[] {
  const deployment = grown(topology.deployment, service.definition.name, step)
  const grownTopology = deriveTopology(deployment, services, new Report(() => undefined), topology.artifacts)
  if (!grownTopology) return []
  const survey = surveyOf(grownTopology, load)
  const after = new Map(
    together(survey.balances).map((balance) => [`${balance.where} ${balance.what}`, balance]),
  )
  const changed = before.flatMap((old) => {
    const { where, what } = old
    const balance = after.get(`${where} ${what}`)
    return balance && (balance.supply !== old.supply || balance.users !== old.users)
      ? [{ where, what, before: old, after: balance }]
      : []
  })
  return [{ metric, now, to: step.to, changed, first: survey.breaking[0] }]
}

/** A deployment in which a step was made. */
function grown(deployment: Deployment, name: string, { hosts = {}, options }: ScaleUpStep): Deployment {
  const { input } = deployment
  const given: Readonly<Record<string, unknown>> = input.services // keyed by name
  const own = given[name]
  return {
    ...deployment,
    input: {
      ...input,
      hosts: Object.fromEntries(
        Object.entries(input.hosts).map(([host, hardware]) => [host, { ...hardware, ...hosts[host] }]),
      ),
      services: options
        ? { ...given, [name]: { ...(typeof own === 'object' ? own : {}), ...options } }
        : input.services,
    },
  }
}
