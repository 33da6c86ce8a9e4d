/** The largest erasure set that the server makes. */
const LARGEST = 16

/**
 * Drives of an erasure set that each host has: as many as possible, equally many of each, up to 16 in the set; undefined
 * where no set can be made.
 */
export const setDrivesOfHost = (hosts: number, drivesOfHost: number): number | undefined =>
  Array.from({ length: drivesOfHost }, (_, i) => drivesOfHost - i).find(
    (drives) => drivesOfHost % drives === 0 && drives * hosts <= LARGEST,
  )

/** Drives of an erasure set; 0 where none can be made. */
export const erasureSet = (hosts: number, drivesOfHost: number): number =>
  (setDrivesOfHost(hosts, drivesOfHost) ?? 0) * hosts

/**
 * Drives of a set that may be lost while reads and writes go on: what is stored can be read without as many as it has parity, and
 * where data and parity are equal, a write needs one more than half.
 */
export const spareDrives = (drives: number, parity: number): number =>
  parity === drives / 2 ? parity - 1 : parity

/** The hosts of each pool: equally many, in their order. */
export const inPools = <T>(hosts: readonly T[], pools: number): readonly (readonly T[])[] =>
  Array.from({ length: pools }, (_, i) =>
    hosts.slice((hosts.length / pools) * i, (hosts.length / pools) * (i + 1)),
  )

/** What the server uses of each drive of a pool: as much as the smallest has. 0 without drives. */
export const usedOfDrive = (pool: readonly { readonly disks: readonly number[] }[]): number => {
  const drives = pool.flatMap(({ disks }) => disks)
  return drives.length === 0 ? 0 : Math.min(...drives)
}

/** What the server uses of all drives: of each as much as the smallest of its pool has. */
export const usedOf = (hosts: readonly { readonly disks: readonly number[] }[], pools: number): number =>
  inPools(hosts, pools).reduce(
    (sum, pool) => sum + pool.flatMap(({ disks }) => disks).length * usedOfDrive(pool),
    0,
  )

/**
 * Names that differ by their last number alone, as the server wants to see them: `s{1...4}`, or `s{01...04}` where all numbers
 * have as many digits; undefined where they do not.
 */
export function patternOf(names: readonly string[]): string | undefined {
  const parts = names.map((name) => /^(.*?)(\d+)(\D*)$/.exec(name))
  const [, before = '', first = '', after = ''] = parts[0] ?? []
  const start = Number(first)
  // The server fills up with zeros only where the first number begins with one, to the length of the last.
  const padded = first.startsWith('0') && first.length > 1
  const written = (number: number) => String(number).padStart(padded ? first.length : 0, '0')
  const consecutive = parts.every(
    (part, i) => part?.[1] === before && part[2] === written(start + i) && part[3] === after,
  )
  const last = written(start + names.length - 1)
  return parts[0] && consecutive && (!padded || last.length === first.length)
    ? `${before}{${first}...${last}}${after}`
    : undefined
}

/**
 * The erasure sets of a store: drives of each host in a set, drives in all, and how many of them may be lost while writes go
 * on. Undefined where hosts differ in their drives, or where no set can be made.
 */
export function setsOf(
  hosts: readonly { readonly disks: readonly number[] }[],
  { parity, pools }: { readonly parity: number; readonly pools: number },
) {
  const ofPool = hosts.length / pools
  const ofHost = setDrivesOfHost(ofPool, hosts[0]?.disks.length ?? 0)
  if (ofHost === undefined || hosts.some(({ disks }) => disks.length !== hosts[0]?.disks.length))
    return undefined
  const drives = ofHost * ofPool
  return { ofHost, drives, spare: spareDrives(drives, parity) }
}
