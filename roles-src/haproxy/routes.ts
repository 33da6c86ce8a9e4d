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
export const hostsInNeed = (topology: Topology, { name }: Route): readonly string[] =>
  needsOf(topology).get(name) ?? []

/** Of all routes at once, since every host asks for every route. They are remembered for as long as no service is added. */
const remembered = new WeakMap<
  Topology,
  { readonly services: number; readonly needs: ReadonlyMap<string, readonly string[]> }
>()

function needsOf(topology: Topology): ReadonlyMap<string, readonly string[]> {
  const known = remembered.get(topology)
  if (known?.services === topology.services.length) return known.needs
  const routes = declaredRoutes(topology).map(({ route }) => route)
  const watched = new Set(
    topology.services.flatMap(({ probes }) => probes.map(({ url }) => routeOf(routes, new URL(url))?.name)),
  )
  const all = topology.services.flatMap(({ needs }) => needs)
  const needs = new Map(
    routes.map(({ name }) => {
      const meant = all.filter(({ to }) =>
        typeof to === 'string' ? to === 'monitored' && watched.has(name) : 'route' in to && to.route === name,
      )
      return [name, [...new Set(meant.flatMap(({ from }) => from))]]
    }),
  )
  remembered.set(topology, { services: topology.services.length, needs })
  return needs
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
