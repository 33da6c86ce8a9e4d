import { z } from 'zod'
import type { AnyRole, Role } from '../dsl/role.ts'
import { type CallSite, captureCallSite } from '../dsl/source.ts'
import type { VariableShape, VariableValues } from '../dsl/variable.ts'
import type { AdvertisedName } from './advertised.ts'
import type { CapacityRow, ScaleUp } from './capacity.ts'
import type { DeploymentDocument } from './document.ts'
import type { Redundancy } from './redundancy.ts'
import type { Requirement } from './requirement.ts'
import type { ServiceRule } from './rule.ts'
import type { SecretRef } from './secret.ts'
import type { Machine, Topology, TopologyHost, Verifier } from './topology.ts'

declare const HOST: unique symbol
declare const VIP: unique symbol
/** A host of the deployment, by name. In a deployment it is one of the declared names. */
export type HostName = string & { readonly [HOST]: true }
/** A virtual IP of the deployment, by name. */
export type VipName = string & { readonly [VIP]: true }

/** Schema of a host's name, for a service's options. */
export const hostName = (): z.ZodType<HostName, HostName> =>
  z.string().meta({ reference: 'host' }) as unknown as z.ZodType<HostName, HostName> // the brand exists for the checker alone
/** Schema of a virtual IP's name, for a service's options. */
export const vipName = (): z.ZodType<VipName, VipName> =>
  z.string().meta({ reference: 'vip' }) as unknown as z.ZodType<VipName, VipName> // as above

/** Options as a deployment writes them: references become the names that it declares. */
export type Declared<T, Host extends string, Vip extends string> = T extends HostName
  ? Host
  : T extends VipName
    ? Vip
    : T extends readonly (infer U)[]
      ? readonly Declared<U, Host, Vip>[]
      : T extends string | number | boolean | null | undefined
        ? T
        : { readonly [K in keyof T]: Declared<T[K], Host, Vip> }

/** The services that a deployment may have. Each `service.ts` adds its own: `declare module '#topology' { interface Services<…> { … } }`. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the services.
// biome-ignore lint/correctness/noUnusedVariables: the services use them.
export interface Services<Host extends string, Vip extends string> {}

/** What `Services` holds for a service: its options with the deployment's own names. */
export type OptionsOf<S extends Service, Host extends string, Vip extends string> =
  S extends Service<infer O> ? Declared<z.input<O>, Host, Vip> : never

/** Metrics that Prometheus reads over HTTP. */
export interface Metrics {
  /** Name of the job in Prometheus; the service's own unless told. */
  readonly job?: string
  /** `/metrics` unless told. */
  readonly path?: string
  /** `http` unless told; `https` is checked against the deployment's CA. */
  readonly scheme?: 'http' | 'https'
  /** Labels of every series beside `job` and `instance`. */
  readonly labels?: Readonly<Record<string, string>>
  /** The account that is asked for, where one is. */
  readonly account?: { readonly name: string; readonly password: SecretRef }
}

/** A port that a service opens on its hosts. It is written here and nowhere else. */
export interface Endpoint {
  /** Unique within the service, such as `client` or `peer`. */
  readonly name: string
  readonly port: number
  /** Last port of a range that begins at `port`. */
  readonly lastPort?: number
  readonly protocol: 'tcp' | 'udp'
  /** The hosts that open it; all of the service's unless told. */
  readonly hosts?: readonly string[]
  /** Whether it is opened on every address of its hosts, virtual IPs among them; on the host's own address alone unless told. */
  readonly wildcard?: true
  /** What travels there, in a few words. */
  readonly purpose: string
  /** What monitoring reads here; a list where one port has several pages of metrics. */
  readonly metrics?: Metrics | readonly Metrics[]
  /** How monitoring connects to see that it answers; with `tls` it watches the certificate, too. */
  readonly probe?: 'tcp' | 'tls'
}

/** What monitoring asks under a public name, through the virtual IP of a listener, as clients do. */
export interface Probe {
  /** Such as `https://chat.example.org/`; any answer of 2xx is good. */
  readonly url: string
  /** The listener that answers it. */
  readonly listener: string
  /** Its answers are metrics of a program behind a proxy: they are read, and not only looked at. */
  readonly metrics?: Omit<Metrics, 'path' | 'scheme'>
}

