import type { ArtifactLock } from './artifact.ts'
import type { CapacityRow } from './capacity.ts'
import type { Deployment, OperatingSystem } from './deployment.ts'
import type { ServiceDeclaration, Size } from './service.ts'

/** A host with all that follows from where it stands. */
export interface TopologyHost {
  readonly name: string
  readonly address: string
  /** Name with the hosts' domain, such as `patroni1.internal`. */
  readonly fqdn: string
  /** The network that its address lies in. */
  readonly network: TopologyNetwork
  readonly interface: string
  readonly os: OperatingSystem
  /** Debian's name of the release. */
  readonly release: 'bookworm' | 'trixie'
  readonly cpus: number
  /** Bytes. */
  readonly memory: number
  /** Bytes of each disk. */
  readonly disks: readonly number[]
  /** Bits a second. */
  readonly speed: number
}

/** A machine outside from which one asks as people do; no host of the deployment. */
export interface Verifier {
  readonly name: 'client' | 'admin'
  readonly address: string
}
/** What there is to know of any machine that Ansible reaches. */
export type Machine = Pick<TopologyHost, 'name' | 'address'>

export interface TopologyNetwork {
  readonly name: string
  readonly cidr: string
  readonly gateway: string
}

export interface TopologyVip {
  readonly name: string
  readonly address: string
  /** Name with the hosts' domain, such as `database-vip.internal`. */
  readonly fqdn: string
  readonly hosts: readonly TopologyHost[]
  readonly network: TopologyNetwork
}

/** A service as it stands in this deployment: all that it declared, what it left out as empty lists. */
export interface PlacedService extends Required<Omit<ServiceDeclaration, 'hosts' | 'redundancy'>> {
  readonly name: string
  readonly summary: string
  readonly hosts: readonly TopologyHost[]
  readonly redundancy?: ServiceDeclaration['redundancy']
}

/** One line of the flows table: who opens a connection to whom. */
export interface Flow {
  /** Addresses or networks. */
  readonly from: readonly string[]
  /** Names of `from`, for people. */
  readonly fromNames: readonly string[]
  readonly to: readonly string[]
  readonly toNames: readonly string[]
  readonly port: number
  /** Last port of a range that begins at `port`. */
  readonly lastPort: number
  readonly protocol: 'tcp' | 'udp' | 'vrrp'
  /** The virtual IP through which it goes, if any. */
  readonly via: string | undefined
  readonly service: string
  readonly purpose: string
}

/** A name beside the hosts' own, and the host or virtual IP that it leads to. */
export interface FurtherName {
  readonly name: string
  readonly of: string
  readonly address: string
}

/** A deployment with everything that follows from it. Read-only, and the same for the same deployment. */
export interface Topology {
  readonly deployment: Deployment
  readonly hosts: readonly TopologyHost[]
  readonly verifiers: readonly Verifier[]
  readonly networks: readonly TopologyNetwork[]
  readonly vips: readonly TopologyVip[]
  readonly services: readonly PlacedService[]
  readonly flows: readonly Flow[]
  /** Upstream programs that the project's lock names. */
  readonly artifacts: ArtifactLock
  /** Names that services give to hosts and virtual IPs, in the order in which they do. */
  readonly names: readonly FurtherName[]
  /** Sizes of a service on a host. */
  readonly sizes: readonly { readonly service: string; readonly host: string; readonly size: Size }[]
  /** What services demand of hosts and can do at most, as functions of the load. */
  readonly capacity: readonly CapacityRow[]
  /** Throws when there is none such: services name only what was checked. */
  readonly host: (name: string) => TopologyHost
  readonly vip: (name: string) => TopologyVip
  /** The service of that name where this deployment has it. */
  readonly service: (name: string) => PlacedService | undefined
  /** The value of a size that a service declares for a host. Throws where it declares none. */
  readonly size: (service: string, host: string, name: string) => number
}
