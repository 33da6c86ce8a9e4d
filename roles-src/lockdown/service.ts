import { z } from 'zod'
import {
  defineService,
  frontendsOf,
  type OptionsOf,
  type PlacedService,
  roleValues,
  type Topology,
  type TopologyHost,
} from '#topology'
import role from './role.ts'
import { namesAnswered, resolversInside } from './rules.ts'

const options = z.object({
  outside: z
    .array(z.object({ host: z.string(), port: z.int().min(1).max(65535) }))
    .default([
      { host: 'deb.debian.org', port: 443 },
      { host: '1.1.1.1', port: 443 },
      { host: '9.9.9.9', port: 53 },
    ])
    .describe('Places on the internet that must not be reachable.'),
  names: z
    .array(z.string())
    .default(['deb.debian.org', 'matrix.org'])
    .describe('Names on the internet that must not be resolved.'),
  resolvers: z
    .array(z.ipv4())
    .default([])
    .describe('Resolvers of the own network that hosts ask after the cut; /etc/hosts alone unless told.'),
})
export type Options = z.output<typeof options>

/** The unit that loads the rules of the firewall; it restarts before all others, since its counter begins anew then. */
const FILTER = 'firewall'
/** Where the system's own certificates are, for checks without TLS. */
const SYSTEM_CA = '/etc/ssl/certs/ca-certificates.crt'

const servicesOf = (host: string, { services }: Topology): readonly PlacedService[] =>
  services.filter(({ hosts }) => hosts.some(({ name }) => name === host))

/** What runs on a host, in the order in which a deployment starts it. */
const unitsOf = (host: string, topology: Topology): string[] => [
  ...new Set(
    servicesOf(host, topology)
      .flatMap(({ units }) => units)
      .filter((unit) => unit !== FILTER),
  ),
]

/** Those that answer on a host: on a standby they do not. */
const answeringOn = (host: string, topology: Topology): readonly PlacedService[] =>
  servicesOf(host, topology).filter(({ standbys }) => !standbys.includes(host))

/** What the services of a host say of themselves. */
const checksOf = ({ name, fqdn }: TopologyHost, topology: Topology) =>
  answeringOn(name, topology).flatMap((service) =>
    service.health.map(({ endpoint, path, tls, answer = '' }) => {
      const port = service.endpoints.find((candidate) => candidate.name === endpoint)?.port
      if (port === undefined)
        throw new Error(`${service.name} is asked for its health at "${endpoint}", which it does not open.`)
      const certificate = service.certificates.find(({ hosts }) => hosts.includes(name))?.name
      return {
        name: `${service.name} ${path}`,
        url: `${tls ? 'https' : 'http'}://${fqdn}:${port}${path}`,
        ca_file: tls && certificate ? `/etc/tls/${certificate}/ca.crt` : SYSTEM_CA,
        answer,
      }
    }),
  )

/** Virtual IPs that a host may hold, and on which something is found. */
const vipsOf = (host: string, { vips, services }: Topology): string[] =>
  vips
    .filter(
      ({ name, hosts }) =>
        hosts.some((holder) => holder.name === host) &&
        services.some((service) => frontendsOf(service).some(({ vip }) => vip === name)),
    )
    .map(({ address }) => address)

/** TCP ports that the host's services open on it, and those of the virtual IPs that it may hold. */
const portsOf = (host: string, topology: Topology): number[] => {
  const own = answeringOn(host, topology)
    .flatMap(({ endpoints }) => endpoints)
    .filter(
      ({ protocol, lastPort, hosts }) => protocol === 'tcp' && !lastPort && (hosts?.includes(host) ?? true),
    )
  const held = topology.services
    .flatMap(frontendsOf)
    .filter(({ vip }) => topology.vip(vip).hosts.some(({ name }) => name === host))
  return [...new Set([...own, ...held].map(({ port }) => port))].sort((a, b) => a - b)
}

const service = defineService({
  name: 'lockdown',
  summary: 'The proof that hosts cannot reach the internet and need it for nothing.',
  options,
  rules: [namesAnswered, resolversInside],

  follow: (_options, topology) => ({ hosts: topology.hosts.map(({ name }) => name) }),

  variables: ({ outside, names, resolvers }, topology) => [
    roleValues(
      role,
      topology.hosts.map(({ name }) => name),
      (host) => ({
        outside: [...outside],
        names: [...names],
        resolvers: [...resolvers],
        filter_unit: FILTER,
        units: unitsOf(host.name, topology),
        ports: portsOf(host.name, topology),
        checks: checksOf(host, topology),
        vips: vipsOf(host.name, topology),
      }),
    ),
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    lockdown: OptionsOf<typeof service, Host, Vip>
  }
}