/** A package that a service's hosts install, so that it can be asked for beforehand. */
export interface PackageNeed {
  readonly name: string
  /** Oldest version that will do, as Debian compares versions; any unless told. */
  readonly atLeast?: string
  /** Archive beside Debian's own that has it. */
  readonly archive?: 'pgdg'
}

/** What a service on a host is asked to hear whether it is well, beyond that its ports are open. Without an account. */
export interface Health {
  /** The endpoint that answers over HTTP with status 200. */
  readonly endpoint: string
  readonly path: string
  /** Ask with TLS, and believe a certificate of the deployment's CA alone. */
  readonly tls: boolean
  /** Regular expression (Python's) that the answer has to match; any answer unless told. */
  readonly answer?: string
}

/** A port of a virtual IP. */
export interface Frontend {
  /** Unique in the deployment; the proxy's section is named so. */
  readonly name: string
  readonly vip: string
  readonly port: number
  readonly purpose: string
}

/** The servers behind a proxy: an endpoint of the declaring service, on all of its hosts. */
export interface Backend {
  /** Unique in the deployment; the proxy's section is named so. */
  readonly name: string
  readonly endpoint: string
  readonly purpose: string
  readonly balance: 'first' | 'leastconn' | 'roundrobin'
  /** How the proxy asks a server whether it may have traffic. */
  readonly check: HealthCheck
  /** Connections at most to each server. */
  readonly maxConnections?: number
  /** Talk TLS to the servers, and believe only a certificate of the deployment's CA for the server's own name. */
  readonly serverTls?: boolean
  /** How long a connection may say nothing, such as `5m`; the proxy's own unless told. */
  readonly idleTimeout?: string
}

/** A port of a virtual IP that a proxy passes on to the one backend behind it. */
export interface Listener extends Frontend, Backend {
  /** `tcp` passes bytes on; `http` spreads single requests and logs them. `tcp` unless told. */
  readonly mode?: 'tcp' | 'http'
  /** Answer clients with TLS, with a certificate for the virtual IP, its names and the proxy's host. */
  readonly clientTls?: boolean
}

/** What people reach under host names through a web proxy, which ends TLS: routes that lead to one backend. */
export interface Site extends Backend {
  readonly routes: readonly Route[]
}

/** Host names and paths, and who may ask for them. The longest path that fits a request decides, whoever declares it. */
export interface Route {
  /** Unique in the deployment: needs name it. */
  readonly name: string
  /** Host names that the request is for, in lower case and without a port. */
  readonly hosts: readonly string[]
  /** Paths that are meant exactly. */
  readonly exact?: readonly string[]
  /** Paths that are meant with all below them, by whole segments: `/admin` is `/admin/users` too, and not `/administrator`. */
  readonly prefixes?: readonly string[]
  /** Ports of the web proxy; 443 unless told. */
  readonly ports?: readonly number[]
  /** Who may ask, beside the hosts that have a need for this route; everybody unless told, and nobody else if empty. */
  readonly from?: readonly Outside[]
  /** The `Host` that the backend is told instead of the one that was asked for. */
  readonly hostHeader?: string
  /** Requests at most of one address in ten seconds; hosts of the deployment are not counted. */
  readonly limit?: number
}

/** A TCP check connects; an HTTP check asks an endpoint of the same service and wants status 200. */
export type HealthCheck = (
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http'
      readonly endpoint: string
      readonly method: 'GET' | 'OPTIONS'
      readonly path: string
      readonly tls: boolean
      /** The `Host` that is asked for; HTTP/1.0 without one unless told. */
      readonly host?: string
    }
) & {
  /** Time between two checks, such as `2s`, and how many must fail or pass to change a server's state; the proxy's own unless told. */
  readonly interval?: string
  readonly fall?: number
  readonly rise?: number
  /** How long a server may take to answer; the proxy's own unless told. */
  readonly timeout?: string
}

/** Who is no host of the deployment: its users' devices, its administrators' networks, the machine that runs Ansible. */
export const OUTSIDE = ['clients', 'admins', 'controller'] as const
export type Outside = (typeof OUTSIDE)[number]

