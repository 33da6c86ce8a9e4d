import type { Finding } from '../finding.ts'
import { rulesOf } from '../rules/check.ts'
import type { Deployment } from '../topology/deployment.ts'
import { valueAt } from '../topology/issues.ts'
import { causeOf } from '../topology/place.ts'
import type { RuleText } from '../topology/rule.ts'
import { type CompiledDeployment, compileDeployment } from './deployment.ts'
import type { Sources } from './load.ts'
import { type CompiledRole, compileRole } from './role.ts'
import { Report } from './scope.ts'

/** What a project says, compiled as far as what is wrong with it allows. */
export interface CheckedProject {
  readonly roles: ReadonlyMap<string, CompiledRole>
  readonly deployments: ReadonlyMap<string, CompiledDeployment>
  readonly findings: readonly Finding[]
  /** The rules that were asked. */
  readonly rules: readonly RuleText[]
}

/** All that is wrong with a project. Text, which takes longer than all else, is made of none of it. */
export function checkProject(sources: Sources): CheckedProject {
  const report = new Report(sources.locate)
  const roles = compileRoles(sources, report)
  const deployments = new Map<string, CompiledDeployment>()
  for (const deployment of unambiguous(sources, report)) {
    const compiled = compileDeployment(deployment, { ...sources, roles }, report)
    if (compiled) deployments.set(deployment.input.name, compiled)
  }
  return {
    roles,
    deployments,
    findings: unique([...sources.findings, ...report.findings]),
    rules: rulesOf(sources.services),
  }
}

/** The deployments with a name of their own; of several with one name the first, and a finding for each other. */
function unambiguous({ deployments, locate }: Sources, report: Report): Sources['deployments'] {
  const first = new Map<unknown, Deployment>()
  for (const deployment of deployments) {
    const name = valueAt(deployment.input, ['name']) // nobody has looked at it yet
    const other = first.get(name)
    if (other === undefined) first.set(name, deployment)
    else
      report.error(
        'duplicate-deployment',
        `Two deployments are called "${name}": this one, and that of ${locate(other.site)?.file ?? 'another file'}.`,
        causeOf(deployment, ['name']),
        'Give each a name of its own: it names the folder of what is generated, and the marker of its hosts.',
      )
  }
  return [...first.values()]
}

/** The roles by name. What is wrong with them goes to the report. */
export function compileRoles(
  sources: Pick<Sources, 'roles'>,
  report: Report,
): ReadonlyMap<string, CompiledRole> {
  const roles = new Map<string, CompiledRole>()
  for (const { role, folder, files } of sources.roles) {
    if (roles.has(role.definition.name))
      report.error('duplicate-role', `Two roles are called "${role.definition.name}".`, role.site)
    roles.set(role.definition.name, compileRole(role, folder, files, report))
  }
  return roles
}

/** Two deployments that share a role find the same thing twice. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((f) => [JSON.stringify(f), f])).values()]
}
