import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { linesOf, toLine } from '../../roles-src/conformance/reading.ts'
import type { Holder, Statement } from '../../roles-src/conformance/statement.ts'
import { CHAPTERS } from '../../roles-src/conformance/statements/index.ts'
import { ALERT_GROUPS } from '../../roles-src/monitoring/rules/index.ts'
import { variables as questions } from '../../roles-src/verify/variables.ts'
import callRole from '../../roles-src/verify_calls/role.ts'
import { wholeRule } from '../../src/cli/explain-rule.ts'
import { loadSources, type Sources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import { rulesOf } from '../../src/rules/check.ts'
import { root } from '../project/project.ts'
import { bytes, lines, SEED, statementLines } from './seed.ts'

const statements = CHAPTERS.flatMap((chapter) => chapter.statements)
const covered = (statement: Statement): readonly number[] => {
  const { first, last } = linesOf(statement.lines)
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

let sources: Sources
let project: CompiledProject
beforeAll(async () => {
  sources = await loadSources(root, root)
  project = await compileProject(sources, {})
})

describe('the seed', () => {
  it('is what was given, to the byte', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'f6da9eb640c510992cf5b5bdc56c4813aff3699a663513031244189f80b39578',
    )
    expect(lines).toHaveLength(924 + 1)
  })
})

describe('the statements', () => {
  const stating = new Set(statementLines())

  it('cover every line of the seed that states something', () => {
    const all = new Set(statements.flatMap(covered))
    const missing = [...stating].filter((line) => !all.has(line))
    expect(missing.map((line) => `${line}: ${lines[line - 1]}`)).toEqual([])
  })

  it('cover no line twice, so that none has two verdicts', () => {
    const all = statements.flatMap(covered)
    expect(all.filter((line, i) => all.indexOf(line) !== i)).toEqual([])
  })

  it('begin and end with a line that states something, and reach over no heading', () => {
    const wrong = statements.filter((statement) => {
      const { first, last } = linesOf(statement.lines)
      const fenced = lines.slice(0, first).filter((line) => line.startsWith('```')).length % 2 === 1
      const headings = fenced ? /^```/ : /^(#|```)/
      return (
        !stating.has(first) ||
        !stating.has(last) ||
        lines.slice(first - 1, last).some((line) => headings.test(line))
      )
    })
    expect(wrong.map((statement) => statement.lines)).toEqual([])
  })

  it('stand in the order of the seed', () => {
    const begins = statements.map((statement) => linesOf(statement.lines).first)
    expect(begins).toEqual(begins.toSorted((a, b) => a - b))
  })

  it('say why, where they are not kept as they are said', () => {
    for (const { lines: where, verdict, why } of statements)
      if (verdict === 'kept') expect(why, where).toBeUndefined()
      else expect(why, where).toMatch(/^[^\n]{15,}\.$/)
  })

  it('are held by something each', () => {
    expect(statements.filter(({ heldBy }) => heldBy.length === 0).map(({ lines }) => lines)).toEqual([])
    for (const { lines: where, heldBy } of statements) {
      const names = heldBy.map((holder) => JSON.stringify(holder))
      expect(new Set(names).size, where).toBe(names.length)
    }
  })
})

describe('what holds them', () => {
  const holders = [
    ...new Map(
      statements.flatMap(({ heldBy }) => heldBy).map((holder) => [JSON.stringify(holder), holder]),
    ).values(),
  ]
  const alerts = new Set(
    ALERT_GROUPS.flatMap((group) => [...group.alerts]).map(({ name }: { readonly name: string }) => name),
  )

  /** Whether there is such a thing, and production has it. */
  function exists(holder: Holder): boolean {
    const production = project.deployments.get('production')
    if ('rule' in holder) return rulesOf(sources.services).some(({ code }) => code === holder.rule)
    if ('role' in holder) return rolesOfPlaybooks().has(holder.role)
    if ('verify' in holder)
      return holder.verify in questions || Object.keys(callRole.definition.vars ?? {}).includes(holder.verify)
    if ('drill' in holder) return existsSync(join(root, 'test/drills', `${holder.drill}.ts`))
    if ('alert' in holder)
      return (
        alerts.has(holder.alert) &&
        production?.documents.some(
          (document) =>
            document.path.startsWith('files/prometheus/rules/') &&
            JSON.stringify(document).includes(`"alert":"${holder.alert}"`),
        ) === true
      )
    return existsSync(join(root, holder.test))
  }
  const rolesOfPlaybooks = () =>
    new Set(
      [...project.files]
        .filter(([path]) => /^production\/[^/]+\.yml$/.test(path))
        .flatMap(([, text]) => [...String(text).matchAll(/^\s+- (?:role: )?([a-z_]+)$/gm)].map((m) => m[1])),
    )

  it('is there, each of it', () => {
    expect(holders.length).toBeGreaterThan(50)
    expect(holders.filter((holder) => !exists(holder)).map((holder) => JSON.stringify(holder))).toEqual([])
  })

  it('would be missed', () => {
    for (const holder of [
      { rule: 'DB-999' },
      { role: 'nothing' },
      { verify: 'nothing' },
      { drill: 'nothing' },
      { alert: 'Nothing' },
      { test: 'test/nothing.test.ts' },
    ])
      expect(exists(holder), JSON.stringify(holder)).toBe(false)
  })
})

