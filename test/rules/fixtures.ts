import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { narrowed } from '../../src/cli/key-place.ts'
import { loadSources } from '../../src/compile/load.ts'
import { compileProject } from '../../src/compile/project.ts'
import type { Finding } from '../../src/finding.ts'
import { rulesOf } from '../../src/rules/check.ts'
import type { RuleText } from '../../src/topology/rule.ts'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
/** A deployment for each rule, named by its code. A comment `// <- CODE` marks every line that a rule has to name. */
export const folder = 'test/fixtures/rules'
export const codesWithFixture: readonly string[] = readdirSync(join(root, folder))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort()

/** `CODE line` of every mark in a fixture, sorted. */
export const marksOf = (code: string): readonly string[] =>
  readFileSync(join(root, folder, `${code}.ts`), 'utf8')
    .split('\n')
    .flatMap((text, i) =>
      [...text.matchAll(/\/\/ <- ([A-Z0-9 -]+)$/g)].map((found) => ({ i, codes: found[1] ?? '' })),
    )
    .flatMap(({ i, codes }) => codes.split(' ').map((found) => `${found} ${i + 1}`))
    .sort()

export interface Checked {
  readonly rules: readonly RuleText[]
  /** What is said of each fixture: all that has a place in its file. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>
  /** What has its place anywhere else, such as in the deployment that fixtures change. */
  readonly elsewhere: readonly Finding[]
}

/** Compiles all fixtures at once, since roles are compiled anew each time. */
export async function checkFixtures(): Promise<Checked> {
  const sources = await loadSources(root, root, folder)
  const broken = sources.findings[0]
  if (broken) throw new Error(`${broken.location?.file}: ${broken.message}`)
  const all = narrowed(root, compileProject(sources, {}).findings)
  const codeOf = ({ location }: Finding) => {
    const { dir, name } = parse(location?.file ?? '')
    return dir === folder ? name : ''
  }
  const findings = new Map<string, Finding[]>()
  for (const finding of all) {
    const code = codeOf(finding)
    findings.set(code, [...(findings.get(code) ?? []), finding])
  }
  return { rules: rulesOf(sources.services), findings, elsewhere: findings.get('') ?? [] }
}
