import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CannotRun } from '../finding.ts'
import type { ArtifactEntry } from '../topology/artifact.ts'
import { buildGo } from './go.ts'

/** `wrong`: there is a file of that name, which is not what the lock says. `unpinned`: the lock does not say what it is. */
export type ArtifactState = 'there' | 'missing' | 'wrong' | 'unpinned'

/** How an artifact stands in a folder. */
export async function stateOf(entry: ArtifactEntry, folder: string): Promise<ArtifactState> {
  const file = join(folder, entry.file)
  if (entry.sha256 === null) return 'unpinned'
  if (!existsSync(file)) return 'missing'
  return (await checksum(file)) === entry.sha256 ? 'there' : 'wrong'
}

/**
 * Builds or fetches an artifact into a folder, whole or not at all, and returns its checksum. Throws `CannotRun` where that
 * fails, and where the outcome is not what the lock says unless `anyChecksum`. What the project builds of its own lies in `root`.
 */
export async function makeArtifact(
  entry: ArtifactEntry,
  folder: string,
  { root, anyChecksum = false }: { readonly root: string; readonly anyChecksum?: boolean },
): Promise<string> {
  if (entry.sha256 === null && !anyChecksum)
    throw new CannotRun(
      `${entry.file} has no checksum in the lock yet.`,
      'Fetch it with --update where its source is reached, compare the checksum with what its makers publish, and commit it.',
    )
  mkdirSync(folder, { recursive: true })
  const partial = join(folder, `.${entry.file}.partial-${randomBytes(6).toString('hex')}`)
  try {
    if (entry.build) await buildGo(entry.build, root, partial)
    else await download(entry.source ?? '', partial)
    const made = await checksum(partial)
    if (made !== entry.sha256 && !anyChecksum)
      throw new CannotRun(
        `${entry.file}: ${entry.build ? 'what was built' : 'what was fetched'} has the sha256 ${made}, and the lock says ${entry.sha256}.`,
        'Nothing was kept. Where you changed the version yourself, write the new checksum with --update.',
      )
    await chmod(partial, 0o644)
    renameSync(partial, join(folder, entry.file))
    return made
  } finally {
    rmSync(partial, { force: true })
  }
}

async function download(source: string, to: string): Promise<void> {
  try {
    const response = await fetch(source)
    if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`.trim())
    await pipeline(Readable.fromWeb(response.body), createWriteStream(to))
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new CannotRun(
      `${source} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Fetch the file elsewhere and put it into the folder under the name that `rolewright artifacts list` prints.',
    )
  }
}

async function checksum(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
