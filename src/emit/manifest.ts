/**
 * Which files of `generated/` are ours, and what they held when we wrote them: one sorted line per file, as
 * `sha256sum --check` reads it.
 *
 * An empty line stands between the entries: git takes changes of neighbouring lines for a conflict, and two branches
 * that change two roles often change neighbours here.
 */
import { createHash } from 'node:crypto'

/** The hashes that a file may have and still be as we left it, by its path relative to `generated/`. */
export type Manifest = ReadonlyMap<string, ReadonlySet<string>>

const HEADER =
  '# Written by `rolewright build`: what it generated, by SHA-256. After a merge conflict here, build again.'

export function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/**
 * Reads a manifest in whatever state a merge left it: conflict markers and lines that are no entries are passed over,
 * entries of both sides count, and a path may come with several hashes. Entries that lead out of the folder do not.
 */
export function parseManifest(text: string): Manifest {
  const manifest = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [, hash, path] = /^([0-9a-f]{64}) {2}(.+?)\r?$/.exec(line) ?? []
    if (hash === undefined || path === undefined || whyNoPath(path) !== undefined) continue
    const hashes = manifest.get(path)
    if (hashes === undefined) manifest.set(path, new Set([hash]))
    else hashes.add(hash)
  }
  return manifest
}

export function printManifest(manifest: Manifest): string {
  const lines = [...manifest.keys()]
    .sort()
    .flatMap((path) => [...(manifest.get(path) ?? [])].sort().map((hash) => `${hash}  ${path}\n`))
  return [`${HEADER}\n`, ...lines].join('\n')
}

export function mergeManifests(...manifests: readonly Manifest[]): Manifest {
  const merged = new Map<string, ReadonlySet<string>>()
  for (const manifest of manifests)
    for (const [path, hashes] of manifest) merged.set(path, new Set([...(merged.get(path) ?? []), ...hashes]))
  return merged
}

/** Why something is not the path of a generated file, relative to `generated/` with `/` between its parts. */
export function whyNoPath(path: string): string | undefined {
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute'
  if (/[\p{Cc}\p{Cs}\\]/u.test(path)) return 'it holds a control character or a backslash'
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'it has an empty part, `.` or `..`'
  if (OWN.includes(path) || path.endsWith(TEMPORARY)) return 'the build keeps its own records under that name'
  return undefined
}

/** The manifest; what a running build is about to write; who is building; a lock on its way out. */
export const MANIFEST = '.manifest'
export const JOURNAL = '.manifest.next'
export const LOCK = '.lock'
const OWN: readonly string[] = [MANIFEST, JOURNAL, LOCK, `${LOCK}.stale`]

const TEMPORARY = '.rolewright-tmp'

/** The name under which a file is written before it is renamed: in the same folder, and known without a search. */
export function temporaryOf(path: string): string {
  const slash = path.lastIndexOf('/') + 1
  return `${path.slice(0, slash)}.${path.slice(slash)}${TEMPORARY}`
}
