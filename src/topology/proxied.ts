import type { Report } from '../compile/scope.ts'
import type { Deployment } from './deployment.ts'
import type { Backend, Route } from './service.ts'
import type { PlacedService } from './topology.ts'

/** What stands behind a proxy must be there and be TCP, and no two routes may be for the same request. */
export function checkProxied(services: readonly PlacedService[], { site }: Deployment, report: Report): void {
  for (const service of services)
    for (const backend of [...service.listeners, ...service.sites])
      for (const name of endpointsOf(backend)) {
        const endpoint = service.endpoints.find((known) => known.name === name)
        if (!endpoint)
          report.error(
            'unknown-endpoint',
            `${backend.name} leads to the endpoint "${name}", which the service ${service.name} does not have.`,
            site,
            `Endpoints: ${service.endpoints.map((known) => known.name).join(', ')}.`,
          )
        else if (endpoint.protocol === 'udp')
          report.error(
            'udp-behind-proxy',
            `${backend.name} would pass ${service.name}'s UDP port ${endpoint.port} through a proxy, which knows TCP alone.`,
            site,
            'Let clients reach it directly.',
          )
      }
  const claimed = new Map<string, string>()
  for (const route of services.flatMap(({ sites }) => sites.flatMap(({ routes }) => routes)))
    for (const claim of claimsOf(route)) {
      const other = claimed.get(claim)
      if (other !== undefined)
        report.error(
          'duplicate-route',
          `The routes ${other} and ${route.name} are both for ${claim}.`,
          site,
          'A request has one answer: leave it to one of them.',
        )
      else claimed.set(claim, route.name)
    }
}

const endpointsOf = ({ endpoint, check }: Backend): readonly string[] => [
  ...new Set(check.kind === 'http' ? [endpoint, check.endpoint] : [endpoint]),
]

/** The name, and every request that it is for by itself. */
const claimsOf = ({ name, hosts, exact = [], prefixes = [], ports = [443] }: Route): readonly string[] => [
  `the name "${name}"`,
  ...ports.flatMap((port) =>
    hosts.flatMap((host) => [
      ...exact.map((path) => `${host}:${port}${path}`),
      ...prefixes.map((path) => `${host}:${port}${path} and below`),
    ]),
  ),
]
