import type { Report } from '../compile/scope.ts'
import type { Deployment } from './deployment.ts'
import { causeOf } from './place.ts'
import { isBelow, routePorts } from './route.ts'
import type { Backend, Route, Site } from './service.ts'
import type { PlacedService } from './topology.ts'

/** What stands behind a proxy must be there, and no two routes may be for the same request. */
export function checkProxied(
  services: readonly PlacedService[],
  deployment: Deployment,
  report: Report,
): void {
  const placeOf = ({ name }: PlacedService) => causeOf(deployment, ['services', name])
  for (const service of services)
    for (const backend of [...service.listeners, ...service.sites])
      for (const name of endpointsOf(backend)) {
        const endpoint = service.endpoints.find((known) => known.name === name)
        if (!endpoint)
          report.error(
            'unknown-endpoint',
            `${backend.name} leads to the endpoint "${name}", which the service ${service.name} does not have.`,
            placeOf(service),
            `Endpoints: ${service.endpoints.map((known) => known.name).join(', ')}.`,
          )
      }
  for (const { service, site: declared, shut, open, where } of services.flatMap((service) =>
    service.sites.flatMap((site) => openings(site).map((opening) => ({ service, ...opening }))),
  ))
    report.error(
      'open-elsewhere',
      `The site ${declared.name} keeps ${shut.name} from most, and its route ${open.name} lets everybody ask the same server for ${where}.`,
      placeOf(service),
      `Let ${shut.name} be for every host name and port of the site.`,
    )
  const claimed = new Map<string, string>()
  for (const { service, route } of services.flatMap((service) =>
    service.sites.flatMap(({ routes }) => routes.map((route) => ({ service, route }))),
  ))
    for (const claim of claimsOf(route)) {
      const other = claimed.get(claim)
      if (other !== undefined)
        report.error(
          'duplicate-route',
          `The routes ${other} and ${route.name} are both for ${claim}.`,
          placeOf(service),
          'A request has one answer: leave it to one of them.',
        )
      else claimed.set(claim, route.name)
    }
}

/** Paths of a site that not everybody may ask for, under a host name or on a port where everybody may. */
function openings(site: Site) {
  const routes = site.routes.flatMap((route) =>
    routePorts(route).flatMap((port) => route.hosts.map((host) => ({ route, at: `${host}:${port}` }))),
  )
  const shut = site.routes.filter(({ from }) => from)
  return shut.flatMap((route) =>
    [...(route.exact ?? []), ...(route.prefixes ?? [])].flatMap((path) =>
      routes
        .filter(({ route: other }) => !other.from && isFor(other, path))
        .filter(
          ({ at }) =>
            !routes.some((other) => other.at === at && other.route.from && isFor(other.route, path)),
        )
        .map(({ route: open, at }) => ({ site, shut: route, open, where: `${at}${path}` })),
    ),
  )
}

const isFor = ({ exact = [], prefixes = [] }: Route, path: string): boolean =>
  exact.includes(path) || prefixes.some((prefix) => isBelow(path, prefix))

const endpointsOf = ({ endpoint, check }: Backend): readonly string[] => [
  ...new Set(check.kind === 'http' ? [endpoint, check.endpoint] : [endpoint]),
]

/** The name, and every request that it is for by itself. */
const claimsOf = (route: Route): readonly string[] => {
  const { name, hosts, exact = [], prefixes = [] } = route
  return [
    `the name "${name}"`,
    ...routePorts(route).flatMap((port) =>
      hosts.flatMap((host) => [
        ...exact.map((path) => `${host}:${port}${path}`),
        ...prefixes.map((path) => `${host}:${port}${path} and below`),
      ]),
    ),
  ]
}
