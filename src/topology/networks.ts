import ipaddr from 'ipaddr.js'

/** An address or a network as a network: `192.0.2.5` is `192.0.2.5/32`. Throws for what is neither. */
const parse = (text: string) => ipaddr.IPv4.parseCIDR(text.includes('/') ? text : `${text}/32`)

/** Whether an IPv4 network, or an address, lies in another one. */
export function lies(inner: string, outer: string): boolean {
  const [address, length] = parse(inner)
  const [network, prefix] = parse(outer)
  return length >= prefix && address.match(network, prefix)
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
  const unique = [...new Set(networks)]
  return unique.filter((network) => !unique.some((other) => other !== network && lies(network, other)))
}

/** First and last address of a network, for programs that know no prefix lengths. */
export function rangeOf(cidr: string): { readonly first: string; readonly last: string } {
  return {
    first: ipaddr.IPv4.networkAddressFromCIDR(cidr).toString(),
    last: ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString(),
  }
}
