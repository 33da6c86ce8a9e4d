import { openedBy } from '../topology/flows.ts'
import { defineRule, type Violation } from '../topology/rule.ts'
import type { Endpoint, Frontend } from '../topology/service.ts'
import type { Topology } from '../topology/topology.ts'
import { frontendsOf } from '../topology/vip.ts'
import { placeIn, placeOfFirst } from './places.ts'

/** A port, or a range, that a service opens on a host. */
interface Opened extends Endpoint {
  readonly service: string
}

/** What each host opens, its virtual IPs aside. */
function openedByHost({ services }: Topology): ReadonlyMap<string, readonly Opened[]> {
  const byHost = new Map<string, Opened[]>()
  for (const service of services)
    for (const endpoint of service.endpoints)
      for (const name of new Set(openedBy(service, endpoint).map((host) => host.name))) {
        const list = byHost.get(name) ?? []
        byHost.set(name, list)
        list.push({ ...endpoint, service: service.name })
      }
  return byHost
}

/** Every frontend of every virtual IP, with its service. */
function frontendsByVip({ services }: Topology) {
  const byVip = new Map<string, (Frontend & { readonly service: string })[]>()
  for (const service of services)
    for (const frontend of frontendsOf(service)) {
      const list = byVip.get(frontend.vip) ?? []
      byVip.set(frontend.vip, list)
      list.push({ ...frontend, service: service.name })
    }
  return byVip
}

export const portsOnce = defineRule({
  code: 'NET-010',
  severity: 'error',
  demand: 'No two services open the same port of a host, or of a virtual IP.',
  reason: 'The kernel gives a port of an address to one program: the second one does not start.',
  evidence: 'bind(2): EADDRINUSE. An address of the host and all of its addresses are no different in this.',
  wayOut: 'Give one of the two another port, or another host.',
  check: (topology) => {
    const { input } = topology.deployment
    const onHosts = [...openedByHost(topology)].flatMap(([host, opened]) =>
      (['tcp', 'udp'] as const).flatMap((protocol) =>
        collisions(opened.filter((endpoint) => endpoint.protocol === protocol)).map(
          ([one, other]): Violation => ({
            message: `${one.service} (${one.purpose}) and ${other.service} (${other.purpose}) both open ${protocol} ${portsOf(other)} of ${host}.`,
            subject: host,
            at: placeOfFirst(input, [other.service, one.service], host),
          }),
        ),
      ),
    )
    const onVips = [...frontendsByVip(topology)].flatMap(([vip, frontends]) =>
      collisions(frontends).map(
        ([one, other]): Violation => ({
          message: `${one.service} (${one.name}) and ${other.service} (${other.name}) both have the port ${other.port} of the virtual IP ${vip}.`,
          subject: vip,
          at: placeOfFirst(input, [other.service, one.service], vip),
        }),
      ),
    )
    return [...onHosts, ...onVips]
  },
})

export const noWildcardBesideVip = defineRule({
  code: 'NET-011',
  severity: 'error',
  demand: 'On a host that may hold a virtual IP, no service opens a port of the virtual IP on all addresses.',
  reason:
    'Either the proxy of the virtual IP does not start, or the other program silently loses all of IPv4, whichever came first.',
  evidence:
    "Measured: PostgreSQL with listen_addresses = '*' beside a proxy on the virtual IP's port 5432 starts, and answers nobody over IPv4; a line of its log is all that says so.",
  wayOut: "Let it listen on the host's own address and on loopback.",
  check: (topology) => {
    const byVip = frontendsByVip(topology)
    const vipsOf = new Map<string, string[]>()
    for (const { name, hosts } of topology.vips)
      for (const host of hosts) vipsOf.set(host.name, [...(vipsOf.get(host.name) ?? []), name])
    return topology.services.flatMap((service) =>
      service.endpoints
        .filter(({ wildcard, protocol }) => wildcard && protocol === 'tcp')
        .flatMap((endpoint) =>
          openedBy(service, endpoint).flatMap((host) =>
            (vipsOf.get(host.name) ?? []).flatMap((vip) =>
              (byVip.get(vip) ?? [])
                .filter((frontend) => collide(endpoint, frontend))
                .map(
                  (frontend): Violation => ({
                    message: `${service.name} opens ${frontend.port} on all addresses of ${host.name}, which may hold the virtual IP ${vip}, where ${frontend.service} has that port for ${frontend.name}.`,
                    subject: host.name,
                    at: placeOfFirst(topology.deployment.input, [service.name, frontend.service], host.name),
                  }),
                ),
            ),
          ),
        ),
    )
  },
})

export const nothingUdpProxied = defineRule({
  code: 'NET-012',
  severity: 'error',
  demand: 'No UDP passes through a proxy.',
  reason:
    'The proxy knows TCP alone, and media that went through one would come from its address, which is none that two devices agreed on.',
  evidence:
    "HAProxy's configuration manual, `mode` (a proxy is one for TCP or HTTP); RFC 8445, section 5.1.1 (candidates are the addresses that media come from).",
  wayOut: 'Let clients reach it directly, under a name that leads to its host.',
  check: ({ services, deployment }) =>
    services.flatMap((service) => {
      const udp = new Map(
        service.endpoints.flatMap((endpoint) =>
          endpoint.protocol === 'udp' ? [[endpoint.name, endpoint] as const] : [],
        ),
      )
      return [...service.listeners, ...service.sites].flatMap((backend): readonly Violation[] => {
        const { check } = backend
        const endpoint =
          udp.get(backend.endpoint) ?? (check.kind === 'http' ? udp.get(check.endpoint) : undefined)
        if (!endpoint) return []
        const message = `${backend.name} would pass ${service.name}'s UDP port ${endpoint.port} through a proxy.`
        const vip = 'vip' in backend ? backend.vip : service.name
        return [{ message, subject: service.name, at: placeIn(deployment.input, service.name, vip) }]
      })
    }),
})

type Ports = Pick<Endpoint, 'port' | 'lastPort'>
const lastOf = ({ port, lastPort = port }: Ports): number => lastPort
const collide = (one: Ports, other: Ports): boolean => one.port <= lastOf(other) && other.port <= lastOf(one)
const portsOf = (ports: Ports): string =>
  lastOf(ports) > ports.port ? `${ports.port}-${lastOf(ports)}` : String(ports.port)

/** Pairs that have a port in common: each with the one before it that reaches furthest. */
function collisions<T extends Ports>(opened: readonly T[]): readonly (readonly [one: T, other: T])[] {
  const found: (readonly [T, T])[] = []
  let furthest: T | undefined
  for (const next of opened.toSorted((a, b) => a.port - b.port)) {
    if (furthest && collide(furthest, next)) found.push([furthest, next])
    if (!furthest || lastOf(next) > lastOf(furthest)) furthest = next
  }
  return found
}