/** Who may talk to an endpoint, to a port of a virtual IP or to a route. */
export interface Need {
  /** Hosts that open the connection. */
  readonly from: readonly string[]
  /** Who else opens it, from outside. */
  readonly outside?: readonly Outside[]
  /**
   * `{ service, endpoint }`: directly. `{ listener }`: through its virtual IP, also of a port that a service answers itself.
   * `{ route }`: through the web proxy, which lets these hosts pass where the route is not for everybody.
   * `'monitored'`: every endpoint with metrics or a probe, every listener, and every probe of a service.
   */
  readonly to:
    | { readonly service: string; readonly endpoint: string }
    | { readonly listener: string }
    | { readonly route: string }
    | 'monitored'
  readonly purpose: string
  /** Connections that each of these hosts keeps open at most, where the target has to be sized for them. */
  readonly connections?: number
}

/** A certificate that a service wants on each of its hosts. */
export interface CertificateNeed {
  /** Names the files, such as `etcd`. */
  readonly name: string
  readonly hosts: readonly string[]
  /** Further names and addresses than the host's own. */
  readonly names?: readonly string[]
  readonly addresses?: readonly string[]
  /**
   * Whether people's devices see it. Such a certificate may come from elsewhere than the internal CA, and is then for `names`
   * alone; all others are between servers.
   */
  readonly public?: true
  /** systemd units to reload after a renewal. */
  readonly reload: readonly string[]
}

/** An account that a service wants of another one, such as a user of the database that may read statistics. */
export interface AccountNeed {
  /** The service that has accounts and makes this one. */
  readonly of: string
  readonly name: string
  readonly password: SecretRef
  /** Hosts from which it logs in. */
  readonly from: readonly string[]
  /** What it may do, in the words of the service that has it, such as roles of PostgreSQL. */
  readonly rights: readonly string[]
}

/** Names by which people and programs know a host or a virtual IP, beside its own. */
export interface NameNeed {
  /** The host or the virtual IP. */
  readonly of: string
  /** Fully qualified. */
  readonly names: readonly string[]
}

/** A file that a program made for itself and that nothing brings back, such as a key by which others know it. */
export interface IrreplaceableFile {
  readonly host: string
  readonly path: string
  /** In a few words. */
  readonly what: string
}

/** A kernel parameter. `namespace` where each network namespace has its own value, `host` where the kernel has one. */
export interface KernelParameter {
  readonly name: string
  readonly value: string
  readonly scope: 'host' | 'namespace'
}

/** What a service wants of the kernel of its hosts. */
export interface KernelNeed {
  readonly hosts: readonly string[]
  readonly parameters?: readonly KernelParameter[]
  readonly modules?: readonly string[]
  /** When memory of programs is put into huge pages without their asking; the kernel's own choice unless told. */
  readonly transparentHugePages?: 'never' | 'madvise' | 'always'
}

/** What people notice when a unit is restarted, or reloaded, on one host: in a few words, such as `nothing`. */
export interface Interruption {
  /** systemd's name, without `.service`. */
  readonly unit: string
  readonly restart: string
  /** `nothing` unless told. */
  readonly reload?: string
  /** Whether people's work is interrupted by a restart; `false` unless told. */
  readonly felt?: boolean
}

/** What a service says of itself before addresses and flows are known. */
export interface ServiceDeclaration {
  readonly hosts: readonly string[]
  /**
   * Hosts of the service that wait until somebody switches over: they are prepared, and none of its endpoints answers
   * there. A proxy asks them after all others.
   */
  readonly standbys?: readonly string[]
  /** Verifiers that are of its group as well; they have nothing else of the deployment's. */
  readonly verifiers?: readonly Verifier['name'][]
  readonly endpoints?: readonly Endpoint[]
  readonly listeners?: readonly Listener[]
  readonly sites?: readonly Site[]
  /** Ports of virtual IPs that the service answers itself. */
  readonly frontends?: readonly Frontend[]
  readonly needs?: readonly Need[]
  readonly certificates?: readonly CertificateNeed[]
  readonly probes?: readonly Probe[]
  readonly accounts?: readonly AccountNeed[]
  readonly names?: readonly NameNeed[]
  /** Names that clients are told; most of them are given to a virtual IP or to a host by `names`, its own or another service's. */
  readonly advertised?: readonly AdvertisedName[]
  /** What it needs to outlive the loss of a host, where it can at all. */
  readonly redundancy?: Redundancy
  readonly kernel?: readonly KernelNeed[]
  /** Hosts whose declared disks are all drives of this service: what else is on such a host has a disk that nobody declared. */
  readonly drives?: readonly string[]
  /** Small files whose loss no other backup mends. */
  readonly irreplaceable?: readonly IrreplaceableFile[]
  /** Packages of Debian, or of a named archive, that its hosts install. */
  readonly packages?: readonly PackageNeed[]
  /** How a host's part of it says that it is well, such as before the next host is restarted. */
  readonly health?: readonly Health[]
  /** The systemd units that it runs on its hosts, without `.service`: those that open its endpoints, and others. */
  readonly units?: readonly string[]
  /** What a restart of such a unit is like for those who use the service; of others it is said by how many hosts have one. */
  readonly interruptions?: readonly Interruption[]
}

