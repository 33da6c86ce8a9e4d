import { DeploymentError } from '#topology'

/** The largest erasure set that the server makes. */
const LARGEST = 16

/**
 * Drives of an erasure set: as many as possible, up to 16, with equally many of each host. Throws where that cannot be, or
 * where the loss of one host would stop reads or writes.
 */
export function erasureSet(hosts: number, drivesOfHost: number, parity: number): number {
  const ofHost = Array.from({ length: drivesOfHost }, (_, i) => drivesOfHost - i).find(
    (drives) => drivesOfHost % drives === 0 && drives * hosts <= LARGEST,
  )
  if (ofHost === undefined)
    throw new DeploymentError(
      ['services', 'storage', 'hosts'],
      `${hosts} hosts with ${drivesOfHost} drives each make no erasure set of at most ${LARGEST} drives.`,
    )
  const drives = ofHost * hosts
  if (parity > drives / 2)
    throw new DeploymentError(
      ['services', 'storage', 'parity'],
      `EC:${parity} is more than half of an erasure set of ${drives} drives.`,
    )
  // Where data and parity are equal, a write needs one drive more than half.
  const spare = parity === drives / 2 ? parity - 1 : parity
  if (ofHost > spare)
    throw new DeploymentError(
      ['services', 'storage', 'parity'],
      `The loss of one host takes ${ofHost} of the ${drives} drives of an erasure set, and with EC:${parity} writes go on without ${spare} at most. Raise the parity, or use more hosts.`,
    )
  return drives
}

/** Names that differ by a number alone, as the server wants to see them: `s{1...4}.example.net`. Throws where they do not. */
export function patternOf(names: readonly string[]): string {
  const parts = names.map((name) => /^(\D*)(\d+)(\D*)$/.exec(name))
  const [first] = parts
  const start = Number(first?.[2])
  const consecutive = parts.every(
    (part, i) => part?.[1] === first?.[1] && part?.[3] === first?.[3] && part?.[2] === String(start + i),
  )
  if (!first || !consecutive)
    throw new DeploymentError(
      ['services', 'storage', 'hosts'],
      `The hosts of the object store are numbered in order, such as s1, s2, s3, since its pools are patterns: ${names.join(', ')} are not.`,
    )
  return `${first[1]}{${start}...${start + names.length - 1}}${first[3]}`
}
