import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeArtifact, stateOf } from '../artifacts/artifacts.ts'
import { originOf } from '../artifacts/go.ts'
import { CannotRun } from '../finding.ts'
import { artifactsFolder } from '../lab/layout.ts'
import {
  ARTIFACT_LOCK,
  type ArtifactEntry,
  type ArtifactLock,
  parseArtifactLock,
} from '../topology/artifact.ts'
import { printTable } from './output.ts'
import { projectRoot } from './project.ts'

export interface ArtifactsOptions {
  /** Where the files are; the folder that the rehearsal serves unless told. */
  readonly folder?: string
  /** Write the checksums of what was built into the lock. */
  readonly update?: boolean
}

/** `rolewright artifacts list`: what the lock names, and whether it is there. */
export async function listArtifacts(names: readonly string[], options: ArtifactsOptions): Promise<number> {
  const folder = options.folder ?? artifactsFolder
  const rows = await Promise.all(
    chosen(readLock(projectRoot()), names).map(async ([name, entry]) => [
      name,
      entry.version,
      await stateOf(entry, folder),
      entry.file,
      entry.build ? `${originOf(entry.build)}, Go ${entry.build.go}` : (entry.source ?? ''),
    ]),
  )
  process.stdout.write(`${printTable(['artifact', 'version', 'state', 'file', 'from'], rows)}\n`)
  return 0
}

/** `rolewright artifacts build`: makes what is missing or not what the lock says. One that fails does not stop the others. */
export async function buildArtifacts(names: readonly string[], options: ArtifactsOptions): Promise<number> {
  const root = projectRoot()
  const folder = options.folder ?? artifactsFolder
  let code = 0
  for (const [name, entry] of chosen(readLock(root), names)) {
    const say = (what: string) => process.stdout.write(`${name} ${entry.version}: ${what}\n`)
    if (!options.update && (await stateOf(entry, folder)) === 'there') {
      say('is there')
      continue
    }
    try {
      const sha256 = await makeArtifact(entry, folder, { root, anyChecksum: options.update ?? false })
      if (sha256 !== entry.sha256) writeChecksum(root, name, sha256)
      say(`${entry.build ? 'built' : 'fetched'} ${join(folder, entry.file)}, sha256 ${sha256}`)
    } catch (error) {
      if (!(error instanceof CannotRun)) throw error
      process.stderr.write(
        `${name} ${entry.version}: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`,
      )
      code = 2
    }
  }
  return code
}

/** Makes what a deployment's hosts are about to fetch. Throws `CannotRun` where that fails. */
export async function ensureArtifacts(entries: readonly ArtifactEntry[], root: string): Promise<void> {
  for (const entry of entries) {
    if ((await stateOf(entry, artifactsFolder)) === 'there') continue
    process.stdout.write(`${entry.build ? 'Building' : 'Fetching'} ${entry.file} …\n`)
    await makeArtifact(entry, artifactsFolder, { root })
  }
}

function readLock(root: string): ArtifactLock {
  const path = join(root, ARTIFACT_LOCK)
  if (!existsSync(path)) throw new CannotRun(`There is no ${ARTIFACT_LOCK}: this project has no artifacts.`)
  const { artifacts, problems } = parseArtifactLock(readFileSync(path, 'utf8'))
  if (problems.length > 0)
    throw new CannotRun(`${ARTIFACT_LOCK} is not right:\n${problems.map((p) => `  ${p}`).join('\n')}`)
  return artifacts
}

/** The named artifacts, or all. */
function chosen(
  artifacts: ArtifactLock,
  names: readonly string[],
): readonly (readonly [string, ArtifactEntry])[] {
  const unknown = names.filter((name) => !artifacts.has(name))
  if (unknown.length > 0)
    throw new CannotRun(
      `${ARTIFACT_LOCK} has no artifact ${unknown.map((name) => `"${name}"`).join(', ')}.`,
      `Artifacts: ${[...artifacts.keys()].join(', ')}.`,
    )
  return [...artifacts].filter(([name]) => names.length === 0 || names.includes(name))
}

/** Changes one checksum and leaves the rest of the lock as it is written. */
function writeChecksum(root: string, name: string, sha256: string): void {
  const path = join(root, ARTIFACT_LOCK)
  const lock: Record<string, Record<string, unknown>> = JSON.parse(readFileSync(path, 'utf8')) // checked when it was read
  lock[name] = { ...lock[name], sha256 }
  writeFileSync(`${path}.new`, `${JSON.stringify(lock, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}
