import ipaddr from 'ipaddr.js'
import { type CallSite, captureCallSite } from '../dsl/source.ts'
import type { Expectations } from './load.ts'
import type { WaiverInput } from './rule.ts'
import type { Services } from './service.ts'

/** What a person decides about a network: its range, and the gateway that leads out of it. */
export interface NetworkInput {
  readonly cidr: string
  readonly gateway: string
  readonly site: CallSite | undefined
}

/** A network; the gateway is its first host's address unless told. */
export function network(cidr: string, options: { readonly gateway?: string } = {}): NetworkInput {
  // What is no text gets no further than this: it is found when the deployment is looked at.
  // Keys that there are not are found then, too.
  const given: object = typeof options === 'object' ? options : { options }
  return { cidr, gateway: firstOf(String(cidr)), ...given, site: captureCallSite() }
}

/** Of what is no network, what would be it by the look of it: a finding says so. */
function firstOf(cidr: string): string {
  if (!ipaddr.IPv4.isValidCIDR(cidr)) return cidr.replace(/\d+\/\d+$/, '1')
  const { octets } = ipaddr.IPv4.networkAddressFromCIDR(cidr)
  return octets.with(3, (octets[3] ?? 0) + 1).join('.')
}

/** Operating systems that the roles are written for. */
export type OperatingSystem = 'debian-12' | 'debian-13'

/** A host's hardware, as it was bought: `memory: '64 GB'`, `disks: ['1 TB']`, `network: '10 Gbps'`. */
export interface Hardware {
  readonly cpus: number
  readonly memory: string
  readonly disks: readonly string[]
  /** Speed of its network interface; `10 Gbps` unless told. */
  readonly network?: string
  /** `debian-12` unless told. */
  readonly os?: OperatingSystem
  /** The interface that carries its address; `eth0` unless told. */
  readonly interface?: string
}
export interface HostInput extends Required<Hardware> {
  readonly address: string
  readonly site: CallSite | undefined
}
export function host(address: string, hardware: Hardware): HostInput {
  return {
    address,
    network: '10 Gbps',
    os: 'debian-12',
    interface: 'eth0',
    ...hardware,
    site: captureCallSite(),
  }
}

/** `db1 | db2 | db3` for the prefix `db` and the number 3. */
export type Numbered<
  Prefix extends string,
  Count extends number,
  Seen extends readonly 0[] = [],
  Names extends string = never,
> = number extends Count
  ? `${Prefix}${number}`
  : Seen['length'] extends Count
    ? Names
    : Numbered<Prefix, Count, [...Seen, 0], Names | `${Prefix}${[...Seen, 0]['length'] & number}`>

/**
 * Hosts that differ in their number alone: `hosts('db', 3, '192.0.2.11', …)` are `db1` to `db3` with the addresses from
 * 192.0.2.11 to 192.0.2.13.
 */
export function hosts<const Prefix extends string, const Count extends number>(
  prefix: Prefix,
  count: Count,
  first: string,
  hardware: Hardware,
): Readonly<Record<Numbered<Prefix, Count>, HostInput>> {
  const network = first.slice(0, first.lastIndexOf('.') + 1)
  const number = Number(first.slice(network.length))
  // Object.fromEntries loses the names.
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${prefix}${i + 1}`, host(`${network}${number + i}`, hardware)]),
  ) as Readonly<Record<Numbered<Prefix, Count>, HostInput>>
}
/** The names of such hosts, in their order. */
export const namesOf = <Host extends string>(group: Readonly<Record<Host, HostInput>>): readonly Host[] =>
  Object.keys(group) as Host[] // Object.keys loses the names

/** A virtual IP and the hosts that may hold it, the preferred first. */
export interface VipInput<Host extends string = string> {
  readonly address: string
  readonly hosts: readonly Host[]
}

/** Where packages come from, in a network that may have no internet. */
export interface PackageSources {
  /** Debian's archive; `http://deb.debian.org/debian` unless told. */
  readonly debian?: string
  readonly debianSecurity?: string
  /** PostgreSQL's own archive (PGDG); `https://apt.postgresql.org/pub/repos/apt` unless told. */
  readonly postgresql?: string
  /** An HTTP proxy that every host's apt uses. */
  readonly proxy?: string
  /** Where upstream programs and wheels are served, pinned by checksum. */
  readonly artifacts?: string
}

/** How `ansible-playbook` reaches the hosts. */
export interface ControlInput {
  /** The account that Ansible logs in with; `root` unless told. */
  readonly user?: string
  /** Private key and known hosts, relative to the project's folder. */
  readonly privateKey?: string
  readonly knownHosts?: string
  /** Where the secrets are, relative to the project's folder; `inventory/<deployment>/secrets` unless told. */
  readonly secrets?: string
  /** How many hosts at a time; 16 unless told. */
  readonly forks?: number
}

/** Machines outside from which one asks as people do: any Linux with SSH and Python 3. Nothing is deployed to them. */
export interface VerifiersInput {
  /** Address in one of the clients' networks. */
  readonly client?: string
  /** Address in one of the administrators' networks. */
  readonly admin?: string
}

