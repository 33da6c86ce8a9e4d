import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { narrowed } from '../../src/cli/key-place.ts'
import { optionsOf } from '../../src/compile/inventory.ts'
import { loadSources } from '../../src/compile/load.ts'
import { Report } from '../../src/compile/scope.ts'
import type { Finding } from '../../src/finding.ts'
import { judgePlan, judgeTopology, reportJudged, rulesOf } from '../../src/rules/check.ts'
import type { ArtifactLock } from '../../src/topology/artifact.ts'
import type { Deployment } from '../../src/topology/deployment.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import type { RuleText } from '../../src/topology/rule.ts'
import type { Service } from '../../src/topology/service.ts'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
/** A deployment for each rule, named by its code. A comment `// <- CODE` marks every line that a rule has to name. */
export const folder = 'test/fixtures/rules'
export const codesWithFixture: readonly string[] = readdirSync(join(root, folder))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort()

/** Codes of what a fixture causes in lines of the deployment that it changes: `// Elsewhere: CODE.` above it. */
export const elsewhereOf = (code: string): readonly string[] =>
  (
    /^\/\/ Elsewhere: ([A-Z0-9 -]+)\.$/m.exec(readFileSync(join(root, folder, `${code}.ts`), 'utf8'))?.[1] ??
    ''
  )
    .split(' ')
    .filter((found) => found !== '')

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
  const own = await loadSources(root, root, folder)
  // A service of nobody's roles, for what no service of ours does.
  const village = await loadSources(join(root, 'test/fixtures/deployments/services'), root)
  const services = [...own.services, ...village.services]
  const broken = [...own.findings, ...village.findings][0]
  if (broken) throw new Error(`${broken.location?.file}: ${broken.message}`)
  const found = own.deployments.flatMap((deployment) => {
    const report = new Report(own.locate)
    judgeAll(deployment, services, own.artifacts, report)
    return report.findings.map((finding) => ({ code: deployment.input.name.toUpperCase(), finding }))
  })
  // All at once, since each file is read anew otherwise.
  const placed = narrowed(
    root,
    found.map(({ finding }) => finding),
  )
  const findings = new Map<string, Finding[]>(
    own.deployments.map(({ input }) => [input.name.toUpperCase(), []]),
  )
  for (const [i, finding] of placed.entries()) findings.get(found[i]?.code ?? '')?.push(finding)
  return { rules: rulesOf(own.services), findings }
}

/** What follows from a deployment as far as rules look: no role is compiled for it. */
function judgeAll(
  deployment: Deployment,
  services: readonly Service[],
  artifacts: ArtifactLock,
  report: Report,
): void {
  const plan = judgePlan(deployment)
  reportJudged(plan, deployment, report)
  if (plan.some(({ rule, waiver }) => rule.severity === 'error' && !waiver)) return
  const topology = deriveTopology(deployment, services, report, artifacts)
  if (!topology) return
  const judged = judgeTopology(topology, services, (service) => optionsOf(service, topology))
  reportJudged(judged, deployment, report)
}
