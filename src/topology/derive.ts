import ipaddr from 'ipaddr.js'
import type { z } from 'zod'
import type { Report } from '../compile/scope.ts'
import type { ArtifactLock } from './artifact.ts'
import type { CapacityRow } from './capacity.ts'
import type { Deployment, HostInput } from './deployment.ts'
import { deriveFlows } from './flows.ts'
import { checkProxied } from './proxied.ts'
import type { Service, ServiceDeclaration } from './service.ts'
import type {
  Flow,
  FurtherName,
  PlacedService,
  Topology,
  TopologyHost,
  TopologyNetwork,
  TopologyVip,
  Verifier,
} from './topology.ts'
import { parseSize, parseSpeed } from './units.ts'

/** What a service has that declares its hosts alone. */
const NOTHING = {
  standbys: [],
  verifiers: [],
  endpoints: [],
  listeners: [],
  sites: [],
  frontends: [],
  needs: [],
  certificates: [],
  probes: [],
  accounts: [],
  names: [],
  advertised: [],
  kernel: [],
  irreplaceable: [],
  packages: [],
  health: [],
  units: [],
  interruptions: [],
} satisfies Partial<PlacedService>

const NO_NETWORK: TopologyNetwork = { name: '', cidr: '0.0.0.0/0', gateway: '' }

/** All that follows from a deployment. What is wrong goes to the report; undefined where nothing sensible follows. */
export function deriveTopology(
  deployment: Deployment,
  services: readonly Service[],
  report: Report,
  artifacts: ArtifactLock = new Map(),
): Topology | undefined {
  const { input, site } = deployment
  const errors = report.findings.length
  const networks = Object.entries(input.networks).flatMap(
    ([name, { cidr, gateway, site }]): TopologyNetwork[] => {
      if (ipaddr.IPv4.isValidCIDR(cidr) && ipaddr.IPv4.isValidFourPartDecimal(gateway))
        return [{ name, cidr, gateway }]
      report.error(
        'invalid-network',
        `The network "${name}" (${cidr}, gateway ${gateway}) is none.`,
        site,
        "Write network('192.0.2.0/24').",
      )
      return []
    },
  )
  const networkOf = (address: string) =>
    networks.find(
      (n) =>
        ipaddr.IPv4.isValidFourPartDecimal(address) &&
        ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(n.cidr)),
    )
  const hosts = Object.entries<HostInput>(input.hosts).map(([name, host]) =>
    placeHost(name, host, input.hostDomain ?? 'internal', networkOf(host.address) ?? NO_NETWORK, report),
  )
  const find =
    <T extends { readonly name: string }>(list: readonly T[], what: string) =>
    (name: string): T => {
      const found = list.find((x) => x.name === name)
      if (!found) throw new TypeError(`The deployment ${input.name} has no ${what} "${name}".`)
      return found
    }
  const host = find(hosts, 'host')
  const known = (names: readonly string[], where: string, at: typeof site) => {
    const exists = (name: string) => hosts.some((h) => h.name === name)
    for (const name of names.filter((n) => !exists(n)))
      report.error(
        'unknown-host',
        `${where} names the host "${name}", which the deployment does not have.`,
        at,
        `Hosts: ${hosts.map((h) => h.name).join(', ')}.`,
      )
    return names.filter(exists)
  }
  const vips = Object.entries(input.vips).map(([name, vip]): TopologyVip => {
    return {
      name,
      address: vip.address,
      fqdn: `${name}-vip.${input.hostDomain ?? 'internal'}`,
      hosts: known(vip.hosts, `The virtual IP "${name}"`, site).map(host),
      network: networkOf(vip.address) ?? NO_NETWORK,
    }
  })
  const verifiers = placeVerifiers(deployment, report)
  if (report.findings.length > errors) return undefined

  const options = checkServices(deployment, services, hosts, vips, report)
  if (!options) return undefined
  const placed: PlacedService[] = []
  const sizes: Topology['sizes'][number][] = []
  const flows: Flow[] = []
  const names: FurtherName[] = []
  const capacity: CapacityRow[] = []
  const topology: Topology = {
    deployment,
    hosts,
    verifiers,
    networks,
    vips,
    services: placed,
    flows,
    artifacts,
    names,
    sizes,
    capacity,
    host,
    vip: find(vips, 'virtual IP'),
    service: (name) => placed.find((s) => s.name === name),
    size: (service, hostName, name) => {
      const found = sizes.find((s) => s.service === service && s.host === hostName && s.size.name === name)
      if (!found) throw new TypeError(`The service ${service} has no size "${name}" on ${hostName}.`)
      return found.size.value
    },
  }
  const add = (service: Service, declaration: ServiceDeclaration) => {
    const { name, summary } = service.definition
    placed.push({ ...NOTHING, ...declaration, name, summary, hosts: declaration.hosts.map(host) })
    for (const hostName of declaration.hosts)
      for (const size of service.definition.sizes?.(options.get(name), host(hostName), topology) ?? [])
        sizes.push({ service: name, host: hostName, size })
  }
  // A service without hosts and verifiers is switched off: it opens nothing, needs nothing and has no group.
  const place = (service: Service, declaration: ServiceDeclaration | undefined) => {
    if (declaration && declaration.hosts.length + (declaration.verifiers?.length ?? 0) > 0)
      add(service, declaration)
  }
  for (const service of services)
    if (options.has(service.definition.name))
      place(service, service.definition.declare?.(options.get(service.definition.name), topology))
  for (const service of services)
    place(service, service.definition.follow?.(options.get(service.definition.name), topology))
  checkProxied(placed, deployment, report)
  if (report.findings.length > errors) return undefined
  flows.push(...deriveFlows(topology))
  names.push(...deriveNames(topology, report))
  for (const { definition } of services)
    if (topology.service(definition.name))
      capacity.push(...(definition.capacity?.(options.get(definition.name), topology) ?? []))
  return topology
}

