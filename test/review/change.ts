import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import { type Preview, preview } from '../../src/review/preview.ts'
import { type Review, review } from '../../src/review/review.ts'
import { root, temporaryFolder } from '../project/project.ts'

/** Edits of the sources: a text of a file and what becomes of it, or a folder that is removed. */
export type Edit =
  | { readonly file: string; readonly from: string; readonly to: string }
  | { readonly remove: string }

const places = { root, languageRoot: root }
let project: Promise<CompiledProject> | undefined
let rendered: Promise<Preview> | undefined
const present = () => {
  project ??= loadSources(root, root).then((sources) => compileProject(sources, {}))
  return project
}
/** The present files of all hosts are rendered once for all changes. */
const renderedNow = async (hosts: readonly string[]): Promise<Preview> => {
  rendered ??= preview(places, await present(), 'production')
  const { files, unknown } = await rendered
  return {
    files: files.filter(({ host }) => hosts.includes(host)),
    unknown: unknown.filter(({ host }) => hosts.includes(host)),
  }
}

/** What a change of production's sources does. Throws where an edit fits nowhere, or the outcome does not build. */
export async function reviewOf(edits: readonly Edit[]): Promise<Review> {
  const folder = temporaryFolder()
  try {
    for (const entry of readdirSync(root))
      if (['roles-src', 'inventory'].includes(entry))
        cpSync(join(root, entry), join(folder.path, entry), { recursive: true })
      else if (!['.git', 'generated'].includes(entry))
        symlinkSync(join(root, entry), join(folder.path, entry))
    for (const edit of edits) apply(folder.path, edit)
    const after = await compileProject(await loadSources(folder.path, root), {})
    const wrong = after.findings.find(({ severity }) => severity === 'error')
    if (wrong) throw new Error(`${wrong.code}: ${wrong.message}`)
    return await review(
      { before: places, after: { root: folder.path, languageRoot: root } },
      await present(),
      after,
      'production',
      async (at, of, name, hosts = []) => (at === places ? renderedNow(hosts) : preview(at, of, name, hosts)),
    )
  } finally {
    folder.dispose()
  }
}

function apply(folder: string, edit: Edit): void {
  if ('remove' in edit) {
    rmSync(join(folder, edit.remove), { recursive: true })
    return
  }
  const path = join(folder, edit.file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(edit.from)) throw new Error(`${edit.file} does not say: ${edit.from}`)
  writeFileSync(path, text.replaceAll(edit.from, edit.to))
}
