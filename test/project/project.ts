import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** What a project becomes, by path below `generated/`, as text. */
export type Files = ReadonlyMap<string, string>

export const asText = (files: ReadonlyMap<string, string | Uint8Array>): Files =>
  new Map([...files].map(([path, content]) => [path, Buffer.from(content).toString('latin1')]))

/** The collections of which modules were imported, with their versions. */
export function collections(): Readonly<Record<string, string>> {
  const lock: { readonly collections: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(root, 'src/modules/lock.json'), 'utf8'),
  ) // written by `import module`
  return Object.fromEntries(Object.entries(lock.collections).filter(([name]) => name !== 'ansible.builtin'))
}

/** A folder of its own outside of every repository; `dispose` removes it. */
export function temporaryFolder(): { readonly path: string; readonly dispose: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'rolewright-'))
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) }
}

export function writeAll(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** Every file below a folder, relative to it, sorted. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()

export interface Outcome {
  readonly exitCode: number | undefined
  /** Both streams as they came, and the command before them. */
  readonly output: string
}

/** A program of `.venv` in a folder, with a home of its own, so that nobody's settings matter. */
export async function ansible(
  program: 'ansible-playbook' | 'ansible-lint',
  args: readonly string[],
  cwd: string,
): Promise<Outcome> {
  const home = temporaryFolder()
  try {
    const bin = join(root, '.venv/bin')
    const { exitCode, all } = await execa(join(bin, program), args, {
      cwd,
      all: true,
      reject: false,
      extendEnv: false,
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: home.path, LC_ALL: 'C.UTF-8', NO_COLOR: '1' },
    })
    return { exitCode, output: `$ ${program} ${args.join(' ')}\n${all}` }
  } finally {
    home.dispose()
  }
}

export interface Lint extends Outcome {
  /** Files that a rule looked at, relative to the folder, sorted; roles' folders are not among them. */
  readonly linted: readonly string[]
}

/** ansible-lint's production profile over everything in a folder, with the project's own configuration. */
export async function lint(folder: string): Promise<Lint> {
  const outcome = await ansible(
    'ansible-lint',
    [
      ...['--offline', '--strict', '--nocolor', '-vv'],
      ...['--project-dir', '.', '-c', join(root, '.ansible-lint')],
    ],
    folder,
  )
  const named = [...outcome.output.matchAll(/^DEBUG\s+Examining (\S+) of type /gm)].map((m) => m[1] ?? '')
  return {
    ...outcome,
    linted: [...new Set(named)].filter((path) => statSync(join(folder, path)).isFile()).sort(),
  }
}

/** The last line of ansible-lint, in numbers. */
export function summaryOf({ output }: Outcome): Readonly<Record<string, number | string>> | undefined {
  const found =
    /(\w+): (\d+) failure\(s\), (\d+) warning\(s\) in (\d+) files processed of (\d+) encountered\. Profile '(\w+)' was required, and it passed\./.exec(
      output,
    )
  return found
    ? {
        verdict: found[1] ?? '',
        failures: Number(found[2]),
        warnings: Number(found[3]),
        processed: Number(found[4]),
        encountered: Number(found[5]),
        profile: found[6] ?? '',
      }
    : undefined
}

/**
 * What it has to say of these files. It lints YAML, templates and Python. It counts each role's folder too, and a
 * file of tasks that a playbook imports a second time.
 */
export function wantedSummary(files: readonly string[]): Readonly<Record<string, number | string>> {
  const folders = new Set(files.flatMap((path) => /^roles\/[^/]+/.exec(path)?.[0] ?? [])).size
  const imported = files.filter((path) => /^[^/]+\/guard\.yml$/.test(path)).length
  return {
    verdict: 'Passed',
    failures: 0,
    warnings: 0,
    processed: files.filter(isLinted).length + folders + imported,
    encountered: files.length + folders + imported,
    profile: 'production',
  }
}

export const isLinted = (path: string): boolean => /\.(yml|j2|py)$/.test(path)
