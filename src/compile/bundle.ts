import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildFailure, build } from 'esbuild'
import { CannotRun, type Finding } from '../finding.ts'

/** What authors wrote, as one script. */
export interface Bundle {
  readonly root: string
  readonly languageRoot: string
  /** Folder of the deployments, relative to `root`. */
  readonly inventory: string
  /** The author's files in the order in which they are loaded, relative to `root`. */
  readonly files: readonly string[]
  /** Undefined where a file could not be read. */
  readonly script: { readonly code: string; readonly map: string } | undefined
  readonly findings: readonly Finding[]
}

/** What the program that evaluates the script hands in, so that both share it. */
export const SHARED_MODULES = ['#dsl', '#dsl/module', '#topology', 'zod'] as const

/**
 * Bundles roles, services, playbooks and deployments of the project in `root`; typed modules (`#modules/…`) come from the
 * language's sources. `inventory` is the folder of the deployments. Throws `CannotRun` where there is nothing to load.
 */
export async function bundleSources(
  root: string,
  languageRoot: string,
  inventory = 'inventory',
): Promise<Bundle> {
  const files = findFiles(root, inventory)
  if (files.length === 0)
    throw new CannotRun(
      `There are no roles-src/<role>/role.ts and no inventory/*.ts in ${root}.`,
      'Run it in the folder of the project, or make a role with `rolewright new role <name>`.',
    )
  const of = { root, languageRoot, inventory, files }
  const entry = `module.exports = {\n${files.map((f) => `${JSON.stringify(f)}: () => require(${JSON.stringify(`./${f}`)}),`).join('\n')}\n}`
  try {
    const { outputFiles } = await build({
      stdin: { contents: entry, resolveDir: root, sourcefile: 'entry.js' },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      external: [...SHARED_MODULES],
      alias: { '#modules': join(languageRoot, 'src/modules') },
      loader: { '.md': 'text' },
      sourcemap: 'external',
      sourcesContent: false,
      outfile: 'author.js',
      write: false,
      logLevel: 'silent',
      absWorkingDir: root,
      keepNames: false,
    })
    const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
    return { ...of, script: { code: text('.js'), map: text('.map') }, findings: [] }
  } catch (error) {
    const findings = syntaxFindings(error)
    if (findings.length === 0) throw error
    return { ...of, script: undefined, findings }
  }
}

function syntaxFindings(error: unknown): readonly Finding[] {
  const { errors = [] } = error as Partial<BuildFailure>
  return errors.map(({ text, location }) => ({
    code: 'syntax',
    severity: 'error',
    message: text,
    ...(location
      ? { location: { file: location.file, line: location.line, column: location.column + 1 } }
      : {}),
  }))
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
