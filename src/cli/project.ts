import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleSources } from '../compile/bundle.ts'
import type { Sources } from '../compile/load.ts'
import type { CompiledProject } from '../emit/project.ts'
import { CannotRun, type Finding } from '../finding.ts'
import type { Deployment } from '../topology/deployment.ts'
import { valueAt } from '../topology/issues.ts'

/** Folder of rolewright itself: the language's sources lie below it, whether we run from `src/` or from `dist/`. */
export const languageRoot = findUp(dirname(fileURLToPath(import.meta.url)), 'src/dsl/index.ts') ?? ''

function findUp(from: string, marker: string): string | undefined {
  if (existsSync(join(from, marker))) return from
  return dirname(from) === from ? undefined : findUp(dirname(from), marker)
}

/** The project's folder: the nearest above the current one that has `roles-src/` or `inventory/`. Throws `CannotRun`. */
export function projectRoot(): string {
  const root = findUp(process.cwd(), 'roles-src') ?? findUp(process.cwd(), 'inventory')
  if (!root)
    throw new CannotRun(
      'This is no project of rolewright: there is neither roles-src/ nor inventory/ here or above.',
    )
  return root
}

/** Collections with the versions whose modules were imported. */
function readCollections(): Readonly<Record<string, string>> {
  const path = join(languageRoot, 'src/modules/lock.json')
  const lock: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const all =
    typeof lock === 'object' && lock !== null && 'collections' in lock
      ? (lock.collections as Record<string, string>)
      : {} // written by `import module`
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'ansible.builtin'))
}

/** What to say of a deployment that there is not, with those that there are. */
export const noDeployment = (name: string, known: Iterable<string>, where = ''): CannotRun =>
  new CannotRun(`There is no deployment "${name}"${where}.`, `Deployments: ${[...known].join(', ')}.`)

/**
 * The deployment of this name, or all of it, should several have it. None where it is missing and what was found on loading may
 * be the reason. Throws `CannotRun` where there is none for no other reason.
 */
export function deploymentsOf({ deployments, findings }: Sources, name: string): Sources['deployments'] {
  // What a deployment calls itself, which nobody has looked at yet.
  const nameOf = ({ input }: Deployment) => String(valueAt(input, ['name']))
  const found = deployments.filter((deployment) => nameOf(deployment) === name)
  if (found.length === 0 && !findings.some(({ severity }) => severity === 'error'))
    throw noDeployment(name, deployments.map(nameOf))
  return found
}

/** Loads what the authors of the project in `root` wrote. While esbuild bundles it, this process loads the compiler. Throws `CannotRun`. */
export async function loadProject(root: string): Promise<Sources> {
  const bundling = bundleSources(root, languageRoot)
  const [bundle, { evaluateBundle }] = await Promise.all([bundling, import('../compile/load.ts')])
  return evaluateBundle(bundle)
}

/** Loads and compiles the project in `root`. */
export async function openProject(root: string): Promise<CompiledProject> {
  const [sources, { compileProject }] = await Promise.all([loadProject(root), import('../emit/project.ts')])
  const project = await compileProject(sources, readCollections())
  return { ...project, findings: await withPlaces(root, project.findings) }
}

/** Findings at the keys that they are about. The parser is loaded only when one needs it: it takes longer than the build. */
export async function withPlaces(root: string, findings: readonly Finding[]): Promise<readonly Finding[]> {
  return findings.some(({ keys }) => keys)
    ? (await import('./key-place.ts')).narrowed(root, findings)
    : findings
}
