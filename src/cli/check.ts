import type { Sources } from '../compile/load.ts'
import type { CheckedProject } from '../compile/project.ts'
import { valueAt } from '../topology/issues.ts'
import { count, type Format, printFindings, printTable } from './output.ts'
import { loadProject, noDeployment, projectRoot, withPlaces } from './project.ts'

export interface CheckOptions {
  readonly format: Format
  /** Print the cases that waivers accept, too. */
  readonly waived?: boolean
}

/** `rolewright check`: what is wrong with the roles and with one deployment, or with all. Returns the exit code. */
export async function check(name: string | undefined, options: CheckOptions): Promise<number> {
  const root = projectRoot()
  const [sources, { checkProject }] = await Promise.all([loadProject(root), import('../compile/project.ts')])
  const deployments = name === undefined ? sources.deployments : [deploymentOf(sources, name)]
  const project = checkProject({ ...sources, deployments })
  const findings = await withPlaces(root, project.findings)
  const code = printFindings(findings, options.format, 'mend them before you build', project.rules)
  if (options.format === 'text') process.stdout.write(summaryOf(project, options.waived ?? false))
  return code
}

function deploymentOf({ deployments }: Sources, name: string): Sources['deployments'][number] {
  const found = deployments.find(({ input }) => nameOf(input) === name)
  if (!found)
    throw noDeployment(
      name,
      deployments.map(({ input }) => nameOf(input)),
    )
  return found
}

/** What a deployment calls itself, which nobody has looked at yet. */
const nameOf = (input: unknown): string => String(valueAt(input, ['name']))

/** How much was looked at, and what was accepted. */
function summaryOf({ deployments, rules }: CheckedProject, withWaived: boolean): string {
  return [...deployments.values()]
    .map(({ topology, judged }) => {
      const { name } = topology.deployment.input
      const waived = judged.filter(({ waiver }) => waiver)
      const rows = waived.map(({ rule, violation, waiver }) => [
        `  ${rule.code}`,
        violation.subject,
        waiver?.because ?? '',
      ])
      const hosts = count(topology.hosts.length, 'host')
      const accepted = waived.length > 0 ? `, ${count(waived.length, 'case')} accepted by waivers` : ''
      return `${name}: ${count(rules.length, 'rule')} on ${hosts}${accepted}.\n${
        withWaived && rows.length > 0 ? `${printTable(['  rule', 'of', 'because'], rows)}\n` : ''
      }`
    })
    .join('')
}