/** A size that follows from a host's hardware. */
export interface Size {
  readonly name: string
  readonly value: number
  readonly unit: 'MB' | 'connections' | 'count' | 'GB'
  /** How it was computed, for people. */
  readonly formula: string
}

/** Values for a role, in which a secret may stand for any text. */
export type Given<T> = T extends string
  ? T | SecretRef
  : T extends readonly (infer U)[]
    ? readonly Given<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Given<T[K]> }
      : T

/** A role's values on each of its hosts. */
export interface RoleValues {
  readonly role: AnyRole
  /** Hosts of the deployment, and its verifiers. */
  readonly hosts: readonly string[]
  /** Of `machineValues` it reads no more than a verifier has. */
  readonly values: (host: TopologyHost) => Readonly<Record<string, unknown>>
}
/** The values of a role's variables on the hosts that get it, checked against the role's own declaration. */
export function roleValues<V extends VariableShape>(
  role: Role<V>,
  hosts: readonly string[],
  values: (host: TopologyHost) => Given<VariableValues<V>>,
): RoleValues {
  return { role, hosts, values: values as RoleValues['values'] } // checked by the build against the role's schemas
}

/** The same for hosts and verifiers together. */
export function machineValues<V extends VariableShape>(
  role: Role<V>,
  machines: readonly string[],
  values: (machine: Machine) => Given<VariableValues<V>>,
): RoleValues {
  return { role, hosts: machines, values: values as RoleValues['values'] } // checked by the build against the role's schemas
}

/**
 * A service: what it is given, where it runs, what it opens and needs, and what its role is told. One with neither `declare` nor
 * `follow` runs nowhere: a deployment that names it gets its documents, and nothing else.
 */
export interface ServiceDefinition<O extends z.ZodType> {
  /** Key in a deployment's `services`, and the name of its group in the inventory. */
  readonly name: string
  readonly summary: string
  readonly options: O
  /** A service that people place: called when the deployment names it. */
  readonly declare?: (
    options: z.output<O>,
    topology: Pick<Topology, 'deployment' | 'host' | 'hosts' | 'vip'>,
  ) => ServiceDeclaration
  /** A service that follows from others (a proxy for listeners, keepalived for VIPs): called after all `declare`. */
  readonly follow?: (options: z.output<O>, topology: Topology) => ServiceDeclaration
  /** What must hold of the options in this topology, each with a code and a reason; `defineServiceRule` makes one. */
  readonly rules?: readonly ServiceRule<z.output<O>>[]
  /** What a document demands that rules hold, for whoever asks why there is a rule. */
  readonly requirements?: () => readonly Requirement[]
  readonly sizes?: (options: z.output<O>, host: TopologyHost, topology: Topology) => readonly Size[]
  /** What it needs of its hosts at a load, and what it can do at most; asked when all else of the topology is known. */
  readonly capacity?: (options: z.output<O>, topology: Topology) => readonly CapacityRow[]
  /** Ways to grow whose effect `rolewright capacity` tells. */
  readonly scaleUps?: (options: z.output<O>, topology: Topology) => readonly ScaleUp[]
  readonly variables?: (options: z.output<O>, topology: Topology) => readonly RoleValues[]
  /** Further files of the deployment: what another tool is given, a zone, a page for people. */
  readonly documents?: (options: z.output<O>, topology: Topology) => readonly DeploymentDocument[]
}

const SERVICE = Symbol.for('rolewright.service')
export interface Service<O extends z.ZodType = z.ZodType> {
  readonly [SERVICE]: true
  readonly definition: ServiceDefinition<O>
  readonly site: CallSite | undefined
}
export function defineService<O extends z.ZodType>(definition: ServiceDefinition<O>): Service<O> {
  return { [SERVICE]: true, definition, site: captureCallSite() }
}
export function isService(value: unknown): value is Service {
  return typeof value === 'object' && value !== null && SERVICE in value
}
