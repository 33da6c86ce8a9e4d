import type { Endpoint, Need } from '../topology/service.ts'
import type { PlacedService, Topology } from '../topology/topology.ts'

/** Who opens connections to an endpoint and cannot do without. */
export interface Dependent {
  /** The service that has the need, or who is outside. */
  readonly who: string
  /** The host that connects; undefined from outside. */
  readonly from: string | undefined
}

const keyOf = (service: string, endpoint: string): string => `${service} ${endpoint}`

/** Who depends on an endpoint of a service: directly, through a virtual IP or through a web proxy. Monitoring depends on nothing. */
export function dependentsOf({
  services,
}: Topology): (service: PlacedService, endpoint: Endpoint) => readonly Dependent[] {
  const listeners = new Map<string, string>()
  const routes = new Map<string, string>()
  for (const service of services) {
    for (const { name, endpoint } of service.listeners) listeners.set(name, keyOf(service.name, endpoint))
    for (const site of service.sites)
      for (const { name } of site.routes) routes.set(name, keyOf(service.name, site.endpoint))
  }
  const targetOf = ({ to }: Need): string | undefined => {
    if (to === 'monitored') return undefined
    if ('service' in to) return keyOf(to.service, to.endpoint)
    return 'route' in to ? routes.get(to.route) : listeners.get(to.listener)
  }
  const found = new Map<string, Dependent[]>()
  const add = (key: string | undefined, more: readonly Dependent[]) => {
    if (key === undefined) return
    const list = found.get(key) ?? []
    found.set(key, list)
    list.push(...more)
  }
  for (const service of services) {
    for (const need of service.needs) add(targetOf(need), partiesOf(service, need))
    for (const site of service.sites)
      for (const { from = ['clients'] } of site.routes)
        add(
          keyOf(service.name, site.endpoint),
          from.map((who) => ({ who, from: undefined })),
        )
  }
  return (service, endpoint) => found.get(keyOf(service.name, endpoint.name)) ?? []
}

const isOwn = (service: string, to: Need['to']): boolean =>
  to !== 'monitored' && 'service' in to && to.service === service
const partiesOf = ({ name }: PlacedService, { from, outside = [], to }: Need): readonly Dependent[] => [
  // What a service needs of itself is needed by those of its partners that it names.
  ...from.map((host) => ({ who: isOwn(name, to) ? host : name, from: host })),
  ...outside.map((who) => ({ who, from: undefined })),
]
