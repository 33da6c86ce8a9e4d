import { frontendsOf, lies, type Machine, type Route, routePorts, type Topology } from '#topology'
import { type DeclaredRoute, declaredRoutes, hostsInNeed } from '../../haproxy/routes.ts'
import type { Questions } from './questions.ts'

/** A name that no site has, and that never is one: RFC 2606. */
const UNKNOWN = 'nowhere.invalid'

/** An address that is kept for examples: RFC 5737. */
const SOMEBODY = '203.0.113.66'

/** What proxies answer with when they send people to HTTPS. */
const REDIRECT = 308

const at = (host: string, port: number) => (port === 443 ? host : `${host}:${port}`)
const pathOf = ({ exact, prefixes }: Route) => exact?.[0] ?? prefixes?.[0] ?? '/'

/** Whose requests a machine's are: of a verifier what it stands for, of a host its own. */
const mayAsk = (topology: Topology, { name }: Machine, route: Route): boolean =>
  !route.from ||
  (name === 'client' && route.from.includes('clients')) ||
  (name === 'admin' && route.from.includes('admins')) ||
  hostsInNeed(topology, route).includes(name)

/** The address on which a name of a site is found. */
const addressOf = (topology: Topology, name: string) =>
  topology.names.find((known) => known.name === name)?.address

/** Whether the flows table lets a machine connect. */
const reaches = (topology: Topology, machine: Machine, address: string, port: number): boolean =>
  topology.flows.some(
    (flow) =>
      flow.protocol === 'tcp' &&
      flow.port <= port &&
      port <= flow.lastPort &&
      flow.to.includes(address) &&
      flow.from.some((network) => lies(machine.address, network)),
  )

/** Names that the web proxy serves, with its address: those that lead to it. */
function servedAt(topology: Topology) {
  const vips = new Set(
    topology.services
      .flatMap(frontendsOf)
      .filter(({ port }) => port === 443)
      .map(({ vip }) => topology.vip(vip).address),
  )
  return (name: string) => vips.has(addressOf(topology, name) ?? '')
}

/** What is asked of the web proxy under the names that lead to it. */
export function edgeQuestions(
  topology: Topology,
  machine: Machine,
  standIn: readonly string[],
): Pick<Questions, 'certificates' | 'pages'> {
  if (!topology.services.some(({ name }) => name === 'haproxy')) return { certificates: [], pages: [] }
  const served = servedAt(topology)
  const verifier = topology.verifiers.some(({ name }) => name === machine.name)
  const routes = declaredRoutes(topology)
    // A host asks where the route is for some hosts only: everybody's routes are asked from outside.
    .filter(({ route }) => verifier || hostsInNeed(topology, route).includes(machine.name))
  const questions = routes.flatMap((declared) =>
    routePorts(declared.route).flatMap((port) =>
      declared.route.hosts
        .filter(served)
        .map((host) => routeQuestion(topology, machine, declared, host, port, standIn)),
    ),
  )
  const names = [...new Set(declaredRoutes(topology).flatMap(({ route }) => route.hosts))].filter(served)
  return {
    certificates: verifier ? names.map((host) => ({ host, port: 443 })) : [],
    pages: [...(verifier ? outsideQuestions(topology, machine, names, standIn) : []), ...questions],
  }
}

function routeQuestion(
  topology: Topology,
  machine: Machine,
  { service, route }: DeclaredRoute,
  host: string,
  port: number,
  standIn: readonly string[],
): NonNullable<Questions['pages']>[number] {
  const url = `https://${at(host, port)}${pathOf(route)}`
  if (mayAsk(topology, machine, route))
    return {
      url,
      ...(standIn.includes(service.name)
        ? { echo: true, ...(route.hostHeader === undefined ? {} : { host_header: route.hostHeader }) }
        : {}),
    }
  const address = addressOf(topology, host) ?? ''
  return reaches(topology, machine, address, port) ? { url, statuses: [403] } : { url, closed: true }
}

/** What everybody gets, whichever site is meant. */
function outsideQuestions(
  topology: Topology,
  machine: Machine,
  names: readonly string[],
  standIn: readonly string[],
): NonNullable<Questions['pages']> {
  const [first] = names
  const forged = declaredRoutes(topology).filter(
    ({ service, route }) =>
      standIn.includes(service.name) && !route.from && route.hostHeader === undefined && !route.exact,
  )
  return [
    ...names.map((name) => ({
      url: `http://${name}/some/page?of=it`,
      statuses: [REDIRECT],
      location: `https://${name}/some/page?of=it`,
    })),
    ...(first === undefined
      ? []
      : ['http', 'https'].map((scheme) => ({
          url: `${scheme}://${first}/`,
          headers: [{ name: 'Host', value: UNKNOWN }],
          statuses: [421],
        }))),
    ...topology.services
      .flatMap(({ name: service, probes }) => probes.map((probe) => ({ service, ...probe })))
      .filter(({ metrics, service }) => !metrics && !standIn.includes(service))
      .map(({ url }) => ({ url, statuses: [200] })),
    // A restricted page stays shut for who claims to be somebody who may ask.
    ...declaredRoutes(topology)
      .filter(({ route }) => routePorts(route).includes(443) && !mayAsk(topology, machine, route))
      .flatMap(({ route }) =>
        [...topology.verifiers, ...topology.hosts]
          .filter((other) => mayAsk(topology, other, route))
          .slice(0, 1)
          .flatMap(({ address }) =>
            route.hosts.slice(0, 1).map((host) => ({
              url: `https://${host}${pathOf(route)}`,
              forged: address,
              statuses: [403],
            })),
          ),
      ),
    ...forged.flatMap(({ route }) =>
      route.hosts.map((host) => ({ url: `https://${host}${pathOf(route)}`, forged: SOMEBODY, echo: true })),
    ),
  ]
}
