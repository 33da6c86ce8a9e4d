/** What a build has to do in `generated/`, worked out without touching it. */
import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Finding } from '../finding.ts'
import {
  hashOf,
  JOURNAL,
  LOCK,
  MANIFEST,
  type Manifest,
  mergeManifests,
  parseManifest,
  printManifest,
  temporaryOf,
} from './manifest.ts'

export interface Wanted {
  readonly path: string
  readonly content: Uint8Array
  readonly hash: string
}

export interface Plan {
  readonly writes: readonly Wanted[]
  /** Files of ours that are no longer wanted. */
  readonly removals: readonly string[]
  /** Every file of ours that is not wanted, also those already gone: their folders may be left over. */
  readonly orphans: readonly string[]
  readonly unchanged: readonly string[]
  /** Files that are not as we left them; while there are any, nothing may be written. */
  readonly findings: readonly Finding[]
  readonly manifest: string
  readonly manifestIsStale: boolean
  /** What a build that was killed was about to write. */
  readonly journal: Manifest
  /** A build was killed or is running. */
  readonly unfinished: boolean
}

/** How `generated/` is called towards the user, in locations and hints. */
export interface PlanOptions {
  readonly root: string
  readonly shown: string
  readonly isDiscarded: (path: string) => boolean
}

export function makePlan(wanted: readonly Wanted[], { root, shown, isDiscarded }: PlanOptions): Plan {
  const manifestText = readText(join(root, MANIFEST))
  const journal = parseManifest(readText(join(root, JOURNAL)) ?? '')
  const known = mergeManifests(parseManifest(manifestText ?? ''), journal)
  const manifest = printManifest(new Map(wanted.map(({ path, hash }) => [path, new Set([hash])])))
  const isWanted = new Set(wanted.map(({ path }) => path))
  const findings: Finding[] = []
  const find = findingsUnder(shown)

  const look = lookUnder(root)
  const writes: Wanted[] = []
  const unchanged: string[] = []
  const removals = new Set<string>()
  for (const file of wanted) {
    const { path, content } = file
    const found = look(path)
    if (found.kind === 'file' && found.content.equals(content)) {
      unchanged.push(path)
      continue
    }
    writes.push(file)
    if (found.kind === 'missing') continue
    if (found.kind === 'other') {
      // A folder that only ever held files of ours is empty once they are gone.
      if (found.what === 'folder' && holdsOnly(join(root, path), path, known)) continue
      // A file of ours that is now to be a folder is among the orphans.
      if (found.what === 'file' && known.has(found.path)) continue
      const replaceable = found.what === 'file' || (found.what === 'link' && found.path === path)
      if (replaceable && isDiscarded(found.path)) {
        if (found.path !== path) removals.add(found.path)
      } else findings.push(find.obstacle(found.path, found.what, replaceable))
      continue
    }
    if (isDiscarded(path) || known.get(path)?.has(hashOf(found.content))) continue
    findings.push(find.foreignContent(path, found.content, known.get(path)))
  }

  const orphans = [...known.keys()].filter((path) => !isWanted.has(path)).sort()
  for (const path of orphans) {
    const found = look(path)
    if (found.kind !== 'file') continue
    if (isDiscarded(path) || known.get(path)?.has(hashOf(found.content))) removals.add(path)
    else findings.push(find.foreignContent(path, found.content, known.get(path)))
  }

  return {
    writes,
    removals: [...removals].sort(),
    orphans,
    unchanged,
    // One link in the way of a whole folder is one finding.
    findings: [...new Map(findings.map((finding) => [finding.message, finding])).values()],
    manifest,
    manifestIsStale: manifestText !== manifest,
    journal,
    unfinished: [JOURNAL, LOCK, `${LOCK}.stale`, temporaryOf(JOURNAL), temporaryOf(MANIFEST)].some((path) =>
      statOf(join(root, path)),
    ),
  }
}

type Found =
  | { readonly kind: 'missing' }
  | { readonly kind: 'file'; readonly content: Buffer }
  /** Something at the path, or at one of the folders above it, that is not what has to be there. */
  | { readonly kind: 'other'; readonly path: string; readonly what: Obstacle }

