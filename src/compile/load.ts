import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import vm from 'node:vm'
import { build, type Plugin } from 'esbuild'
import * as zod from 'zod'
import { AuthorError } from '../dsl/expr.ts'
import * as dsl from '../dsl/index.ts'
import * as moduleApi from '../dsl/module.ts'
import { isPlaybook, type Playbook } from '../dsl/playbook.ts'
import { isRole, type Role } from '../dsl/role.ts'
import { AUTHOR_SCRIPT, type CallSite } from '../dsl/source.ts'
import { CannotRun, type Finding, type SourceLocation } from '../finding.ts'
import { ARTIFACT_LOCK, type ArtifactLock, parseArtifactLock } from '../topology/artifact.ts'
import { type Deployment, isDeployment } from '../topology/deployment.ts'
import * as topology from '../topology/index.ts'
import { isService, type Service } from '../topology/service.ts'
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

/** Modules of the language, given to the author's code instead of being bundled into it, so that both share them. */
const SHARED: Readonly<Record<string, unknown>> = {
  '#dsl': dsl,
  '#topology': topology,
  '#dsl/module': moduleApi,
  zod,
}

/** The author's files in the order in which they are loaded. */
function findFiles(root: string, inventory: string): readonly string[] {
  const list = (folder: string) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
      : []
  const roles = list('roles-src')
    .filter((entry) => entry.isDirectory() && entry.name !== 'playbooks')
    .flatMap((entry) =>
      ['role.ts', 'service.ts']
        .map((f) => `roles-src/${entry.name}/${f}`)
        .filter((f) => existsSync(join(root, f))),
    )
  const ofFolder = (folder: string) =>
    list(folder)
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => `${folder}/${entry.name}`)
  return [...roles, ...ofFolder('roles-src/playbooks'), ...ofFolder(inventory)]
}

/** `#modules/x` is bundled from the language's sources; the language itself and libraries are handed in. */
const shared = (languageRoot: string): Plugin => ({
  name: 'rolewright',
  setup(setup) {
    setup.onResolve({ filter: /^(#dsl|#topology|zod)$/ }, ({ path }) => ({ path, external: true }))
    setup.onResolve({ filter: /\/dsl\/module\.ts$/ }, () => ({ path: '#dsl/module', external: true }))
    setup.onResolve({ filter: /^#modules\// }, ({ path }) => ({
      path: join(languageRoot, 'src/modules', `${path.slice('#modules/'.length)}.ts`),
    }))
  },
})

/**
 * Loads roles, services, playbooks and deployments of the project in `root`. Each file is evaluated on its own, so that one
 * that fails hides no finding of the others. `inventory` is the folder of the deployments. Throws `CannotRun` where there is
 * nothing to load.
 */
export async function loadSources(
  root: string,
  languageRoot: string,
  inventory = 'inventory',
): Promise<Sources> {
  const files = findFiles(root, inventory)
  if (files.length === 0)
    throw new CannotRun(
      `There are no roles-src/<role>/role.ts and no inventory/*.ts in ${root}.`,
      'Run it in the folder of the project, or make a role with `rolewright new role <name>`.',
    )
  const entry = `module.exports = {\n${files.map((f) => `${JSON.stringify(f)}: () => require(${JSON.stringify(`./${f}`)}),`).join('\n')}\n}`
  const findings: Finding[] = []
  const result = await build({
    stdin: { contents: entry, resolveDir: root, sourcefile: 'entry.js' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    loader: { '.md': 'text' },
    sourcemap: 'external',
    outfile: 'author.js',
    write: false,
    logLevel: 'silent',
    absWorkingDir: root,
    plugins: [shared(languageRoot)],
    keepNames: false,
  }).catch(
    (error: {
      readonly errors?: readonly {
        readonly text: string
        readonly location?: { readonly file: string; readonly line: number; readonly column: number } | null
      }[]
    }) => {
      for (const { text, location } of error.errors ?? [])
        findings.push({
          code: 'syntax',
          severity: 'error',
          message: text,
          ...(location
            ? { location: { file: location.file, line: location.line, column: location.column + 1 } }
            : {}),
        })
      if (findings.length === 0) throw error
      return undefined
    },
  )
  if (!result)
    return {
      roles: [],
      services: [],
      playbooks: [],
      deployments: [],
      artifacts: new Map(),
      locate: () => undefined,
      findings,
    }
  const [map, code] = [
    result.outputFiles.find((f) => f.path.endsWith('.map')),
    result.outputFiles.find((f) => f.path.endsWith('.js')),
  ]
  const locate = lazyLocate(map?.text ?? '', root)
  const loaders = evaluate(code?.text ?? '', requireFrom(root, languageRoot))

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
    Object.hasOwn(SHARED, name) ? SHARED[name] : requireFromProject(name),
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
