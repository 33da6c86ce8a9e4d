import { frontendsOf, type Metrics, type PlacedService, type Topology, type TopologyHost } from '#topology'

/** The CA of the deployment's own certificates, where the programs of the monitoring host find it. */
export const CA = '/etc/tls/monitoring/ca.crt'
/** All that the host trusts: the CA among them, and those that certificates for clients may come from. */
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt'

type Labels = Readonly<Record<string, string>>
interface Target {
  readonly address: string
  readonly labels: Labels
}

/** Hosts on which a service answers. */
const answering = ({ hosts, standbys }: PlacedService): readonly TopologyHost[] =>
  hosts.filter(({ name }) => !standbys.includes(name))

/** What is read of one place, before places of a job are put together. */
interface Reading {
  readonly job: string
  readonly path: string
  readonly scheme: 'http' | 'https'
  readonly ca: string
  readonly account: Metrics['account'] | undefined
  readonly target: Target
}

const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T] // isArray tells nothing of readonly lists

/** Metrics of endpoints, host by host, and of programs behind a proxy. */
function readings(topology: Topology): readonly Reading[] {
  return topology.services.flatMap((service) => [
    ...service.endpoints.flatMap((endpoint) =>
      listOf<Metrics>(endpoint.metrics).flatMap(
        ({ job = service.name, path = '/metrics', scheme = 'http', labels = {}, account }) =>
          answering(service).map((host) => ({
            job,
            path,
            scheme,
            ca: CA,
            account,
            // Under its host's name every metric of a host has the same `instance`, whichever program serves it.
            target: {
              address: `${host.address}:${endpoint.port}`,
              labels: { instance: host.name, ...labels },
            },
          })),
      ),
    ),
    ...service.probes.flatMap(({ url, metrics }): readonly Reading[] => {
      if (!metrics) return []
      const { protocol, host, hostname, port, pathname } = new URL(url)
      const scheme = protocol === 'https:' ? 'https' : 'http'
      return [
        {
          job: metrics.job ?? service.name,
          path: pathname,
          scheme,
          ca: TRUSTED,
          account: metrics.account,
          target: {
            address: port ? host : `${hostname}:${scheme === 'https' ? 443 : 80}`,
            labels: { instance: service.hosts[0]?.name ?? hostname, ...metrics.labels },
          },
        },
      ]
    }),
  ])
}

/** Jobs of Prometheus. Targets of a job that differ from the first in their path say so in a label of their own. */
export function scrapeJobs(topology: Topology) {
  const jobs = new Map<string, Reading[]>()
  for (const reading of readings(topology)) {
    const known = jobs.get(reading.job)
    if (known && known[0]?.scheme !== reading.scheme)
      throw new Error(`The job ${reading.job} of Prometheus has targets with TLS and without.`)
    jobs.set(reading.job, [...(known ?? []), reading])
  }
  return [...jobs].map(([name, [first, ...others]]) => {
    if (!first) throw new Error(`The job ${name} has no target.`)
    const { path, scheme, ca, account } = first
    return {
      name,
      path,
      scheme,
      ...(scheme === 'https' ? { ca_file: ca } : {}),
      ...(account ? { username: account.name, password: account.password } : {}),
      targets: [first, ...others].map(({ path: own, target: { address, labels } }) => ({
        address,
        labels: own === path ? labels : { ...labels, __metrics_path__: own },
      })),
    }
  })
}

/** The jobs under which something of a deployment is read. */
export const jobsOf = (topology: Topology): ReadonlySet<string> =>
  new Set(readings(topology).map(({ job }) => job))

/** Ways in which the blackbox exporter asks. */
export const PROBE_MODULES = [
  { name: 'https', prober: 'http', tls: true, ca_file: TRUSTED },
  { name: 'tcp', prober: 'tcp' },
  { name: 'tls', prober: 'tcp', tls: true, ca_file: CA },
  // By the name that clients know, since its certificate may be for nothing else.
  { name: 'tls_public', prober: 'tcp', tls: true, ca_file: TRUSTED },
] as const

/** Every port of a virtual IP, every public name, and every endpoint that wants to be connected to. */
export function probeJobs(topology: Topology, exporter: string) {
  const endpoints = (kind: 'tcp' | 'tls', known: boolean): readonly Target[] =>
    topology.services.flatMap((service) => {
      const knownAs = ({ name }: TopologyHost) =>
        service.certificates.find((need) => need.public && need.hosts.includes(name))?.names?.[0]
      return service.endpoints
        .filter(({ probe }) => probe === kind)
        .flatMap(({ name, port }) =>
          answering(service)
            .filter((host) => (kind === 'tls' && knownAs(host) !== undefined) === known)
            .map((host) => ({
              address: `${known ? knownAs(host) : host.address}:${port}`,
              labels: { instance: host.name, service: service.name, endpoint: name },
            })),
        )
    })
  const vips = topology.services.flatMap((service) =>
    frontendsOf(service).map(({ name, vip, port }) => ({
      address: `${topology.vip(vip).address}:${port}`,
      labels: { instance: name, vip },
    })),
  )
  const urls = topology.services.flatMap((service) =>
    service.probes.filter(({ metrics }) => !metrics).map(({ url }) => ({ address: url, labels: {} })),
  )
  return [
    { name: 'vip', module: 'tcp', targets: vips },
    { name: 'https', module: 'https', targets: urls },
    { name: 'tcp', module: 'tcp', targets: endpoints('tcp', false) },
    { name: 'tls', module: 'tls', targets: endpoints('tls', false) },
    { name: 'tls_public', module: 'tls_public', targets: endpoints('tls', true) },
  ]
    .filter(({ targets }) => targets.length > 0)
    .map((job) => ({ ...job, exporter }))
}
