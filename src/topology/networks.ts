import ipaddr from 'ipaddr.js'

/** A network as numbers: its first address, and how many bits of it are fixed. */
interface Range {
  readonly first: number
  readonly length: number
}

/** An address or a network as a range: `192.0.2.5` is `192.0.2.5/32`. Throws for what is neither. */
function parse(text: string): Range {
  const [address = '', prefix = '32'] = text.split('/')
  const bytes = address.split('.').map(Number)
  const length = Number(prefix)
  const isByte = (byte: number) => Number.isInteger(byte) && byte >= 0 && byte < 256
  if (bytes.length !== 4 || !bytes.every(isByte) || !Number.isInteger(length) || length < 0 || length > 32)
    throw new TypeError(`${text} is neither an IPv4 address nor a network.`)
  return {
    first: masked(
      bytes.reduce((sum, byte) => sum * 256 + byte, 0),
      length,
    ),
    length,
  }
}

/** Whether a text is an IPv4 address or network. */
export function isNetwork(text: string): boolean {
  try {
    parse(text)
    return /^[\d./]+$/.test(text)
  } catch {
    return false
  }
}

const masked = (address: number, length: number): number => address - (address % 2 ** (32 - length))

/** Whether an IPv4 network, or an address, lies in another one. */
export function lies(inner: string, outer: string): boolean {
  const [{ first, length }, around] = [parse(inner), parse(outer)]
  return length >= around.length && masked(first, around.length) === around.first
}

/** Ranges of which no part is routed on the internet: private ones (RFC 1918, RFC 6598), and those for tests and documents (RFC 2544, RFC 5737). */
const PRIVATE = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['198.18.0.0/15', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
]

/** Whether no address of a network is a public one. */
export const isPrivate = (cidr: string): boolean => PRIVATE.some((range) => lies(cidr, range))

/** Whether two networks have an address in common: one then lies in the other. */
export const overlap = (one: string, other: string): boolean => lies(one, other) || lies(other, one)

/**
 * Whether an address lies in a network. Nothing lies in what is none, and what is no address lies nowhere. It is asked of each
 * of many hosts, and reckons with numbers therefore.
 */
export function isWithin(address: string, cidr: string): boolean {
  const [network = '', length = ''] = cidr.split('/')
  const [one, other] = [numberOf(address), numberOf(network)]
  const bits = /^(\d|[12]\d|3[0-2])$/.test(length) ? Number(length) : undefined
  if (one === undefined || other === undefined || bits === undefined) return false
  return bits === 0 || one >>> (32 - bits) === other >>> (32 - bits)
}

export const isAddress = (text: string): boolean => numberOf(text) !== undefined

/** An address as a number of 32 bits; undefined for what is none. */
function numberOf(address: string): number | undefined {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(address)) return undefined
  const octets = address.split('.').map(Number)
  return octets.every((octet) => octet < 256)
    ? octets.reduce((sum, octet) => sum * 256 + octet, 0)
    : undefined
}

/** Addresses and networks without those that lie in another one of them. */
export function withoutCovered(networks: readonly string[]): readonly string[] {
  const ranges = [...new Set(networks)].map((text) => ({ text, ...parse(text) }))
  const byLength = new Map<number, Set<number>>()
  for (const { first, length } of ranges) byLength.set(length, (byLength.get(length) ?? new Set()).add(first))
  // Of the same network written twice, such as an address and its /32, the first is kept.
  const kept = new Set<string>()
  return ranges
    .filter(({ first, length }) => {
      const written = `${first}/${length}`
      if (kept.has(written)) return false
      kept.add(written)
      return ![...byLength].some(([other, firsts]) => other < length && firsts.has(masked(first, other)))
    })
    .map(({ text }) => text)
}

/** First and last address of a network, for programs that know no prefix lengths. */
export function rangeOf(cidr: string): { readonly first: string; readonly last: string } {
  return {
    first: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    last: ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString(),
  }
}
