import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { narrowed } from '../../src/cli/key-place.ts'
import { formatFindings } from '../../src/cli/report.ts'
import { loadSources } from '../../src/compile/load.ts'
import { compileProject } from '../../src/emit/project.ts'
import type { Finding } from '../../src/finding.ts'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
/** One small project for each finding's code, named by it. */
export const broken = join(root, 'test/fixtures/broken')
export const codesWithFixture: readonly string[] = readdirSync(broken).sort()

/** What `build` finds in a fixture. */
export async function findingsOf(code: string): Promise<readonly Finding[]> {
  const folder = join(broken, code)
  return narrowed(folder, (await compileProject(await loadSources(folder, root), {})).findings)
}

/** As `build` prints it. */
export const printed = (findings: readonly Finding[]): string =>
  formatFindings(findings, 'text', { color: false })

/** What the type checker says of every fixture, with the project's own options: one program for all. */
export function typeCheck(): ReadonlyMap<string, string> {
  const path = join(root, 'tsconfig.json')
  const config = ts.readConfigFile(path, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const files = codesWithFixture.flatMap((code) => ts.sys.readDirectory(join(broken, code), ['.ts']).sort())
  const program = ts.createProgram(files, options)
  const said = new Map<string, string[]>(codesWithFixture.map((code) => [code, []]))
  for (const file of files) {
    const source = program.getSourceFile(file)
    const [code = '', ...rest] = relative(broken, file).split('/')
    if (!source) throw new Error(`The type checker did not read ${file}.`)
    for (const { code: number, messageText, start = 0 } of [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]) {
      const { line, character } = source.getLineAndCharacterOfPosition(start)
      const message = ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0]
      said.get(code)?.push(`${rest.join('/')}:${line + 1}:${character + 1}  error  TS${number}  ${message}\n`)
    }
  }
  return new Map([...said].map(([code, lines]) => [code, lines.join('') || 'nothing\n']))
}
