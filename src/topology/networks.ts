import ipaddr from 'ipaddr.js'

/** An address or a network as a network: `192.0.2.5` is `192.0.2.5/32`. Throws for what is neither. */
const parse = (text: string) => ipaddr.IPv4.parseCIDR(text.includes('/') ? text : `${text}/32`)

/** Whether an IPv4 network, or an address, lies in another one. */
export function lies(inner: string, outer: string): boolean {
  const [address, length] = parse(inner)
  const [network, prefix] = parse(outer)
  return length >= prefix && address.match(network, prefix)
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
