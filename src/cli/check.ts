import type { CheckedProject } from '../compile/project.ts'
import { count, type Format, printFindings, printTable } from './output.ts'
import { deploymentsOf, loadProject, projectRoot, withPlaces } from './project.ts'
import type { WaivedCase } from './report.ts'

export interface CheckOptions {
  readonly format: Format
  /** Print the cases that waivers accept, too. */
  readonly waived?: boolean
}

/** `rolewright check`: what is wrong with the roles and with one deployment, or with all. Returns the exit code. */
export async function check(name: string | undefined, options: CheckOptions): Promise<number> {
  const { format, waived: withWaived = false } = options
  const root = projectRoot()
  const [sources, { checkProject }] = await Promise.all([loadProject(root), import('../compile/project.ts')])
  const deployments = name === undefined ? sources.deployments : deploymentsOf(sources, name)
  const project = checkProject({ ...sources, deployments })
  const findings = await withPlaces(root, project.findings)
  const waived = waivedOf(project)
  const code = printFindings(
    findings,
    format,
    'mend them before you build',
    project.rules,
    withWaived ? waived : undefined,
  )
  if (format === 'text') process.stdout.write(summaryOf(project, waived, withWaived))
  return code
}

/** How much was looked at, and what was accepted. */
function summaryOf(
  { deployments, rules }: CheckedProject,
  waived: readonly WaivedCase[],
  withWaived: boolean,
): string {
  return [...deployments.values()]
    .map(({ topology }) => {
      const { name, expects } = topology.deployment.input
      const own = waived.filter(({ deployment }) => deployment === name)
      const rows = own.map(({ code, subject, because }) => [`  ${code}`, subject, because])
      const notes = [
        ...(own.length > 0 ? [`, ${count(own.length, 'case')} accepted by waivers`] : []),
        ...(expects ? [] : ['; it expects no load, so nobody asked whether it would carry one']),
      ]
      return `${name}: ${count(rules.length, 'rule')} on ${count(topology.hosts.length, 'host')}${notes.join('')}.\n${
        withWaived && rows.length > 0 ? `${printTable(['  rule', 'of', 'because'], rows)}\n` : ''
      }`
    })
    .join('')
}

const waivedOf = ({ deployments }: CheckedProject): readonly WaivedCase[] =>
  [...deployments.entries()].flatMap(([deployment, { judged }]) =>
    judged.flatMap(({ rule, violation, waiver }) =>
      waiver
        ? [
            {
              deployment,
              code: rule.code,
              subject: violation.subject,
              message: violation.message,
              because: waiver.because,
            },
          ]
        : [],
    ),
  )
