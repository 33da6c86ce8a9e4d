import { emitDeployment } from '../emit/deployment.ts'
import { emitDocuments } from '../emit/deployment-documents.ts'
import { emitRole } from '../emit/role.ts'
import type { Finding } from '../finding.ts'
import {
  type Judged,
  judgePlan,
  judgeTopology,
  reportJudged,
  reportWaivers,
  rulesOf,
} from '../rules/check.ts'
import { deriveTopology } from '../topology/derive.ts'
import type { RuleText } from '../topology/rule.ts'
import type { Service } from '../topology/service.ts'
import type { Topology } from '../topology/topology.ts'
import { buildDocuments, type CompiledDocument, type Documents } from './documents.ts'
import { buildInventory, type Inventory, optionsOf } from './inventory.ts'
import type { Sources } from './load.ts'
import { type CompiledPlaybook, compilePlaybook } from './playbook.ts'
import { type CompiledRole, compileRole, guarded } from './role.ts'
import { Report } from './scope.ts'

/** What became of a deployment. */
export interface CompiledDeployment {
  readonly topology: Topology
  readonly inventory: Inventory
  readonly documents: readonly CompiledDocument[]
  readonly playbooks: readonly CompiledPlaybook[]
  /** Every case in which a rule does not hold, with the waivers that accept some. */
  readonly judged: readonly Judged[]
}

/** A project compiled: what is wrong with it, and the files that it becomes where nothing is. */
export interface CompiledProject {
  readonly roles: ReadonlyMap<string, CompiledRole>
  readonly deployments: ReadonlyMap<string, CompiledDeployment>
  /** By path below `generated/`. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
  readonly findings: readonly Finding[]
  /** The rules that were asked. */
  readonly rules: readonly RuleText[]
}

/** From what authors wrote to the files of `generated/`. Pure: it reads nothing and writes nothing. */
export function compileProject(
  sources: Sources,
  collections: Readonly<Record<string, string>>,
): CompiledProject {
  const report = new Report(sources.locate)
  const roles = new Map<string, CompiledRole>()
  for (const { role, folder, files } of sources.roles) {
    if (roles.has(role.definition.name))
      report.error('duplicate-role', `Two roles are called "${role.definition.name}".`, role.site)
    roles.set(role.definition.name, compileRole(role, folder, files, report))
  }
  const files = new Map<string, string | Uint8Array>()
  const deployments = new Map<string, CompiledDeployment>()
  const known = new Set(sources.services.map((s) => s.definition.name))
  for (const deployment of sources.deployments) {
    guarded(report, deployment.site, () => {
      const plan = judgePlan(deployment)
      reportJudged(plan, deployment, report)
      if (plan.some(stops)) return
      const topology = deriveTopology(deployment, sources.services, report, sources.artifacts)
      if (!topology) return
      const judged = [
        ...plan,
        ...judgeTopology(topology, sources.services, (service) => optionsOf(service, topology)),
      ]
      reportJudged(judged.slice(plan.length), deployment, report)
      reportWaivers(judged, deployment, sources.services, report)
      checkServices(topology, sources.services, report)
      checkLiterals(topology, roles, report)
      // Services may take for granted what their rules demand.
      if (judged.some(stops)) return
      const values = buildInventory(topology, sources.services, roles, report)
      const documents = buildDocuments(topology, sources.services, report)
      const inventory = { ...values, ...merge(values, documents) }
      const playbooks = sources.playbooks.map((p) => compilePlaybook(p, inventory, known, roles, report))
      deployments.set(deployment.input.name, {
        topology,
        inventory,
        documents: documents.documents,
        playbooks,
        judged,
      })
      if (report.failed) return
      for (const [path, text] of emitDeployment(topology, inventory, playbooks, collections))
        files.set(path, text)
      for (const [path, text] of emitDocuments(topology, documents.documents)) files.set(path, text)
    })
  }
  const rules = rulesOf(sources.services)
  const findings = unique([...sources.findings, ...report.findings])
  if (findings.some((f) => f.severity === 'error'))
    return { roles, deployments, files: new Map(), findings, rules }
  for (const role of roles.values()) for (const [path, content] of emitRole(role)) files.set(path, content)
  return { roles, deployments, files, findings, rules }
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

/** What services say of their own options and the topology. */
function checkServices(topology: Topology, services: readonly Service[], report: Report): void {
  for (const service of services)
    if (topology.service(service.definition.name))
      for (const { code, severity, message, hint } of service.definition.findings?.(
        optionsOf(service, topology),
        topology,
      ) ?? [])
        report[severity](code, message, topology.deployment.site, hint)
}

/** A role that knows an address or a name of a deployment works nowhere else. */
function checkLiterals(topology: Topology, roles: ReadonlyMap<string, CompiledRole>, report: Report): void {
  const { input } = topology.deployment
  const addresses = [...topology.hosts.map((h) => h.address), ...topology.vips.map((v) => v.address)]
  const any = (texts: readonly string[]) => texts.map((t) => t.replaceAll('.', '\\.')).join('|')
  // Names below the domain are the deployment's too.
  const pattern = new RegExp(
    `((?<![\\w-])${any([input.domain])}|(?<![\\w.])(?:${any(addresses)}))(?!\\w|\\.\\w)`,
  )
  for (const role of roles.values()) {
    for (const { text, at } of [...role.literals, ...further(role)]) {
      const found = pattern.exec(text)?.[1]
      if (found)
        report.error(
          'deployment-in-role',
          `The role ${role.name} contains ${found}, which belongs to a deployment.`,
          at,
          'Make it a variable of the role, and let the service give its value.',
        )
    }
  }
}

/** Text of a role's that no task holds: defaults of its variables, and its files line by line. */
function further(role: CompiledRole): CompiledRole['literals'] {
  return [
    ...role.variables.flatMap((v) =>
      v.default === undefined ? [] : [{ text: JSON.stringify(v.default), at: role.role.site }],
    ),
    ...[...role.files]
      .filter(([path]) => path.startsWith('files/'))
      .flatMap(([path, bytes]) =>
        Buffer.from(bytes)
          .toString('utf8')
          .split('\n')
          .map((text, i) => ({ text, at: { file: `${role.folder}/${path}`, line: i + 1, column: 1 } })),
      ),
  ]
}

/** Two deployments that share a role find the same thing twice. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((f) => [JSON.stringify(f), f])).values()]
}