/** What a person decides about a deployment. All else follows from it. */
export interface DeploymentInput<Host extends string = string, Vip extends string = string> {
  /** Lower case; names the folder under `generated/` and the hosts' marker. */
  readonly name: string
  /** One sentence for the documents. */
  readonly summary: string
  /** The domain that clients use. */
  readonly domain: string
  /** The domain of the hosts' own names; `internal` unless told. */
  readonly hostDomain?: string
  readonly networks: Readonly<Record<string, NetworkInput>>
  readonly hosts: Readonly<Record<Host, HostInput>>
  readonly vips: Readonly<Record<Vip, VipInput<NoInfer<Host>>>>
  /**
   * What is lost at once, by name: the hosts of one machine, one rack, one power feed. A host that is in none shares nothing;
   * one may be in several. Rules compare them with what services and virtual IPs can lose.
   */
  readonly failureDomains?: Readonly<Record<string, readonly NoInfer<Host>[]>>
  readonly services: Partial<Services<NoInfer<Host>, NoInfer<Vip>>>
  /** Networks of the users' devices. */
  readonly clients: readonly string[]
  /** Networks from which people administer. */
  readonly admins: readonly string[]
  /** The machine that runs Ansible. */
  readonly controller: string
  /** Machines outside from which the deployment is verified; in the inventory under these names. */
  readonly verifiers?: VerifiersInput
  readonly packages?: PackageSources
  readonly control?: ControlInput
  /** A rehearsal: its hosts share a kernel and must carry the marker before the first play. */
  readonly rehearsal?: boolean
  /** The load that the deployment is made for. */
  readonly expects?: Expectations
  /** How long things are kept, such as `database: '360 days'`; services say which of them they know. */
  readonly keep?: Readonly<Record<string, string>>
  /** Rules that this deployment does not keep, each with its reason. One that no finding needs any more is a finding itself. */
  readonly waivers?: readonly WaiverInput[]
}

const DEPLOYMENT = Symbol.for('rolewright.deployment')
export interface Deployment {
  readonly [DEPLOYMENT]: true
  readonly input: DeploymentInput
  readonly site: CallSite | undefined
  /** The deployment that this one changes. */
  readonly base?: Deployment
}

export function defineDeployment<const Host extends string, const Vip extends string>(
  input: DeploymentInput<Host, Vip>,
): Deployment & { readonly input: DeploymentInput<Host, Vip> } {
  return { [DEPLOYMENT]: true, input, site: captureCallSite() }
}

export function isDeployment(value: unknown): value is Deployment {
  return typeof value === 'object' && value !== null && DEPLOYMENT in value
}

/** What a derived deployment says anew; hosts are changed one by one, the other maps key by key. */
export interface DeploymentChanges<Host extends string, Vip extends string, More extends string = never>
  extends Partial<Omit<DeploymentInput<Host | NoInfer<More>, Vip>, 'hosts' | 'services' | 'name'>> {
  readonly name: string
  /** Changes to the hardware of hosts: by name, or as a function of each host. */
  readonly hosts?:
    | ((name: Host, host: HostInput) => Partial<Omit<HostInput, 'site'>>)
    | { readonly [K in Host]?: Partial<Omit<HostInput, 'site'>> }
  /** Hosts that the other deployment does not have. */
  readonly moreHosts?: Readonly<Record<More, HostInput>>
  /** Changes to single services: their options are merged key by key; `undefined` leaves a service out. */
  readonly services?: {
    readonly [K in keyof Services<Host | NoInfer<More>, Vip>]?:
      | Partial<NonNullable<Services<Host | NoInfer<More>, Vip>[K]>>
      | undefined
  }
}

/** The same deployment with changes: how a rehearsal is written. */
export function extend<Host extends string, Vip extends string, More extends string = never>(
  base: Deployment & { readonly input: DeploymentInput<Host, Vip> },
  changes: DeploymentChanges<NoInfer<Host>, NoInfer<Vip>, More>,
): Deployment & { readonly input: DeploymentInput<Host | More, Vip> } {
  const { hosts, moreHosts, services, ...rest } = changes
  const changed = (name: Host, host: HostInput) =>
    typeof hosts === 'function' ? hosts(name, host) : hosts?.[name]
  const merged = new Map<string, object>(Object.entries(base.input.services))
  for (const [name, options] of Object.entries(services ?? {}))
    if (options === undefined) merged.delete(name)
    else merged.set(name, { ...merged.get(name), ...(options as object) }) // a service's options are an object
  return {
    [DEPLOYMENT]: true,
    input: {
      ...base.input,
      ...rest,
      // Object.fromEntries loses the names that the base declares.
      hosts: Object.fromEntries([
        ...Object.entries<HostInput>(base.input.hosts).map(([name, host]) => [
          name,
          { ...host, ...changed(name as Host, host) },
        ]),
        ...Object.entries<HostInput>(moreHosts ?? {}),
      ]) as Readonly<Record<Host | More, HostInput>>,
      services: Object.fromEntries(merged) as DeploymentInput<Host | More, Vip>['services'],
    },
    site: captureCallSite(),
    base,
  }
}