describe('the document', () => {
  const page = (deployment: string) => project.files.get(`${deployment}/docs/conformance.md`)

  it('is written where a deployment asks for it, and places nothing', () => {
    expect(String(page('production'))).toContain('# What became of the architecture in production')
    expect(page('lab')).toBeUndefined()
    expect(project.deployments.get('production')?.topology.service('conformance')).toBeUndefined()
  })

  it('has a row for every statement, with its own words', () => {
    const text = String(page('production'))
    const found = [...text.matchAll(/^\| <a id="l\d+"><\/a>\[([\d-]+)\]\(([^)]+)\) \| ([^|]*\S) \|/gm)]
    expect(found.map((match) => match[1])).toEqual(statements.map((statement) => statement.lines))
    expect(found[0]?.slice(2)).toEqual([`../../../${SEED}#L5`, '**Target Scale:** 10,000 concurrent users'])
    expect(text).toContain('| 80 · TCP · HTTP · Redirect to HTTPS<br>443 · TCP · HTTPS · Main entry')
  })

  it('counts by verdict, and names each correction with all its places', () => {
    const text = String(page('production'))
    const count = (verdict: string) => statements.filter((statement) => statement.verdict === verdict).length
    expect(text).toContain(
      `| **all** | ${count('kept')} | ${count('corrected')} | ${count('extended')} | ${statements.length} |`,
    )
    const listed = text.slice(text.indexOf('## What is corrected'), text.indexOf('## Title'))
    const linked = [...listed.matchAll(/\(#l(\d+)\)/g)].map((match) => Number(match[1]))
    const wanted = statements
      .filter(({ verdict }) => verdict === 'corrected')
      .map((statement) => linesOf(statement.lines).first)
    expect(linked.toSorted((a, b) => a - b)).toEqual(wanted)
  })
})

describe('a rule', () => {
  it('says which statements it holds, when it is explained', () => {
    const [known] = rulesOf(sources.services)
    if (!known) throw new Error('There are no rules.')
    const requirement = {
      document: SEED,
      lines: '99',
      text: '18 servers',
      verdict: 'corrected' as const,
      why: 'They are 16.',
      rules: [known.code],
    }
    expect(wholeRule(known, [requirement])).toContain(
      `  Holds:    ${SEED}:99 (corrected): 18 servers\n            They are 16.`,
    )
    expect(wholeRule(known, [])).not.toContain('Holds:')
  })

  it('finds all statements among the requirements of the services', () => {
    const requirements = sources.services.flatMap(({ definition }) => definition.requirements?.() ?? [])
    expect(requirements.map((requirement) => requirement.lines)).toEqual(
      statements.map((statement) => statement.lines),
    )
  })
})

it.each([
  ['  - **etcd** embedded', '**etcd** embedded'],
  ['10. **Backup** → rsync', '**Backup** → rsync'],
  ['| 80 | TCP |', '80 · TCP'],
  ['      | HTTPS (443)', 'HTTPS (443)'],
  ['      v                     v', ''],
  ['                            ┌──────────────────────────┐', ''],
  ['              │ HAProxy-1 │                       │  HAProxy-2  │', 'HAProxy-1 HAProxy-2'],
  ['      └─────────────────── Media Mix via UDP ──────────────────────────┘', 'Media Mix via UDP'],
  ['10.0.1.10   haproxy-vip', '10.0.1.10 haproxy-vip'],
])('"%s" says "%s"', (line, text) => {
  expect(toLine(line)).toBe(text)
})
