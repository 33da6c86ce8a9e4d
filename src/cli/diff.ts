import { loadSources } from '../compile/load.ts'
import { type CompiledProject, compileProject } from '../emit/project.ts'
import { CannotRun } from '../finding.ts'
import { asMarkdown, asText } from '../review/report.ts'
import { type Review, review } from '../review/review.ts'
import { checkOut } from '../review/revision.ts'
import type { DiffOptions } from './diff-options.ts'
import { printFindings } from './output.ts'
import { languageRoot, noDeployment, openProject, projectRoot } from './project.ts'

/** `rolewright diff`: what the sources as they are change against a git revision. Returns the exit code. */
export async function diff(base: string, { deployment, format }: DiffOptions): Promise<number> {
  const root = projectRoot()
  const after = await openProject(root)
  if (after.findings.some(({ severity }) => severity === 'error'))
    return printFindings(after.findings, 'text', 'nothing can be compared')
  known(after, deployment, 'the sources as they are')
  const revision = await checkOut(root, base)
  try {
    const before = await compileProject(await loadSources(revision.folder, languageRoot), {})
    const wrong = before.findings.find(({ severity }) => severity === 'error')
    if (wrong)
      throw new CannotRun(
        `${base} (${revision.commit}) does not build with this rolewright: ${wrong.location?.file ?? ''}: ${wrong.message}`,
        'Name a revision that does.',
      )
    known(before, deployment, `${base} (${revision.commit})`)
    const places = {
      before: { root: revision.folder, languageRoot },
      after: { root, languageRoot },
    }
    process.stdout.write(printed(await review(places, before, after, deployment), format))
    return 0
  } finally {
    revision.dispose()
  }
}

function known({ deployments }: CompiledProject, name: string, where: string): void {
  if (!deployments.has(name)) throw noDeployment(name, deployments.keys(), ` in ${where}`)
}

function printed(found: Review, format: DiffOptions['format']): string {
  switch (format) {
    case 'text':
      return asText(found)
    case 'md':
      return asMarkdown(found)
    case 'json':
      return `${JSON.stringify(found, undefined, 2)}\n`
  }
}
