import type { Machine, Topology } from '#topology'
import type { Questions } from './questions.ts'

/** One list for all who ask: a list for each of a thousand hosts would be a million names to look at. */
const asked = new WeakMap<Topology, NonNullable<Questions['names']>>()

/** Every name of a host and of a virtual IP, and the further ones, as the hosts file of every host has them. */
export function hostsFileQuestions(topology: Topology): NonNullable<Questions['names']> {
  const known = asked.get(topology) ?? hostsFile(topology)
  asked.set(topology, known)
  return known
}

function hostsFile(topology: Topology): NonNullable<Questions['names']> {
  const names = [
    ...topology.hosts.flatMap(({ name, fqdn, address }) => [
      { name, address },
      { name: fqdn, address },
    ]),
    ...topology.vips.map(({ fqdn, address }) => ({ name: fqdn, address })),
    ...topology.names.map(({ name, address }) => ({ name, address })),
  ]
  return [{ names }]
}

/** The addresses of the deployment's name servers. */
export const serversOf = (topology: Topology): readonly string[] =>
  topology.service('names')?.hosts.map(({ address }) => address) ?? []

/** What name servers say to those outside: the names of the domain, and nothing of what has none. */
export function recordQuestions(topology: Topology, machine: Machine): NonNullable<Questions['records']> {
  if (!topology.verifiers.some(({ name }) => name === machine.name)) return []
  const { domain } = topology.deployment.input
  const inDomain = topology.names.filter(({ name }) => name === domain || name.endsWith(`.${domain}`))
  const port = topology.service('names')?.endpoints[0]?.port ?? 53
  return serversOf(topology).map((server) => ({
    server,
    port,
    names: [
      ...inDomain.map(({ name, address }) => ({ name, addresses: [address] })),
      { name: `nowhere.${domain}`, addresses: [] },
    ],
  }))
}
