import type { Need } from './service.ts'
import type { PlacedService } from './topology.ts'
import { frontendsOf } from './vip.ts'

/** A need whose one target has a name. */
type Directed = Need & { readonly to: Exclude<Need['to'], 'monitored'> }

/** A need of each endpoint and each listener that is monitored, where a need is of all of them. */
export function eachMonitored(need: Need, services: readonly PlacedService[]): readonly Directed[] {
  const { to, ...rest } = need
  if (to !== 'monitored') return [{ ...rest, to }]
  return services.flatMap((service): readonly Directed[] => [
    ...service.endpoints
      .filter(({ metrics, probe }) => metrics || probe)
      .map((endpoint) => ({ ...rest, to: { service: service.name, endpoint: endpoint.name } })),
    ...[
      ...frontendsOf(service).map(({ name }) => name),
      ...service.probes.map(({ listener }) => listener),
    ].map((listener) => ({ ...rest, to: { listener } })),
  ])
}
