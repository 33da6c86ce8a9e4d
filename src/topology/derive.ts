import ipaddr from 'ipaddr.js'
import { guarded } from '../compile/guarded.ts'
import { nearest } from '../compile/nearest.ts'
import type { Report } from '../compile/scope.ts'
import type { ArtifactLock } from './artifact.ts'
import type { CapacityRow } from './capacity.ts'
import type { Deployment, HostInput } from './deployment.ts'
import { deriveFlows } from './flows.ts'
import { VIP_SUFFIX } from './own-names.ts'
import { causeOf } from './place.ts'
import { checkProxied } from './proxied.ts'
import type { Place } from './rule.ts'
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
import { checkAgainst, written } from './validate.ts'

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
  drives: [],
  irreplaceable: [],
  packages: [],
  health: [],
  units: [],
  interruptions: [],
} satisfies Partial<PlacedService>

const NO_NETWORK: TopologyNetwork = { name: '', cidr: '0.0.0.0/0', gateway: '' }

/** All that follows from a valid deployment. What is wrong goes to the report; undefined where nothing sensible follows. */
export function deriveTopology(
  deployment: Deployment,
  services: readonly Service[],
  report: Report,
  artifacts: ArtifactLock = new Map(),
): Topology | undefined {
  const { input } = deployment
  const errors = report.findings.length
  const networks = Object.entries(input.networks).map(
    ([name, { cidr, gateway }]): TopologyNetwork => ({ name, cidr, gateway }),
  )
  const ranges = networks.map((network) => ({ network, range: ipaddr.IPv4.parseCIDR(network.cidr) }))
  const networkOf = (address: string): TopologyNetwork => {
    const parsed = ipaddr.IPv4.parse(address)
    return ranges.find(({ range }) => parsed.match(range))?.network ?? NO_NETWORK
  }
  const hosts = Object.entries<HostInput>(input.hosts).map(([name, host]) =>
    placeHost(name, host, input.hostDomain ?? 'internal', networkOf(host.address)),
  )
  const find = <T extends { readonly name: string }>(list: readonly T[], what: string) => {
    const byName = new Map(list.map((x) => [x.name, x]))
    return (name: string): T => {
      const found = byName.get(name)
      if (!found) throw new TypeError(`The deployment ${input.name} has no ${what} "${name}".`)
      return found
    }
  }
  const host = find(hosts, 'host')
  const known: Known = {
    host: new Set(Object.keys(input.hosts)),
    vip: new Set(Object.keys(input.vips)),
  }
  const lists = [
    ...Object.entries(input.vips).map(([vip, { hosts }]) => ({ at: ['vips', vip, 'hosts'], hosts })),
    ...Object.entries(input.failureDomains ?? {}).map(([domain, hosts]) => ({
      at: ['failureDomains', domain],
      hosts,
    })),
  ]
  for (const { at, hosts } of lists)
    for (const [index, name] of hosts.entries())
      checkReference({ name, kinds: ['host'], at: [...at, index] }, known, deployment, report)
  const vips = Object.entries(input.vips).map(([name, vip]): TopologyVip => {
    return {
      name,
      address: vip.address,
      fqdn: `${name}${VIP_SUFFIX}.${input.hostDomain ?? 'internal'}`,
      hosts: vip.hosts.filter((holder) => known.host.has(holder)).map(host),
      network: networkOf(vip.address),
    }
  })
  const verifiers = placeVerifiers(deployment, report)
  if (report.findings.length > errors) return undefined

  const options = checkServices(deployment, services, known, report)
  if (!options) return undefined
  const placed: PlacedService[] = []
  const sizes: Topology['sizes'][number][] = []
  const sizeOf = new Map<string, number>()
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
      const found = sizeOf.get(`${service} ${hostName} ${name}`)
      if (found === undefined)
        throw new TypeError(`The service ${service} has no size "${name}" on ${hostName}.`)
      return found
    },
  }
  const addSize = (size: Topology['sizes'][number]) => {
    sizes.push(size)
    sizeOf.set(`${size.service} ${size.host} ${size.size.name}`, size.size.value)
  }
  const add = (service: Service, declaration: ServiceDeclaration) => {
    const { name, summary } = service.definition
    placed.push({ ...NOTHING, ...declaration, name, summary, hosts: declaration.hosts.map(host) })
    for (const hostName of declaration.hosts)
      for (const size of service.definition.sizes?.(options.get(name), host(hostName), topology) ?? [])
        addSize({ service: name, host: hostName, size })
  }
  // A service without hosts and verifiers is switched off: it opens nothing, needs nothing and has no group.
  const place = (service: Service, declaration: ServiceDeclaration | undefined) => {
    if (declaration && declaration.hosts.length + (declaration.verifiers?.length ?? 0) > 0)
      add(service, declaration)
  }
  for (const service of services) {
    const { name, declare } = service.definition
    if (!declare || !options.has(name)) continue
    guarded(report, service.site, () => place(service, declare(options.get(name), topology)), deployment)
  }
  for (const service of services) {
    // What follows from others follows wrongly where one of them is missing.
    if (report.findings.length > errors) return undefined
    const { name, follow } = service.definition
    if (follow)
      guarded(report, service.site, () => place(service, follow(options.get(name), topology)), deployment)
  }
  checkProxied(placed, deployment, report)
  if (report.findings.length > errors) return undefined
  flows.push(...deriveFlows(topology))
  names.push(...deriveNames(topology, report))
  for (const { definition } of services)
    if (topology.service(definition.name))
      capacity.push(...(definition.capacity?.(options.get(definition.name), topology) ?? []))
  return topology
}

