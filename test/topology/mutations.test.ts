import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import production from '../../inventory/production.ts'
import { type Compiler, compileDeployment } from '../../src/compile/deployment.ts'
import { loadSources } from '../../src/compile/load.ts'
import { compileRoles } from '../../src/compile/project.ts'
import { Report } from '../../src/compile/scope.ts'
import { emitFiles } from '../../src/emit/project.ts'
import type { Finding } from '../../src/finding.ts'
import type { Deployment } from '../../src/topology/deployment.ts'
import { valueAt } from '../../src/topology/issues.ts'
import type { Place } from '../../src/topology/rule.ts'
import { deploymentInput } from '../../src/topology/schema.ts'
import { walk } from '../../src/topology/schema-walk.ts'
import { written } from '../../src/topology/validate.ts'
import harbour from '../fixtures/deployments/harbour.ts'
import other from '../fixtures/deployments/other.ts'
import small from '../fixtures/deployments/small.ts'
import { root } from '../project/project.ts'
import { mutate, mutationOf, optionsFor } from './hostile.ts'

/**
 * The same runs every time, so that a run fails for what somebody changed alone; `FC_SEED` has others made, and fast-check
 * prints the seed of a failure. What does not fit into the time (milliseconds) was not needed to trust the rest.
 */
const BOUND = {
  seed: Number(process.env['FC_SEED'] ?? 1),
  numRuns: 500,
  interruptAfterTimeLimit: Number(process.env['FC_TIME'] ?? 7000),
  markInterruptAsFailure: false,
}

const deployments: readonly Deployment[] = [small, other, harbour, production]
let compiler: Compiler
beforeAll(async () => {
  const sources = await loadSources(root, root)
  compiler = { ...sources, roles: compileRoles(sources, new Report(() => undefined)) }
})

/** What is found of a deployment that says this. What has no errors is emitted, too. */
async function findingsOf(deployment: Deployment, input: unknown): Promise<readonly Finding[]> {
  const report = new Report(() => undefined)
  const changed = { ...deployment, input: input as Deployment['input'] } // that it may be none is what is tested
  const compiled = compileDeployment(changed, compiler, report)
  if (compiled && !report.failed) expect((await emitFiles(compiled, {}, report)).size).toBeGreaterThan(5)
  else expect(report.failed).toBe(true)
  return report.findings
}

/** A finding is for people: it is no crash, and shows nothing of the language's insides. */
function expectReadable(findings: readonly Finding[]): void {
  for (const { code, message, hint = '' } of findings) {
    expect(code, message).not.toBe('author-code-failed')
    expect(message).toMatch(/^.{5,}[.?]$/u)
    expect(`${message} ${hint}`).not.toMatch(
      /\n|\bundefined\b|\bNaN\b|\[object|^\s+at |Cannot read|is not a function/,
    )
  }
}

/** The places at which a schema refuses a value; zod's own words for them do not matter here. */
function refusedBy(schema: z.ZodType, value: unknown): readonly Place[] {
  const issues = schema.safeParse(value).error?.issues ?? []
  return [
    ...issues.map(({ path }) => path.map((key) => (typeof key === 'number' ? key : String(key)))),
    ...walk(schema, value).unknown.map(({ at }) => at),
  ]
}

describe('a deployment that was changed by one stroke', () => {
  it('is found wrong at the field, or has all that follows from it; nothing crashes', async () => {
    const changes = fc
      .constantFrom(...deployments)
      .chain((deployment) => mutationOf(deployment.input).map((mutation) => ({ deployment, mutation })))
    await fc.assert(
      fc.asyncProperty(changes, async ({ deployment, mutation }) => {
        const input = mutate(deployment.input, mutation)
        const findings = await findingsOf(deployment, input)
        expectReadable(findings)
        for (const place of refusedBy(deploymentInput, input))
          expect(findings.map(({ message }) => message).join('\n')).toContain(`${written(place)}: `)
        for (const { definition } of compiler.services) {
          const options = valueAt(input, ['services', definition.name])
          if (options === undefined || refusedBy(deploymentInput, input).length > 0) continue
          if (refusedBy(definition.options, options).length > 0)
            expect(findings.map(({ message }) => message).join('\n')).toContain(`services.${definition.name}`)
        }
      }),
      BOUND,
    )
  })
})

describe('options of a service, made from its schema', () => {
  it('are found wrong, or all follows from them; nothing crashes', async () => {
    const options = fc
      .record({
        deployment: fc.constantFrom(...deployments),
        service: fc.integer({ min: 0, max: compiler.services.length - 1 }),
      })
      .chain(({ deployment, service }) => {
        const { name, options: schema } = compiler.services[service]!.definition
        const names = { host: Object.keys(deployment.input.hosts), vip: Object.keys(deployment.input.vips) }
        return fc
          .tuple(optionsFor(schema, names), fc.boolean())
          .chain(([value, spoilt]) =>
            spoilt ? mutationOf(value).map((mutation) => mutate(value, mutation)) : fc.constant(value),
          )
          .map((value) => ({ deployment, name, schema, value }))
      })
    await fc.assert(
      fc.asyncProperty(options, async ({ deployment, name, schema, value }) => {
        const input = { ...deployment.input, services: { ...deployment.input.services, [name]: value } }
        const findings = await findingsOf(deployment, input)
        expectReadable(findings)
        if (value !== undefined && refusedBy(schema, value).length > 0)
          expect(findings.map(({ message }) => message).join('\n')).toContain(`services.${name}`)
      }),
      BOUND,
    )
  })
})
