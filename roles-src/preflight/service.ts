import { z } from 'zod'
import {
  defineService,
  type Endpoint,
  frontendsOf,
  type OptionsOf,
  type PackageNeed,
  type PlacedService,
  roleValues,
  type Topology,
  type TopologyHost,
} from '#topology'
import role from './role.ts'

/** Longer ranges are for relays, which take what is free. */
const LONGEST_RANGE = 1000

const options = z.object({
  mtu: z.int().min(576).max(65535).default(1500).describe('Bytes of a packet that the networks carry.'),
})

const opens = (service: PlacedService, { hosts }: Endpoint, host: string) =>
  service.hosts.some(({ name }) => name === host) && (!hosts || hosts.includes(host))

/** Ports of the host's own address, and those of the virtual IPs that it may hold, which the proxy binds. */
function portsOf(host: TopologyHost, topology: Topology) {
  const proxy = topology.service('haproxy')?.units ?? []
  const held = topology.vips.filter(({ hosts }) => hosts.some(({ name }) => name === host.name))
  return topology.services.flatMap((service) => [
    ...service.endpoints
      .filter((endpoint) => opens(service, endpoint, host.name))
      .filter(({ port, lastPort = port }) => lastPort - port < LONGEST_RANGE)
      .map(({ port, lastPort = port, protocol }) => ({
        service: service.name,
        protocol,
        address: host.address,
        port,
        last_port: lastPort,
        units: [...service.units],
      })),
    ...frontendsOf(service).flatMap(({ vip, port }) =>
      held
        .filter(({ name }) => name === vip)
        .map(({ address }) => ({
          service: service.name,
          protocol: 'tcp' as const,
          address,
          port,
          last_port: port,
          units: [...proxy],
        })),
    ),
  ])
}

/** Where packages come from: through the proxy where there is one, else from the mirrors. */
function sourcesOf({ deployment }: Topology) {
  const { packages = {} } = deployment.input
  const mirrors = packages.proxy
    ? { 'the proxy for packages': packages.proxy }
    : {
        'the archive of Debian': packages.debian ?? 'http://deb.debian.org/debian',
        'the archive of security updates': packages.debianSecurity ?? 'http://deb.debian.org/debian-security',
        'the archive of PostgreSQL': packages.postgresql,
      }
  return Object.entries({ ...mirrors, 'the artifacts': packages.artifacts }).flatMap(([purpose, address]) => {
    if (address === undefined) return []
    const { hostname, port, protocol } = new URL(address)
    return [{ purpose, host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) }]
  })
}

/** Lines of apt's sources that a host will have, for reading alone: nobody's signature is asked for. */
function aptSources(
  { release }: TopologyHost,
  needed: readonly PackageNeed[],
  { deployment }: Topology,
): string[] {
  const { packages = {} } = deployment.input
  const debian = packages.debian ?? 'http://deb.debian.org/debian'
  const line = (archive: string, suite: string) => `deb [trusted=yes] ${archive} ${suite} main`
  return [
    line(debian, release),
    line(debian, `${release}-updates`),
    line(packages.debianSecurity ?? 'http://deb.debian.org/debian-security', `${release}-security`),
    ...(needed.some(({ archive }) => archive === 'pgdg')
      ? [line(packages.postgresql ?? 'https://apt.postgresql.org/pub/repos/apt', `${release}-pgdg`)]
      : []),
  ]
}

/** Packages that a host's services install. */
const packagesOf = (host: string, topology: Topology): readonly PackageNeed[] =>
  topology.services
    .filter(({ hosts }) => hosts.some(({ name }) => name === host))
    .flatMap(({ packages }) => packages)

const service = defineService({
  name: 'preflight',
  summary: 'What is looked at on every host before a deployment.',
  options,

  follow: (_options, topology) => ({ hosts: topology.hosts.map(({ name }) => name) }),

  variables: ({ mtu }, topology) => {
    const { rehearsal = false, packages = {} } = topology.deployment.input
    const names = [
      ...topology.hosts.flatMap(({ name, fqdn, address }) => [
        { name: fqdn, address },
        { name, address },
      ]),
      ...topology.names.map(({ name, address }) => ({ name, address })),
    ]
    // One list for all hosts, each of which leaves itself out.
    const peers = topology.hosts.map(({ name, address }) => ({ name, address }))
    return [
      roleValues(
        role,
        topology.hosts.map(({ name }) => name),
        (host) => ({
          release: host.release,
          cpus: host.cpus,
          memory: host.memory,
          // The disks of a rehearsal are the machine's.
          disks: rehearsal ? [] : [...host.disks],
          interface: host.interface,
          address: host.address,
          mtu,
          ports: portsOf(host, topology),
          names,
          reach: sourcesOf(topology),
          sources: aptSources(host, packagesOf(host.name, topology), topology),
          proxy: packages.proxy ?? '',
          packages: packagesOf(host.name, topology).map(({ name, atLeast = '' }) => ({
            name,
            at_least: atLeast,
          })),
          artifacts: packages.artifacts ?? '',
          peers,
        }),
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    preflight: OptionsOf<typeof service, Host, Vip>
  }
}
