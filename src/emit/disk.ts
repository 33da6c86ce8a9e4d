/**
 * Writes `generated/`. A build may be killed at any moment and the next one completes it:
 *
 * 1. `.manifest.next`, the journal, names every file that is about to be written with its hash;
 * 2. files that are no longer wanted go, then each changed file is written under a temporary name and renamed;
 * 3. `.manifest` is written, and the journal goes.
 *
 * A file counts as edited by hand only if its hash is in neither of the two, so what a killed build left is
 * recognised; its temporary files are found by the paths in the journal. While the journal is replaced by that of a
 * third build, it keeps the entries of the one before. A lock keeps two builds from doing all this at once.
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { CannotRun, type Finding } from '../finding.ts'
import { withLock } from './lock.ts'
import {
  hashOf,
  JOURNAL,
  LOCK,
  MANIFEST,
  type Manifest,
  mergeManifests,
  printManifest,
  temporaryOf,
  whyNoPath,
} from './manifest.ts'
import { makePlan, type Plan, statOf, type Wanted } from './plan.ts'

export interface WriteOptions {
  /** The folder `generated/`. It is made when it is missing; nothing outside it is written. */
  readonly root: string
  /** Write nothing; every file that is not up to date is a finding. */
  readonly check?: boolean
  /** Write nothing; report what would be written and removed. */
  readonly dryRun?: boolean
  /**
   * Files or folders whose changes by others may be overwritten or removed: absolute, relative to `root`, or as the
   * findings call them (`generated/site.yml`).
   */
  readonly discard?: readonly string[]
}

/** Paths are relative to `root` and sorted. With `check` or `dryRun` they say what would be done. */
export interface WriteReport {
  readonly written: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
  /** When there are any, nothing was written. */
  readonly findings: readonly Finding[]
}

/**
 * Makes `root` hold exactly `files`, besides what others put there: touches only what changed, removes only what an
 * earlier build wrote, and nothing at all if a file was edited by others (the findings name each).
 * @throws {CannotRun} for a path that leads out of `root`, an unknown `discard`, or a folder that cannot be written.
 */
export function writeGenerated(
  files: ReadonlyMap<string, string | Uint8Array>,
  options: WriteOptions,
): WriteReport {
  const wanted = toWanted(files)
  const { check = false, dryRun = false } = options
  const discard = (options.discard ?? []).map((path) => toName(path, options.root))
  const shown = basename(resolve(options.root))
  try {
    const root = findRoot(options.root)
    const plan = () =>
      makePlan(wanted, { root, shown, isDiscarded: (path) => discard.some((name) => covers(name, path)) })
    if (check || dryRun) {
      const seen = plan()
      refuseUnknown(discard, seen, shown)
      return check
        ? { ...reportOf(seen), findings: [...seen.findings, ...findStale(seen, shown)] }
        : reportOf(seen)
    }
    // What is seen without the lock may be half of what another build is writing. Only that nothing is to be done counts,
    // since all is then as the manifest says.
    const first = unlocked(plan)
    if (first && isDone(first)) {
      refuseUnknown(discard, first, shown)
      return reportOf(first)
    }
    if (first && !existsSync(root)) refuseUnknown(discard, first, shown)

    mkdirSync(root, { recursive: true })
    return withLock(join(root, LOCK), () => {
      const current = plan()
      refuseUnknown(discard, current, shown)
      if (current.findings.length === 0) carryOut(current, root)
      return reportOf(current)
    })
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new CannotRun(`${options.root} cannot be written: ${error.message}.`)
    throw error
  }
}

function toWanted(files: ReadonlyMap<string, string | Uint8Array>): readonly Wanted[] {
  const paths = [...files.keys()].sort()
  const all = new Set(paths)
  return paths.map((path) => {
    const reason =
      whyNoPath(path) ??
      (foldersOf(path).some((folder) => all.has(folder)) ? 'a folder on its way is a file' : undefined)
    if (reason !== undefined)
      throw new CannotRun(`No file can be generated as ${JSON.stringify(path)}: ${reason}.`)
    const content = Buffer.from(files.get(path) ?? '')
    return { path, content, hash: hashOf(content) }
  })
}

/** The folder itself where it is a symbolic link, so that everything below is compared with where it really is. */
function findRoot(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return resolve(path)
  if (!stats.isDirectory()) throw new CannotRun(`${path} is not a folder.`)
  return realpathSync(path)
}

/** A path relative to `root`; the findings' hints call it by `root`'s own name (`generated/site.yml`). */
function toName(path: string, root: string): string {
  const folder = resolve(root)
  const base = path === basename(folder) || path.startsWith(`${basename(folder)}/`) ? dirname(folder) : folder
  const name = relative(folder, resolve(base, path))
  if (name === '..' || name.startsWith('../') || isAbsolute(name))
    throw new CannotRun(`${path} cannot be discarded: it is not in ${basename(folder)}/.`)
  return name
}

