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

/** Drives of a set that may be lost while writes go on: where data and parity are equal, a write needs one more than half. */
export const spareDrives = (drives: number, parity: number): number =>
  parity === drives / 2 ? parity - 1 : parity

/** The hosts of each pool: equally many, in their order. */
export const inPools = <T>(hosts: readonly T[], pools: number): readonly (readonly T[])[] =>
  Array.from({ length: pools }, (_, i) =>
    hosts.slice((hosts.length / pools) * i, (hosts.length / pools) * (i + 1)),
  )

/** Names that differ by a number alone, as the server wants to see them: `s{1...4}.example.net`; undefined where they do not. */
export function patternOf(names: readonly string[]): string | undefined {
  const parts = names.map((name) => /^(\D*)(\d+)(\D*)$/.exec(name))
  const [first] = parts
  const start = Number(first?.[2])
  const consecutive = parts.every(
    (part, i) => part?.[1] === first?.[1] && part?.[3] === first?.[3] && part?.[2] === String(start + i),
  )
  return first && consecutive ? `${first[1]}{${start}...${start + names.length - 1}}${first[3]}` : undefined
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
