const UNITS = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const

/**
 * Bytes of a size such as `8 GB`. Memory is sold in powers of two, disks in powers of ten: for `memory` GB counts as GiB.
 * Undefined for what is no size.
 */
export function parseSize(text: string, kind: 'memory' | 'disk'): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.exec(text.trim())
  if (!match) return undefined
  const [, number, written] = match
  const unit = written === 'KB' ? 'kB' : written
  const binary =
    kind === 'memory' && unit !== 'B' && !unit?.includes('i')
      ? unit?.replace(/^k?/, (k) => k.toUpperCase()).replace('B', 'iB')
      : unit
  const factor = UNITS[binary as keyof typeof UNITS] // the pattern admits these only
  return Math.round(Number(number) * factor)
}

/** Bits a second of a speed such as `10 Gbps`; undefined for what is none. */
export function parseSpeed(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(Mbps|Gbps)$/.exec(text.trim())
  return match ? Number(match[1]) * (match[2] === 'Gbps' ? 1e9 : 1e6) : undefined
}

/** Days of a duration such as `360 days`; undefined for what is none. */
export function parseDays(text: string): number | undefined {
  const match = /^(\d+)\s*days?$/.exec(text.trim())
  return match ? Number(match[1]) : undefined
}

/** `16 GB`, `512 MB`: a number of bytes as people write memory. */
export function formatBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['TB', 1024 ** 4],
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
    ['kB', 1024],
  ] as const) {
    if (bytes >= factor) return `${Number((bytes / factor).toFixed(bytes >= 10 * factor ? 0 : 1))} ${unit}`
  }
  return `${bytes} B`
}
