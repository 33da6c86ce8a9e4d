import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { CompiledDeployment } from '../../src/compile/deployment.ts'
import { loadSources } from '../../src/compile/load.ts'
import { compileProject } from '../../src/emit/project.ts'
import type { Finding } from '../../src/finding.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { asText, type Files, root } from '../project/project.ts'

/** A text of production's inventory, and what is to stand there instead. */
export type Edit = readonly [before: string, after: string]

/** What became of production after an edit of its text. */
export interface Grown {
  /** Lines of the inventory that the edit touched: changed, added or removed. */
  readonly lines: number
  readonly findings: readonly Finding[]
  readonly topology: Topology
  /** Values of a document of the deployment by key; they are known also where a rule keeps files from being written. */
  readonly entries: (path: string) => Readonly<Record<string, unknown>>
  /** Lines of a generated file of the deployment that were not there before, without indentation. */
  readonly added: (path: string) => readonly string[]
  /** The whole of it. */
  readonly text: (path: string) => string
  /** Files of the deployment with another text than before, new ones among them. */
  readonly changed: readonly string[]
}

/** Builds production once as it is, and once after each of the edits. */
export async function grow<Row extends string>(
  rows: Readonly<Record<Row, readonly Edit[]>>,
): Promise<Readonly<Record<Row, Grown>>> {
  const inventory = join(root, 'inventory')
  const original = readFileSync(join(inventory, 'production.ts'), 'utf8')
  const folder = mkdtempSync(join(tmpdir(), 'rolewright-scaling-'))
  try {
    cpSync(join(inventory, 'profiles'), join(folder, 'profiles'), { recursive: true })
    const names = Object.keys(rows) as Row[] // Object.keys loses the names
    const texts = [original, ...names.map((row) => edited(original, rows[row]))]
    // Files are loaded in the order of their names.
    const fileOf = (i: number) => join(folder, `${String(i).padStart(2, '0')}.ts`)
    for (const [i, text] of texts.entries()) writeFileSync(fileOf(i), text)
    const sources = await loadSources(root, root, relative(root, folder))
    if (sources.findings.length > 0) throw new Error(JSON.stringify(sources.findings))
    const built: Built[] = []
    for (const deployment of sources.deployments) {
      const project = await compileProject({ ...sources, deployments: [deployment] }, {})
      const compiled = project.deployments.get(deployment.input.name)
      if (!compiled) throw new Error(JSON.stringify(project.findings))
      built.push({ ...compiled, findings: project.findings, files: asText(project.files) })
    }
    const [base, ...grown] = built
    if (!base || grown.length !== texts.length - 1) throw new Error('Not every edit became a deployment.')
    // Each row has its build, in the same order.
    return Object.fromEntries(
      grown.map((now, i) => [names[i], compared(base.files, now, original, texts[i + 1] ?? '')]),
    ) as Readonly<Record<Row, Grown>>
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, [old, replacement]) => {
    if (before.split(old).length !== 2) throw new Error(`"${old}" does not stand there exactly once.`)
    return before.replace(old, () => replacement)
  }, text)
}

interface Built extends CompiledDeployment {
  readonly files: Files
  readonly findings: readonly Finding[]
}

function compared(before: Files, now: Built, textBefore: string, textAfter: string): Grown {
  const { files, findings, topology, documents } = now
  const under = `${topology.deployment.input.name}/`
  const textOf = (of: Files, path: string) => of.get(`${under}${path}`) ?? ''
  return {
    lines: Math.max(newLines(textBefore, textAfter).length, newLines(textAfter, textBefore).length),
    findings,
    topology,
    entries: (wanted) => {
      const document = documents.find(({ path }) => path === wanted)
      return Object.fromEntries(
        document && 'entries' in document ? document.entries.map(({ key, value }) => [key, value]) : [],
      )
    },
    added: (path) => newLines(textOf(before, path), textOf(files, path)).map((line) => line.trim()),
    text: (path) => textOf(files, path),
    changed: [...new Set([...before.keys(), ...files.keys()])]
      .filter((path) => path.startsWith(under) && before.get(path) !== files.get(path))
      .map((path) => path.slice(under.length))
      .sort(),
  }
}

/** Lines of a text that the other one has less often, in their order. */
function newLines(before: string, after: string): readonly string[] {
  const left = new Map<string, number>()
  for (const line of before.split('\n')) left.set(line, (left.get(line) ?? 0) + 1)
  return after.split('\n').filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}
