import { join } from 'node:path'
import production from '../../inventory/production.ts'
import { loadSources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import { type Deployment, type DeploymentChanges, extend } from '../../src/topology/deployment.ts'
import { asText, collections, type Files, root } from '../project/project.ts'

const sources = loadSources(root, root)
type Changes = Omit<
  DeploymentChanges<keyof typeof production.input.hosts, keyof typeof production.input.vips>,
  'name'
>

export interface Variant {
  readonly project: CompiledProject
  /** What is generated, by path below the deployment's folder. */
  readonly files: Files
  readonly findings: readonly string[]
}

/** Production with changes, compiled. Services set to undefined are left out. */
export async function variant(changes: Changes): Promise<Variant> {
  const changed = extend(production, { name: 'variant', ...changes })
  const given = Object.entries(changed.input.services).filter(
    ([name]) => !(name in (changes.services ?? {})) || changes.services?.[name as 'storage'] !== undefined,
  )
  return compiled({ ...changed, input: { ...changed.input, services: Object.fromEntries(given) } })
}

/** A deployment of the name `variant`, compiled. */
export async function compiled(deployment: Deployment): Promise<Variant> {
  const project = await compileProject({ ...(await sources), deployments: [deployment] }, collections())
  const files = new Map(
    [...asText(project.files)].flatMap(([path, text]) =>
      path.startsWith('variant/') ? [[path.slice('variant/'.length), text] as const] : [],
    ),
  )
  return { project, files, findings: project.findings.map(({ message }) => message) }
}

/** A generated file of the repository's roles. */
export const roleFile = (project: CompiledProject, path: string): string =>
  asText(project.files).get(`roles/${path}`) ?? ''

export const scriptOf = (role: string, file: string) => join(root, 'roles-src', role, 'files', file)
