import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'

/** What authors write, and documents that they import: all else is the same for every revision that is looked at. */
const SOURCES = ['roles-src', 'inventory', 'docs'] as const

/** The sources of a project as they were, in a folder of their own. */
export interface Revision {
  /** The commit, shortened as git does. */
  readonly commit: string
  readonly folder: string
  readonly dispose: () => void
}

/**
 * Lays out a git revision of the project in `root`. Packages, secrets and tools are the project's present ones. Throws
 * `CannotRun` where there is no such revision, or it had no project.
 */
export async function checkOut(root: string, revision: string): Promise<Revision> {
  const git = (...args: readonly string[]) => execa('git', ['-C', root, ...args], { reject: false })
  const found = await git(
    'rev-parse',
    '--verify',
    '--quiet',
    '--short',
    '--end-of-options',
    `${revision}^{commit}`,
  )
  if (found.exitCode !== 0)
    throw new CannotRun(
      `git knows no revision "${revision}" here${found.stderr ? `: ${found.stderr.trim()}` : ''}.`,
      'Name a branch, a tag or a commit, such as origin/main or HEAD~1.',
    )
  const folder = mkdtempSync(join(tmpdir(), 'rolewright-revision-'))
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  try {
    const kept = await Promise.all(
      SOURCES.map(async (name) => ({
        name,
        isThere: (await git('ls-tree', '--name-only', found.stdout, '--', `${name}/`)).stdout !== '',
      })),
    )
    const names = kept.filter(({ isThere }) => isThere).map(({ name }) => name)
    if (names.length === 0)
      throw new CannotRun(`The revision ${revision} has neither roles-src/ nor inventory/.`)
    const archive = join(folder, 'sources.tar')
    const written = await git('archive', '--output', archive, found.stdout, '--', ...names)
    if (written.exitCode !== 0)
      throw new CannotRun(`git could not read ${revision}: ${written.stderr.trim()}`)
    await execa('tar', ['--extract', '--file', archive, '--directory', folder])
    rmSync(archive)
    linkOthers(root, folder)
    return { commit: found.stdout, folder, dispose }
  } catch (error) {
    dispose()
    throw error
  }
}

/** What is no source stands there as it is now, the untracked secrets below `inventory/` among it. */
function linkOthers(root: string, folder: string): void {
  for (const entry of readdirSync(root))
    if (entry !== '.git' && entry !== 'generated' && !existsSync(join(folder, entry)))
      symlinkSync(join(root, entry), join(folder, entry))
  for (const entry of readdirSync(join(root, 'inventory'), { withFileTypes: true })) {
    const target = join(folder, 'inventory', entry.name)
    if (!entry.isDirectory() || existsSync(target)) continue
    mkdirSync(join(folder, 'inventory'), { recursive: true })
    symlinkSync(join(root, 'inventory', entry.name), target)
  }
}
