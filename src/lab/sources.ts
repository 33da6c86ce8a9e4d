import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One entry of apt's sources, as far as the lab needs it. */
export interface AptSource {
  readonly uri: string
  readonly suites: readonly string[]
}

/** Which address of the machine's own mirror stands for which public name. */
export interface Mirror {
  readonly name: string
  readonly uri: string
}

/** The public names that hosts of a lab write into their sources. */
export const debianNames = {
  main: 'http://deb.debian.org/debian',
  security: 'http://deb.debian.org/debian-security',
} as const

/** Entries of a `sources.list`: `deb [options] uri suite components…`. */
export function parseList(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, ' ')
      .trim()
      .split(/\s+/)
    const [type, uri, suite] = words
    return type === 'deb' && uri && suite ? [{ uri, suites: [suite] }] : []
  })
}

/** Entries of a deb822 file: stanzas of `Field: value`, where a value goes on in lines that begin with a blank. */
export function parseDeb822(text: string): AptSource[] {
  // Comments first: apt takes them out even where they stand inside a stanza.
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = new Map<string, string[]>()
      for (const field of stanza.trim().split(/\n(?=\S)/)) {
        const colon = field.indexOf(':')
        if (colon < 0) continue
        fields.set(
          field.slice(0, colon).trim().toLowerCase(),
          field
            .slice(colon + 1)
            .trim()
            .split(/\s+/),
        )
      }
      if (/^(no|false|0)$/i.test(fields.get('enabled')?.[0] ?? '')) return []
      if (!fields.get('types')?.includes('deb')) return []
      const suites = fields.get('suites') ?? []
      return (fields.get('uris') ?? []).map((uri) => ({ uri, suites }))
    })
}

/** What the machine itself fetches packages from. */
export function machineSources(folder = '/etc/apt'): AptSource[] {
  const parts = list(join(folder, 'sources.list.d'))
  return [
    ...parseList(read(join(folder, 'sources.list'))),
    ...parts
      .filter((name) => name.endsWith('.list'))
      .flatMap((name) => parseList(read(join(folder, 'sources.list.d', name)))),
    ...parts
      .filter((name) => name.endsWith('.sources'))
      .flatMap((name) => parseDeb822(read(join(folder, 'sources.list.d', name)))),
  ]
}

const DEBIAN =
  /^(oldoldstable|oldstable|stable|testing|buster|bullseye|bookworm|trixie|forky|duke|sid|unstable)/

/** The machine's own mirrors behind Debian's public names; the name itself where the machine has none. */
export function debianMirrors(sources: readonly AptSource[]): Mirror[] {
  const isSecurity = (suite: string) => DEBIAN.test(suite) && /(-security|\/updates)$/.test(suite)
  const isMain = (suite: string) => DEBIAN.test(suite) && !isSecurity(suite) && !suite.endsWith('/')
  const uriOf = (wanted: (suite: string) => boolean) =>
    sources.find((source) => source.suites.some(wanted))?.uri.replace(/\/+$/, '')
  const main = uriOf(isMain) ?? debianNames.main
  const beside = main.endsWith('/debian') ? `${main}-security` : debianNames.security
  return [
    { name: debianNames.security, uri: uriOf(isSecurity) ?? beside },
    { name: debianNames.main, uri: main },
  ]
}

/** Where to fetch an address that a host asked for, or undefined when it is nothing of a package archive's. */
export function upstreamOf(url: string, mirrors: readonly Mirror[]): string | undefined {
  const mirror = mirrors.find((candidate) => url.startsWith(`${candidate.name}/`))
  if (mirror) return mirror.uri + url.slice(mirror.name.length)
  // Other archives (PGDG's, say) have the same layout; nothing else is carried out of the lab.
  return /^http:\/\/[^/]+\/.*(\/|^)(dists|pool)\//.test(url) ? url : undefined
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