function covers(name: string, path: string): boolean {
  return name === '' || path === name || path.startsWith(`${name}/`)
}

function refuseUnknown(
  discard: readonly string[],
  { writes, unchanged, orphans }: Plan,
  shown: string,
): void {
  const paths = [...writes.map(({ path }) => path), ...unchanged, ...orphans]
  const unknown = discard.find((name) => !paths.some((path) => covers(name, path)))
  if (unknown !== undefined)
    throw new CannotRun(`${shown}/${unknown} cannot be discarded: the build neither made it nor is about to.`)
}

function isDone({ writes, removals, findings, manifestIsStale, unfinished }: Plan): boolean {
  return writes.length + removals.length + findings.length === 0 && !manifestIsStale && !unfinished
}

/** Undefined when a file went away between two looks at it. */
function unlocked(plan: () => Plan): Plan | undefined {
  try {
    return plan()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function reportOf({ writes, removals, unchanged, findings }: Plan): WriteReport {
  if (findings.length > 0) return { written: [], removed: [], unchanged, findings }
  return { written: writes.map(({ path }) => path), removed: removals, unchanged, findings }
}

function findStale(plan: Plan, shown: string): readonly Finding[] {
  const told = new Set(plan.findings.map(({ location }) => location?.file))
  const stale = [
    ...plan.writes.map(({ path }) => ({ path, message: 'is not what the sources say' })),
    ...plan.removals.map((path) => ({ path, message: 'is no longer generated' })),
  ].filter(({ path }) => !told.has(`${shown}/${path}`))
  // The manifest differs whenever a file does; alone it does so after a merge.
  if (stale.length === 0 && told.size === 0 && plan.manifestIsStale)
    stale.push({ path: MANIFEST, message: 'does not list the generated files as they are' })
  return stale.map(({ path, message }) => ({
    code: 'stale-generated-file',
    severity: 'error',
    message: `${shown}/${path} ${message}.`,
    hint: 'Run: rolewright build',
    location: { file: `${shown}/${path}`, line: 1, column: 1 },
  }))
}

function carryOut(
  { writes, removals, orphans, manifest, manifestIsStale, journal }: Plan,
  root: string,
): void {
  const next: Manifest = new Map(writes.map(({ path, hash }) => [path, new Set([hash])]))
  if (writes.length > 0) {
    writeAtomically(root, JOURNAL, printManifest(mergeManifests(journal, next)))
    syncFolder(root)
  }
  for (const path of [...journal.keys(), MANIFEST]) {
    const temporary = join(root, temporaryOf(path))
    if (isOwnFolder(dirname(temporary))) rmSync(temporary, { force: true })
  }

  for (const path of removals) rmSync(join(root, path), { force: true })
  const folders = new Set<string>()
  for (const path of [...orphans, ...removals])
    for (const folder of removeEmptyFolders(root, path)) folders.add(folder)
  for (const { path, content } of writes) {
    makeWay(join(root, path))
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeAtomically(root, path, content)
    for (const folder of foldersOf(path)) folders.add(folder)
  }
  // Before the manifest says so, the renames have to be on the disk.
  for (const folder of folders) syncFolder(join(root, folder))
  if (writes.length > 0 || removals.length > 0) syncFolder(root)

  if (manifestIsStale) writeAtomically(root, MANIFEST, manifest)
  rmSync(join(root, temporaryOf(JOURNAL)), { force: true })
  rmSync(join(root, JOURNAL), { force: true })
  syncFolder(root)
}

function writeAtomically(root: string, path: string, content: string | Uint8Array): void {
  const temporary = join(root, temporaryOf(path))
  rmSync(temporary, { force: true })
  const descriptor = openSync(temporary, 'wx', 0o644)
  try {
    writeFileSync(descriptor, content)
    // Whatever the umask says: Ansible's controller may be another user than the one who builds.
    fchmodSync(descriptor, 0o644)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, join(root, path))
}

/** Removes the folders above `path` that nothing is left in, and says which remain. */
function removeEmptyFolders(root: string, path: string): readonly string[] {
  const folders = [...foldersOf(path)].reverse()
  const rest = folders.findIndex((folder) => {
    const full = join(root, folder)
    if (!isOwnFolder(full)) return false
    if (readdirSync(full).length > 0) return true
    rmdirSync(full)
    return false
  })
  return rest === -1 ? [] : folders.slice(rest)
}

/** Where a file is to be written, a folder may stand that is empty by now. */
function makeWay(path: string): void {
  if (!isOwnFolder(path)) return
  for (const entry of readdirSync(path)) makeWay(join(path, entry))
  rmdirSync(path)
}

/** Neither missing nor reached through a symbolic link, which might lead out of the folder. */
function isOwnFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true && realpathSync(path) === path
}

/** The folders above a path, from the outermost to the innermost. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

function syncFolder(path: string): void {
  if (!existsSync(path)) return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