type Obstacle = 'folder' | 'link' | 'file' | 'special'

/** Looks at paths without following a symbolic link, since it might lead out of the folder. */
function lookUnder(root: string): (path: string) => Found {
  const folders = new Map<string, Found | undefined>()
  const lookAtFolder = (path: string): Found | undefined => {
    if (path === '.') return undefined
    if (folders.has(path)) return folders.get(path)
    const above = lookAtFolder(dirname(path))
    const found = above ?? whyNoFolder(path, statOf(join(root, path)))
    folders.set(path, found)
    return found
  }
  return (path) => {
    const above = lookAtFolder(dirname(path))
    if (above !== undefined) return above
    const stats = statOf(join(root, path))
    if (stats === undefined) return { kind: 'missing' }
    if (!stats.isFile()) return { kind: 'other', path, what: kindOf(stats) }
    return { kind: 'file', content: readFileSync(join(root, path)) }
  }
}

function whyNoFolder(path: string, stats: Stats | undefined): Found | undefined {
  if (stats === undefined) return { kind: 'missing' }
  return stats.isDirectory() ? undefined : { kind: 'other', path, what: kindOf(stats) }
}

function kindOf(stats: Stats): Obstacle {
  if (stats.isDirectory()) return 'folder'
  if (stats.isSymbolicLink()) return 'link'
  return stats.isFile() ? 'file' : 'special'
}

function holdsOnly(folder: string, path: string, known: Manifest): boolean {
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    const inner = `${path}/${entry.name}`
    return entry.isDirectory() ? holdsOnly(join(folder, entry.name), inner, known) : known.has(inner)
  })
}

/** What is at a path itself, not where a symbolic link leads; undefined when there is nothing. */
export function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch (error) {
    // A file stands where a folder above it is expected.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

function readText(file: string): string | undefined {
  return statOf(file)?.isFile() ? readFileSync(file, 'utf8') : undefined
}

function findingsUnder(shown: string) {
  const at = (path: string, line = 1) => ({ file: `${shown}/${path}`, line, column: 1 })
  const discard = (path: string) => `rolewright build --discard ${quoteForShell(`${shown}/${path}`)}`
  return {
    obstacle: (path: string, what: Obstacle, replaceable: boolean): Finding => ({
      code: 'foreign-file-in-the-way',
      severity: 'error',
      message: `${shown}/${path} is ${OBSTACLES[what]} that the build did not make, where it has to write.`,
      hint: replaceable ? `Move it away, or let the build replace it: ${discard(path)}` : 'Move it away.',
      location: at(path),
    }),
    foreignContent: (path: string, content: Buffer, hashes: ReadonlySet<string> | undefined): Finding => {
      const marker = lineOfConflict(content)
      if (marker !== undefined)
        return {
          code: 'conflict-in-generated-file',
          severity: 'error',
          message: `${shown}/${path} holds the conflict markers of a merge.`,
          hint: `Resolve the conflict in the sources, then write it anew: ${discard(path)}`,
          location: at(path, marker),
        }
      if (hashes === undefined)
        return {
          code: 'foreign-file-in-the-way',
          severity: 'error',
          message: `${shown}/${path} is a file that the build did not make, where it has to write.`,
          hint: `Move it away, or let the build replace it: ${discard(path)}`,
          location: at(path),
        }
      return {
        code: 'edited-generated-file',
        severity: 'error',
        message: `${shown}/${path} is not as the build left it: it was edited by hand${hashes.size > 1 ? ', or put together by a merge' : ''}.`,
        hint: `Make the change in the sources, then write it anew: ${discard(path)}`,
        location: at(path),
      }
    },
  }
}

const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  folder: 'a folder',
  link: 'a symbolic link',
  file: 'a file',
  special: 'a special file',
}

/** The line, counted from 1, of the first marker that `git merge` writes. */
function lineOfConflict(content: Buffer): number | undefined {
  const index = content
    .toString('latin1')
    .split('\n')
    .findIndex((line) => /^<{7}(?: |\r?$)/.test(line))
  return index === -1 ? undefined : index + 1
}

function quoteForShell(text: string): string {
  return /^[\w./@%+,:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
