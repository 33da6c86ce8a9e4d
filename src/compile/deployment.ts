import { type Judged, judgePlan, judgeTopology, reportJudged, reportWaivers } from '../rules/check.ts'
import type { Deployment } from '../topology/deployment.ts'
import { deriveTopology } from '../topology/derive.ts'
import type { Topology } from '../topology/topology.ts'
import { isValid } from '../topology/validate.ts'
import { buildDocuments, type CompiledDocument, type Documents } from './documents.ts'
import { guarded } from './guarded.ts'
import { buildInventory, type Inventory, optionsOf } from './inventory.ts'
import { checkLiterals } from './literals.ts'
import type { Sources } from './load.ts'
import { compilePlaybook } from './playbook.ts'
import type { CompiledRole } from './role.ts'
import type { Report } from './scope.ts'

/** What became of a deployment. */
export interface CompiledDeployment {
  readonly topology: Topology
  readonly inventory: Inventory
  readonly documents: readonly CompiledDocument[]
  /** Every case in which a rule does not hold, with the waivers that accept some. */
  readonly judged: readonly Judged[]
  /** Its playbooks, as Ansible's data. */
  readonly playbooks: readonly ReturnType<typeof compilePlaybook>[]
}

/** What deployments are compiled with. */
export type Compiler = Pick<Sources, 'services' | 'playbooks' | 'artifacts'> & {
  readonly roles: ReadonlyMap<string, CompiledRole>
}

/** All that follows from a deployment. What is wrong goes to the report; undefined where nothing sensible follows. */
export function compileDeployment(
  deployment: Deployment,
  compiler: Compiler,
  report: Report,
): CompiledDeployment | undefined {
  return guarded(report, deployment.site, () => compile(deployment, compiler, report), deployment)
}

function compile(
  deployment: Deployment,
  { services, playbooks, artifacts, roles }: Compiler,
  report: Report,
): CompiledDeployment | undefined {
  if (!isValid(deployment, report)) return undefined
  const plan = judgePlan(deployment)
  reportJudged(plan, deployment, report)
  if (plan.some(stops)) return undefined
  const topology = deriveTopology(deployment, services, report, artifacts)
  if (!topology) return undefined
  const further = judgeTopology(topology, services, (service) => optionsOf(service, topology))
  const judged = [...plan, ...further]
  reportJudged(further, deployment, report)
  reportWaivers(judged, deployment, services, report)
  // The values of a deployment that breaks a rule are nobody's to judge.
  if (further.some(stops)) return undefined
  checkLiterals(topology, roles, report)
  const values = buildInventory(topology, services, roles, report)
  const documents = buildDocuments(topology, services, report)
  const inventory = { ...values, ...merge(values, documents) }
  const known = new Set(services.map((s) => s.definition.name))
  return {
    topology,
    inventory,
    documents: documents.documents,
    judged,
    playbooks: playbooks.map((p) => compilePlaybook(p, inventory, known, roles, report)),
  }
}

/** Whether nothing can follow from a deployment with this. */
const stops = ({ rule, waiver }: Judged): boolean => rule.severity === 'error' && !waiver

/** Secrets of roles and of documents with their users, and those that others are made of. */
function merge(
  values: Pick<Inventory, 'secrets' | 'recipes'>,
  documents: Documents,
): Pick<Inventory, 'secrets' | 'recipes'> {
  const recipes = new Map([...values.recipes, ...documents.recipes])
  const names = [
    ...values.secrets.keys(),
    ...documents.secrets.keys(),
    ...[...recipes.values()].map(({ password }) => password),
  ]
  const users = (name: string) => [
    ...(values.secrets.get(name) ?? []),
    ...(documents.secrets.get(name) ?? []),
  ]
  return { recipes, secrets: new Map(names.map((name) => [name, users(name)])) }
}
