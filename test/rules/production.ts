import production from '../../inventory/production.ts'
import { optionsOf } from '../../src/compile/inventory.ts'
import { loadSources } from '../../src/compile/load.ts'
import { Report } from '../../src/compile/scope.ts'
import { judgePlan, judgeTopology } from '../../src/rules/check.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import { type DeploymentChanges, extend, type Topology, type Violation } from '../../src/topology/index.ts'
import { root } from './fixtures.ts'

const sources = loadSources(root, root)
export type Changes = Omit<
  DeploymentChanges<keyof typeof production.input.hosts, keyof typeof production.input.vips>,
  'name'
>

/** What is said of production with changes. */
export interface Said {
  /** What the services' options refuse: nothing follows then. */
  readonly refused: readonly string[]
  /** By the rule's code, but what waivers accept. */
  readonly of: (code: string) => readonly Violation[]
  readonly codes: readonly string[]
  readonly topology: Topology | undefined
}

/** Judges production with changes, without compiling any role for it. */
export async function saidOf(changes: Changes): Promise<Said> {
  const { services, artifacts } = await sources
  const deployment = extend(production, { name: 'changed', ...changes })
  const report = new Report(() => undefined)
  const topology = deriveTopology(deployment, services, report, artifacts)
  const judged = topology
    ? [
        ...judgePlan(deployment),
        ...judgeTopology(topology, services, (service) => optionsOf(service, topology)),
      ].filter(({ waiver }) => !waiver)
    : []
  return {
    refused: report.findings.map(({ message }) => message),
    of: (code) => judged.filter(({ rule }) => rule.code === code).map(({ violation }) => violation),
    codes: [...new Set(judged.map(({ rule }) => rule.code))].sort(),
    topology,
  }
}
