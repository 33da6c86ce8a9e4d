import { z } from 'zod'
import { type Frontend, type Need, OUTSIDE, routePorts, type Topology, vipName } from '#topology'
import { type DeclaredRoute, declaredRoutes, hostsInNeed, sourcesOf } from './routes.ts'
import { backendValues } from './servers.ts'

/** The web proxy's own certificate, since clients may want another CA than servers. */
export const WEB_CERTIFICATE = 'web'

export const webOptions = z.object({
  vip: vipName().describe('Virtual IP on which all sites are found.'),
  hstsSeconds: z
    .int()
    .min(0)
    .default(31_536_000)
    .describe('For how long browsers remember to come with HTTPS only.'),
  connectionsPerAddress: z
    .int()
    .min(10)
    .default(500)
    .describe('Connections at most of one address at a time; more where many people share one.'),
  requestsPerAddress: z
    .int()
    .min(10)
    .default(2000)
    .describe('Requests at most of one address in ten seconds; more where many people share one.'),
})
export type WebOptions = z.output<typeof webOptions>

const frontendName = (port: number) => (port === 443 ? 'https' : `https_${port}`)

const routesAt = (topology: Topology, port: number): readonly DeclaredRoute[] =>
  declaredRoutes(topology).filter(({ route }) => routePorts(route).includes(port))

const httpsPorts = (topology: Topology): readonly number[] =>
  [...new Set(declaredRoutes(topology).flatMap(({ route }) => routePorts(route)))].sort((a, b) => a - b)

/** Every name under which a site is reached. */
export const servedNames = (topology: Topology): readonly string[] => [
  ...new Set(declaredRoutes(topology).flatMap(({ route }) => route.hosts)),
]

/** The ports on which the proxy answers itself; none where there is no site. */
export function webFrontends({ vip }: WebOptions, topology: Topology): readonly Frontend[] {
  const https = httpsPorts(topology)
  return [
    ...(https.includes(443) ? [{ name: 'http', vip, port: 80, purpose: 'redirect to HTTPS' }] : []),
    ...https.map((port) => ({ name: frontendName(port), vip, port, purpose: 'web sites' })),
  ]
}

/** Who comes to these ports, and the way from the proxy to what answers. */
export function webNeeds({ vip }: WebOptions, topology: Topology): readonly Need[] {
  const from = topology.vip(vip).hosts.map(({ name }) => name)
  const behind = topology.services.flatMap(({ name: service, sites }) =>
    sites.flatMap(({ name, endpoint, check, purpose }): readonly Need[] => [
      { from, to: { service, endpoint }, purpose },
      ...(check.kind === 'http' && check.endpoint !== endpoint
        ? [{ from, to: { service, endpoint: check.endpoint }, purpose: `health checks of ${name}` }]
        : []),
    ]),
  )
  const everybody = ['clients', 'admins'] as const
  const people = httpsPorts(topology).flatMap((port): readonly Need[] => {
    const open = routesAt(topology, port).flatMap(({ route }) => route.from ?? everybody)
    const outside = OUTSIDE.filter((who) => open.includes(who))
    const to = { listener: frontendName(port) }
    return outside.length > 0 ? [{ from: [], outside, to, purpose: 'web sites' }] : []
  })
  const redirected = httpsPorts(topology).includes(443)
    ? [{ from: [], outside: everybody, to: { listener: 'http' }, purpose: 'redirect to HTTPS' }]
    : []
  const hosts = declaredRoutes(topology).flatMap(({ route }) => {
    const from = hostsInNeed(topology, route)
    return from.length > 0
      ? routePorts(route).map((port) => ({
          from,
          to: { listener: frontendName(port) },
          purpose: `the route ${route.name}`,
        }))
      : []
  })
  return [...redirected, ...people, ...hosts, ...behind]
}

/** `haproxy_frontends` and `haproxy_backends` on the hosts that may hold the virtual IP. */
export function webValues(options: WebOptions, topology: Topology) {
  const { address, name } = topology.vip(options.vip)
  const hosts = topology.flows.filter(({ via }) => via === name).flatMap(({ from }) => from)
  const limits = {
    connections_per_address: options.connectionsPerAddress,
    requests_per_address: options.requestsPerAddress,
    // Few hosts ask for many people.
    uncounted: topology.hosts.map((host) => host.address).filter((host) => hosts.includes(host)),
  }
  const redirecting = {
    name: 'http',
    purpose: 'Redirect to HTTPS',
    address,
    port: 80,
    redirect_hosts: [...new Set(routesAt(topology, 443).flatMap(({ route }) => route.hosts))],
    ...limits,
  }
  const answering = httpsPorts(topology).map((port) => ({
    name: frontendName(port),
    purpose: `Web sites on port ${port}`,
    address,
    port,
    certificate: `/etc/tls/${WEB_CERTIFICATE}/${WEB_CERTIFICATE}.crt`,
    routes: routesAt(topology, port).map(({ site, route }) => routeValues(topology, site.name, route)),
    hsts_seconds: options.hstsSeconds,
    ...limits,
  }))
  return {
    frontends: httpsPorts(topology).includes(443) ? [redirecting, ...answering] : answering,
    backends: topology.services.flatMap((service) =>
      service.sites.map((site) => backendValues(service, site)),
    ),
  }
}

function routeValues(topology: Topology, backend: string, route: DeclaredRoute['route']) {
  const sources = sourcesOf(topology, route)
  return {
    name: route.name,
    hosts: route.hosts,
    ...(route.exact ? { exact: route.exact } : {}),
    ...(route.prefixes ? { prefixes: route.prefixes } : {}),
    ...(sources ? { sources } : {}),
    ...(route.hostHeader === undefined ? {} : { host_header: route.hostHeader }),
    ...(route.limit === undefined ? {} : { limit: route.limit }),
    backend,
  }
}
