import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import vm from 'node:vm'
import * as zod from 'zod'
import { AuthorError } from '../dsl/expr.ts'
import * as dsl from '../dsl/index.ts'
import * as moduleApi from '../dsl/module.ts'
import { isPlaybook, type Playbook } from '../dsl/playbook.ts'
import { isRole, type Role } from '../dsl/role.ts'
import { AUTHOR_SCRIPT, type CallSite } from '../dsl/source.ts'
import type { Finding, SourceLocation } from '../finding.ts'
import { ARTIFACT_LOCK, type ArtifactLock, parseArtifactLock } from '../topology/artifact.ts'
import { type Deployment, isDeployment } from '../topology/deployment.ts'
import * as topology from '../topology/index.ts'
import { isService, type Service } from '../topology/service.ts'
import { type Bundle, bundleSources, type SHARED_MODULES } from './bundle.ts'
import type { RoleFiles } from './role.ts'
import { siteOf } from './site.ts'

/** Everything that authors wrote, loaded. */
export interface Sources {
  readonly roles: readonly { readonly role: Role; readonly folder: string; readonly files: RoleFiles }[]
  readonly services: readonly Service[]
  readonly playbooks: readonly Playbook[]
  readonly deployments: readonly Deployment[]
  readonly artifacts: ArtifactLock
  readonly locate: (site: CallSite | undefined) => SourceLocation | undefined
  readonly findings: readonly Finding[]
}

// Most schemas judge a few values once: to compile them first takes longer than it saves.
zod.config({ jitless: true })

/** Modules of the language, given to the author's code instead of being bundled into it, so that both share them. */
const SHARED: Readonly<Record<(typeof SHARED_MODULES)[number], unknown>> = {
  '#dsl': dsl,
  '#topology': topology,
  '#dsl/module': moduleApi,
  zod,
}

/**
 * Loads roles, services, playbooks and deployments of the project in `root`. `inventory` is the folder of the deployments.
 * Throws `CannotRun` where there is nothing to load.
 */
export const loadSources = async (
  root: string,
  languageRoot: string,
  inventory = 'inventory',
): Promise<Sources> => evaluateBundle(await bundleSources(root, languageRoot, inventory))

/** Evaluates what authors wrote. Each file is evaluated on its own, so that one that fails hides no finding of the others. */
export function evaluateBundle({
  root,
  languageRoot,
  inventory,
  files,
  script,
  findings: found,
}: Bundle): Sources {
  const findings = [...found]
  if (!script)
    return {
      roles: [],
      services: [],
      playbooks: [],
      deployments: [],
      artifacts: new Map(),
      locate: () => undefined,
      findings,
    }
  const locate = lazyLocate(script.map, root)
  const loaders = evaluate(script.code, requireFrom(root, languageRoot))

  const values = files.map((file) => {
    try {
      return { file, value: loaders[file]?.()['default'] }
    } catch (error) {
      const site = error instanceof AuthorError ? error.site : siteOf(error)
      const location = locate(site)
      findings.push({
        code: error instanceof AuthorError ? error.code : 'load-failed',
        severity: 'error',
        message: error instanceof Error ? error.message : String(error),
        ...(error instanceof AuthorError && error.hint ? { hint: error.hint } : {}),
        location: location ?? { file, line: 1, column: 1 },
      })
      return { file, value: undefined }
    }
  })
  const inInventory = { test: (file: string) => file.startsWith(`${inventory}/`) }
  const failed = new Set(findings.map((f) => f.location?.file))
  const pick = <T>(pattern: Pick<RegExp, 'test'>, is: (value: unknown) => value is T, what: string) =>
    values
      .filter(({ file }) => pattern.test(file))
      .flatMap(({ file, value }) => {
        if (is(value)) return [{ file, value }]
        if (value !== undefined || !failed.has(file))
          findings.push({
            code: 'wrong-export',
            severity: 'error',
            message: `The default export of ${file} is no ${what}.`,
            location: { file, line: 1, column: 1 },
          })
        return []
      })
  return {
    roles: pick(/\/role\.ts$/, isRole, 'role').map(({ file, value }) => ({
      role: value,
      folder: file.replace(/\/role\.ts$/, ''),
      files: readRoleFiles(root, file.replace(/\/role\.ts$/, '')),
    })),
    services: pick(/\/service\.ts$/, isService, 'service').map(({ value }) => value),
    playbooks: pick(/playbooks\//, isPlaybook, 'playbook').map(({ value }) => value),
    deployments: pick(inInventory, isDeployment, 'deployment').map(({ value }) => value),
    artifacts: readArtifactLock(root, findings),
    locate,
    findings,
  }
}

function evaluate(
  code: string,
  requireFromProject: (name: string) => unknown,
): Readonly<Record<string, () => Readonly<Record<string, unknown>>>> {
  const load = new vm.Script(`(function (module, require) {${code}\n})`, {
    filename: AUTHOR_SCRIPT,
  }).runInThisContext()
  const module = { exports: {} }
  load(module, (name: string): unknown =>
    Object.hasOwn(SHARED, name) ? SHARED[name as keyof typeof SHARED] : requireFromProject(name),
  )
  return module.exports
}

/** Packages come from the project, and what it does not have from the language's own. */
function requireFrom(root: string, languageRoot: string): (name: string) => unknown {
  const [own, language] = [root, languageRoot].map((folder) => createRequire(join(folder, 'package.json')))
  return (name) => {
    try {
      return own?.(name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error // of require's own
      return language?.(name)
    }
  }
}

/** The source map is read when the first finding needs it. */
function lazyLocate(map: string, root: string): Sources['locate'] {
  let trace: ((line: number, column: number) => SourceLocation | undefined) | undefined
  return (site) => {
    if (!site) return undefined
    if (!trace) {
      const { TraceMap, originalPositionFor } = createRequire(import.meta.url)(
        '@jridgewell/trace-mapping',
      ) as typeof import('@jridgewell/trace-mapping') // loaded only when needed
      const traced = new TraceMap(map)
      trace = (line, column) => {
        const found = originalPositionFor(traced, { line, column: Math.max(0, column - 1) })
        return found.source === null
          ? undefined
          : { file: relative(root, join(root, found.source)), line: found.line, column: found.column + 1 }
      }
    }
    return trace(site.line, site.column)
  }
}

function readArtifactLock(root: string, findings: Finding[]): ArtifactLock {
  const path = join(root, ARTIFACT_LOCK)
  if (!existsSync(path)) return new Map()
  const { artifacts, problems } = parseArtifactLock(readFileSync(path, 'utf8'))
  for (const message of problems)
    findings.push({
      code: 'invalid-artifact',
      severity: 'error',
      message,
      location: { file: ARTIFACT_LOCK, line: 1, column: 1 },
    })
  return artifacts
}

function readRoleFiles(root: string, folder: string): RoleFiles {
  const files = new Map<string, Uint8Array>()
  const walk = (path: string) => {
    for (const entry of readdirSync(join(root, folder, path), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (entry.isDirectory()) walk(`${path}/${entry.name}`)
      else files.set(`${path}/${entry.name}`, readFileSync(join(root, folder, path, entry.name)))
    }
  }
  for (const path of ['files', 'templates']) if (existsSync(join(root, folder, path))) walk(path)
  return files
}
