import { printPage } from '../capacity/page.ts'
import { effectsOf } from '../capacity/scale-up.ts'
import { surveyOf } from '../capacity/survey.ts'
import { optionsOf } from '../compile/inventory.ts'
import { checkProject } from '../compile/project.ts'
import { CannotRun } from '../finding.ts'
import { expectedLoad, scaledTo } from '../topology/load.ts'
import { printFindings, printTable } from './output.ts'
import { deploymentsOf, loadProject, projectRoot, withPlaces } from './project.ts'

export interface CapacityOptions {
  /** Users in place of those that the deployment expects; what comes from them grows with them. */
  readonly users?: number
  readonly format: 'text' | 'json'
}

/**
 * `rolewright capacity`: what a load demands of a deployment, and what breaks first. It is printed whatever rules say of the
 * deployment: rules are `check`'s. Returns the exit code, 1 where nothing follows from the deployment. Throws `CannotRun`.
 */
export async function capacity(name: string, { users, format }: CapacityOptions): Promise<number> {
  const root = projectRoot()
  const sources = await loadProject(root)
  const project = checkProject({ ...sources, deployments: deploymentsOf(sources, name) })
  const topology = project.deployments.get(name)?.topology
  if (!topology)
    return printFindings(await withPlaces(root, project.findings), 'text', 'nothing can be computed')
  const expected = expectedLoad(topology.deployment.input)
  if (!expected)
    throw new CannotRun(
      `${name} does not say what it expects.`,
      "Write expects: { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '200 GB' }.",
    )
  const load = users === undefined ? expected : scaledTo(expected, users)
  const survey = surveyOf(topology, load)
  const effects = effectsOf(topology, sources.services, (service) => optionsOf(service, topology), load)
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify({ deployment: name, ...survey, scaleUps: effects }, undefined, 2)}\n`
      : printPage(name, survey, effects, printTable),
  )
  return 0
}