function placeHost(
  name: string,
  host: HostInput,
  domain: string,
  network: TopologyNetwork,
  report: Report,
): TopologyHost {
  const amount = (text: string, parse: (text: string) => number | undefined, what: string): number => {
    const parsed = parse(text)
    if (parsed === undefined)
      report.error(
        'invalid-size',
        `${name}: "${text}" is no ${what}.`,
        host.site,
        "Write '8 GB', '512 MB', '2 TB' or '10 Gbps'.",
      )
    return parsed ?? 0
  }
  return {
    name,
    address: host.address,
    fqdn: `${name}.${domain}`,
    network,
    interface: host.interface,
    os: host.os,
    release: host.os === 'debian-13' ? 'trixie' : 'bookworm',
    cpus: host.cpus,
    memory: amount(host.memory, (t) => parseSize(t, 'memory'), 'amount of memory'),
    disks: host.disks.map((disk) => amount(disk, (t) => parseSize(t, 'disk'), 'size of a disk')),
    speed: amount(host.network, parseSpeed, 'network speed'),
  }
}

/** Machines outside from which one asks, each in a network of those whom it stands for. */
function placeVerifiers({ input, site }: Deployment, report: Report): readonly Verifier[] {
  const { verifiers = {} } = input
  return (['client', 'admin'] as const).flatMap((name) => {
    const address = verifiers[name]
    if (address === undefined) return []
    if (Object.hasOwn(input.hosts, name))
      report.error(
        'ambiguous-name',
        `The name ${name} would lead to a host and to the verifier "${name}".`,
        site,
        'In the inventory a verifier has the name of what it stands for: give the host another one.',
      )
    return [{ name, address }]
  })
}

/** Options of every service, checked; a service that only follows others is there without being named. */
function checkServices(
  deployment: Deployment,
  services: readonly Service[],
  hosts: readonly TopologyHost[],
  vips: readonly TopologyVip[],
  report: Report,
): ReadonlyMap<string, unknown> | undefined {
  const errors = report.findings.length
  const given = new Map<string, unknown>(Object.entries(deployment.input.services))
  for (const name of given.keys()) {
    if (!services.some((s) => s.definition.name === name))
      report.error(
        'unknown-service',
        `The deployment names the service "${name}", which no service.ts declares.`,
        deployment.site,
        `Services: ${services.map((s) => s.definition.name).join(', ')}.`,
      )
  }
  const options = new Map<string, unknown>()
  for (const { definition } of services) {
    const value = given.get(definition.name)
    if (value === undefined && !definition.follow) continue
    const parsed = (definition.options as z.ZodType).safeParse(value ?? {})
    if (parsed.success) options.set(definition.name, parsed.data)
    else
      for (const issue of parsed.error.issues)
        report.error(
          'invalid-option',
          `services.${[definition.name, ...issue.path].join('.')}: ${issue.message}.`,
          deployment.site,
        )
    for (const name of strings(value, 'hosts'))
      if (!hosts.some((h) => h.name === name))
        report.error(
          'unknown-host',
          `services.${definition.name} names the host "${name}", which the deployment does not have.`,
          deployment.site,
          `Hosts: ${hosts.map((h) => h.name).join(', ')}.`,
        )
    for (const name of strings(value, 'vip'))
      if (!vips.some((v) => v.name === name))
        report.error(
          'unknown-vip',
          `services.${definition.name} names the virtual IP "${name}", which the deployment does not have.`,
          deployment.site,
          `Virtual IPs: ${vips.map((v) => v.name).join(', ')}.`,
        )
  }
  return report.findings.length > errors ? undefined : options
}

function strings(value: unknown, key: string): readonly string[] {
  if (typeof value !== 'object' || value === null || !(key in value)) return []
  const found: unknown = value[key as keyof typeof value] // just tested
  return typeof found === 'string'
    ? [found]
    : Array.isArray(found)
      ? found.filter((x) => typeof x === 'string')
      : []
}

/** Where each further name leads: where it is first said to. One that leads nowhere is a finding. */
function deriveNames({ deployment, services, hosts, vips }: Topology, report: Report): FurtherName[] {
  const addresses = new Map([...vips, ...hosts].map(({ name, address }) => [name, address]))
  const derived = new Map<string, FurtherName>()
  for (const service of services)
    for (const { of, names } of service.names) {
      const address = addresses.get(of)
      if (address === undefined) {
        report.error(
          'unknown-host',
          `${service.name} gives names to "${of}", which is neither a host nor a virtual IP of the deployment.`,
          deployment.site,
          `Hosts: ${hosts.map((h) => h.name).join(', ')}. Virtual IPs: ${vips.map((v) => v.name).join(', ')}.`,
        )
        continue
      }
      for (const name of names) if (!derived.has(name)) derived.set(name, { name, of, address })
    }
  return [...derived.values()]
}
