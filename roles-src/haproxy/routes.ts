import { isBelow, type PlacedService, type Route, routePorts, type Site, type Topology } from '#topology'

/** A route with the site and the service that declare it. */
export interface DeclaredRoute {
  readonly service: PlacedService
  readonly site: Site
  readonly route: Route
}

export const declaredRoutes = (topology: Topology): readonly DeclaredRoute[] =>
  topology.services.flatMap((service) =>
    service.sites.flatMap((site) => site.routes.map((route) => ({ service, site, route }))),
  )

/**
 * The route that decides about a request, as the configuration of HAProxy finds it: an exact path before all prefixes, a
 * longer prefix before a shorter.
 */
export function routeOf(routes: readonly Route[], asked: URL): Route | undefined {
  const port = Number(asked.port || 443)
  const here = routes.filter(
    (route) => routePorts(route).includes(port) && route.hosts.includes(asked.hostname),
  )
  const exact = here.find((route) => route.exact?.includes(asked.pathname))
  const longest = here
    .flatMap((route) => (route.prefixes ?? []).map((prefix) => ({ route, prefix })))
    .filter(({ prefix }) => isBelow(asked.pathname, prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0]
  return exact ?? longest?.route
}

/** Hosts that have a need for a route, or watch what a service has monitored there. */
export function hostsInNeed(topology: Topology, { name }: Route): readonly string[] {
  const routes = declaredRoutes(topology).map(({ route }) => route)
  const watched = topology.services.some(({ probes }) =>
    probes.some(({ url }) => routeOf(routes, new URL(url))?.name === name),
  )
  const needs = topology.services.flatMap(({ needs }) => needs)
  const meant = needs.filter(({ to }) =>
    typeof to === 'string' ? watched && to === 'monitored' : 'route' in to && to.route === name,
  )
  return [...new Set(meant.flatMap(({ from }) => from))]
}

/** Addresses and networks that a route is for; undefined where it is for everybody. */
export function sourcesOf(topology: Topology, route: Route): readonly string[] | undefined {
  if (!route.from) return undefined
  const { clients, admins, controller } = topology.deployment.input
  const networks = { clients, admins, controller: [controller] }
  return [
    ...route.from.flatMap((people) => networks[people]),
    ...hostsInNeed(topology, route).map((name) => topology.host(name).address),
  ]
}
