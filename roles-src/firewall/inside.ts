import { isNetwork, lies, namesOfHost, namesOfVip, type Topology, withoutCovered } from '#topology'

const LOOPBACK = '127.0.0.0/8'

/** Where hosts may go when the internet is cut. */
export function insideOf(
  { deployment, networks }: Pick<Topology, 'deployment' | 'networks'>,
  further: readonly string[],
): readonly string[] {
  const { clients, admins, controller } = deployment.input
  return withoutCovered([...networks.map(({ cidr }) => cidr), ...clients, ...admins, controller, ...further])
}

/**
 * Whether hosts reach a place after the cut: an address in one of these networks, or a name that their hosts files have. Where
 * any other name leads, nobody knows here, and after the cut nobody tells it to hosts.
 */
export function reachedInside(place: string, topology: Topology, further: readonly string[]): boolean {
  if (place === 'localhost') return true
  if (isNetwork(place)) return [...insideOf(topology, further), LOOPBACK].some((open) => lies(place, open))
  const { hosts, vips, names } = topology
  return [
    ...hosts.flatMap(namesOfHost),
    ...vips.flatMap(namesOfVip),
    ...names.map(({ name }) => name),
  ].includes(place.toLowerCase())
}
