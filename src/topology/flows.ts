import type { DeploymentInput } from './deployment.ts'
import { eachMonitored } from './monitored.ts'
import type { Endpoint, Outside } from './service.ts'
import type { Flow, PlacedService, Topology, TopologyHost, TopologyVip } from './topology.ts'
import { frontendsOf } from './vip.ts'

/** Addresses with the names by which people know them. */
interface Parties {
  readonly addresses: readonly string[]
  readonly names: readonly string[]
}

const partiesOf = (targets: readonly (TopologyHost | TopologyVip)[]): Parties => ({
  addresses: targets.map(({ address }) => address),
  names: targets.map(({ name }) => name),
})

/** The networks, or the one machine, that an outsider stands for. */
function outsiders(outside: readonly Outside[], input: DeploymentInput): Parties {
  const networks: Readonly<Record<Outside, readonly string[]>> = {
    clients: input.clients,
    admins: input.admins,
    controller: [input.controller],
  }
  return { addresses: outside.flatMap((who) => networks[who]), names: outside }
}

const and = (one: Parties, other: Parties): Parties => ({
  addresses: [...one.addresses, ...other.addresses],
  names: [...one.names, ...other.names],
})

type Way = Pick<Flow, 'port' | 'lastPort' | 'protocol' | 'via' | 'service' | 'purpose'>

const flow = (from: Parties, to: Parties, way: Way): Flow => ({
  from: from.addresses,
  fromNames: from.names,
  to: to.addresses,
  toNames: to.names,
  ...way,
})

/** Hosts that open an endpoint. */
export const openedBy = (service: PlacedService, { hosts }: Endpoint): readonly TopologyHost[] =>
  hosts ? service.hosts.filter(({ name }) => hosts.includes(name)) : service.hosts

const portsOf = ({ port, lastPort = port, protocol }: Endpoint) => ({ port, lastPort, protocol })

/** Who talks to whom: every need as written, and behind every listener the way from its virtual IP's hosts to the servers. */
export function deriveFlows(topology: Topology): readonly Flow[] {
  const flows = [
    ...topology.services.flatMap((service) => [
      ...listenerFlows(service, topology),
      ...needFlows(service, topology),
    ]),
    ...vrrpFlows(topology),
  ]
  const key = (f: Flow) =>
    [f.service, String(f.port).padStart(5, '0'), f.protocol, f.to.join(), f.from.join(), f.purpose].join('\0')
  const unique = new Map(flows.map((f) => [key(f), f]))
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, f]) => f)
}

function listenerFlows(service: PlacedService, { vips }: Topology): readonly Flow[] {
  return service.listeners.flatMap((listener) => {
    const vip = vips.find(({ name }) => name === listener.vip)
    if (!vip) return []
    const { check } = listener
    return service.endpoints
      .filter(({ name }) => name === listener.endpoint || (check.kind === 'http' && name === check.endpoint))
      .map((endpoint) =>
        flow(partiesOf(vip.hosts), partiesOf(openedBy(service, endpoint)), {
          ...portsOf(endpoint),
          via: undefined,
          service: service.name,
          purpose:
            endpoint.name === listener.endpoint
              ? `${listener.purpose}, behind the virtual IP`
              : `health check of ${listener.name}`,
        }),
      )
  })
}

function needFlows({ needs }: PlacedService, topology: Topology): readonly Flow[] {
  const { services, vips, deployment } = topology
  return needs
    .flatMap((need) => eachMonitored(need, services))
    .flatMap(({ from, outside = [], to, purpose }) => {
      const sources = and(partiesOf(from.map(topology.host)), outsiders(outside, deployment.input))
      // Who serves the route has the need of a port of a virtual IP.
      if ('route' in to) return []
      if ('listener' in to) {
        const found = services
          .flatMap((service) => frontendsOf(service).map((frontend) => ({ service, frontend })))
          .find(({ frontend }) => frontend.name === to.listener)
        const vip = found && vips.find(({ name }) => name === found.frontend.vip)
        if (!found || !vip) return []
        const { port } = found.frontend
        const way = {
          port,
          lastPort: port,
          protocol: 'tcp',
          via: vip.name,
          service: found.service.name,
        } as const
        return [flow(sources, partiesOf([vip]), { ...way, purpose })]
      }
      const service = services.find(({ name }) => name === to.service)
      const endpoint = service?.endpoints.find(({ name }) => name === to.endpoint)
      if (!service || !endpoint) return []
      const way = { ...portsOf(endpoint), via: undefined, service: service.name }
      return [flow(sources, partiesOf(openedBy(service, endpoint)), { ...way, purpose })]
    })
}

/** The holders of a virtual IP on which something is found, among themselves. */
function vrrpFlows({ services, vips }: Topology): readonly Flow[] {
  return vips
    .filter(
      ({ name, hosts }) =>
        hosts.length > 1 && services.some((service) => frontendsOf(service).some(({ vip }) => vip === name)),
    )
    .map(({ address, hosts }) =>
      flow(partiesOf(hosts), partiesOf(hosts), {
        port: 0,
        lastPort: 0,
        protocol: 'vrrp',
        via: undefined,
        service: 'keepalived',
        purpose: `who holds ${address}`,
      }),
    )
}
