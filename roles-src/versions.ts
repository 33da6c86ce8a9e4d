import type { TopologyHost } from '#topology'

/**
 * Versions that Debian's own archive has of what rules judge (packages.debian.org). A stable release keeps them and mends
 * what is wrong in revisions of the package, if at all.
 */
const DEBIAN = {
  bookworm: {
    etcd: '3.4.23',
    patroni: '3.0.2',
    pgbackrest: '2.45',
    pgbouncer: '1.18.0',
    postgresql: '15',
  },
  trixie: {
    etcd: '3.5.16',
    patroni: '4.0.7',
    pgbackrest: '2.55',
    pgbouncer: '1.24.1',
    postgresql: '17',
  },
} as const satisfies Record<TopologyHost['release'], Record<string, string>>

/** The version that a host's release of Debian has of a program. */
export const debianHas = (
  { release }: Pick<TopologyHost, 'release'>,
  program: keyof typeof DEBIAN.bookworm,
): string => DEBIAN[release][program]

/** How people call a host's release, such as `Debian 12`. */
export const debianOf = ({ release }: Pick<TopologyHost, 'release'>): string =>
  release === 'trixie' ? 'Debian 13' : 'Debian 12'

/** Whether a dotted version such as `4.0.6` is older than another one. */
export function isOlder(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  const at = (b ?? []).findIndex((part, i) => part !== (a?.[i] ?? 0))
  return at >= 0 && (a?.[at] ?? 0) < (b?.[at] ?? 0)
}
