import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
  /** What the rules say of each fixture. A waiver of production's that is not needed here is not theirs to judge. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>
}

export async function checkFixtures(): Promise<Checked> {
  const sources = await loadSources(root, root, folder)
  const broken = sources.findings[0]
  if (broken) throw new Error(`${broken.location?.file}: ${broken.message}`)
  const findings = new Map<string, readonly Finding[]>()
  for (const deployment of sources.deployments) {
    const found = compileProject({ ...sources, deployments: [deployment] }, {}).findings
    const code = deployment.input.name.toUpperCase()
    findings.set(
      code,
      narrowed(root, found).filter((finding) => finding.code !== 'unused-waiver'),
    )
  }
  return { rules: rulesOf(sources.services), findings }
}