/** The deployment was found valid: every size and speed is one. */
function placeHost(name: string, host: HostInput, domain: string, network: TopologyNetwork): TopologyHost {
  return {
    name,
    address: host.address,
    fqdn: `${name}.${domain}`,
    network,
    interface: host.interface,
    os: host.os,
    release: host.os === 'debian-13' ? 'trixie' : 'bookworm',
    cpus: host.cpus,
    memory: parseSize(host.memory, 'memory') ?? 0,
    disks: host.disks.map((disk) => parseSize(disk, 'disk') ?? 0),
    speed: parseSpeed(host.network) ?? 0,
  }
}

/** Machines outside from which one asks, each in a network of those whom it stands for. */
function placeVerifiers(deployment: Deployment, report: Report): readonly Verifier[] {
  const { input } = deployment
  const { verifiers = {} } = input
  return (['client', 'admin'] as const).flatMap((name) => {
    const address = verifiers[name]
    if (address === undefined) return []
    if (Object.hasOwn(input.hosts, name))
      report.error(
        'ambiguous-name',
        `The name ${name} would lead to a host and to the verifier "${name}".`,
        causeOf(deployment, ['hosts', name]),
        'In the inventory a verifier has the name of what it stands for: give the host another one.',
      )
    return [{ name, address }]
  })
}

/** Names that a deployment declares. */
interface Known {
  readonly host: ReadonlySet<string>
  readonly vip: ReadonlySet<string>
}

/** Options of every service, checked; a service that only follows others is there without being named. */
function checkServices(
  deployment: Deployment,
  services: readonly Service[],
  known: Known,
  report: Report,
): ReadonlyMap<string, unknown> | undefined {
  const errors = report.findings.length
  const given = new Map<string, unknown>(Object.entries(deployment.input.services))
  const names = services.map((s) => s.definition.name)
  for (const name of given.keys()) {
    if (names.includes(name)) continue
    const near = nearest(name, names)
    report.error(
      'unknown-service',
      `The deployment names the service "${name}", which no service.ts declares.${near === undefined ? '' : ` Did you mean "${near}"?`}`,
      causeOf(deployment, ['services', name]),
      `Services: ${names.join(', ')}.`,
    )
  }
  const options = new Map<string, unknown>()
  for (const { definition } of services) {
    const { name, options: schema, follow } = definition
    const value = given.get(name)
    if (value === undefined && !follow) continue
    const place = ['services', name]
    const checked = checkAgainst(
      schema,
      value === undefined ? {} : value,
      place,
      deployment,
      (message, at, hint) => report.error('invalid-option', message, at, hint),
    )
    if (checked.valid) options.set(name, checked.data)
    for (const reference of checked.references) checkReference(reference, known, deployment, report)
  }
  return report.findings.length > errors ? undefined : options
}

/** Reports a name of a host or a virtual IP that there is not. */
function checkReference(
  {
    name,
    kinds,
    at,
  }: { readonly name: string; readonly kinds: readonly (keyof Known)[]; readonly at: Place },
  known: Known,
  deployment: Deployment,
  report: Report,
): void {
  if (kinds.some((kind) => known[kind].has(name))) return
  const candidates = kinds.flatMap((kind) => [...known[kind]])
  const near = nearest(name, candidates)
  const message = `${written(at)} names ${kinds.map((kind) => (kind === 'host' ? 'the host' : 'the virtual IP')).join(' or ')} "${name}", which the deployment does not have.${near === undefined ? '' : ` Did you mean "${near}"?`}`
  const hint = kinds
    .map((kind) => `${kind === 'host' ? 'Hosts' : 'Virtual IPs'}: ${listOf(known[kind])}.`)
    .join(' ')
  if (kinds.includes('host')) report.error('unknown-host', message, causeOf(deployment, at), hint)
  else report.error('unknown-vip', message, causeOf(deployment, at), hint)
}

/** No more names than one reads. */
const MOST_NAMES = 40
const listOf = (names: ReadonlySet<string>): string => {
  const first = [...names].slice(0, MOST_NAMES).join(', ')
  return names.size > MOST_NAMES ? `${first} and ${names.size - MOST_NAMES} others` : first || 'none'
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
          causeOf(deployment, ['services', service.name]),
        )
        continue
      }
      for (const name of names) if (!derived.has(name)) derived.set(name, { name, of, address })
    }
  return [...derived.values()]
}
