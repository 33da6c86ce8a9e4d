import { z } from 'zod'
import type { AnyRole, Role } from '../dsl/role.ts'
import { type CallSite, captureCallSite } from '../dsl/source.ts'
import type { VariableShape, VariableValues } from '../dsl/variable.ts'
import type { Topology, TopologyHost } from './topology.ts'

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

/** A port that a service opens on its hosts. It is written here and nowhere else. */
export interface Endpoint {
  /** Unique within the service, such as `client` or `peer`. */
  readonly name: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** What travels there, in a few words. */
  readonly purpose: string
}

/** A port of a virtual IP that a proxy answers and passes on. */
export interface Listener {
  /** Unique in the deployment; the proxy's section is named so. */
  readonly name: string
  readonly vip: string
  readonly port: number
  /** The endpoint behind it, of the declaring service's own hosts. */
  readonly endpoint: string
  readonly purpose: string
  readonly balance: 'first' | 'leastconn' | 'roundrobin'
  /** How the proxy asks a server whether it may have traffic. */
  readonly check: HealthCheck
  /** Connections at most to each server. */
  readonly maxConnections?: number
}
/** A TCP check connects; an HTTP check asks an endpoint of the same service. */
export type HealthCheck =
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http'
      readonly endpoint: string
      readonly method: 'GET' | 'OPTIONS'
      readonly path: string
      readonly tls: boolean
    }

/** Who may talk to an endpoint or to a listener. */
export interface Need {
  /** Hosts that open the connection. */
  readonly from: readonly string[]
  /** `{ service, endpoint }`: directly. `{ listener }`: through its virtual IP. `{ cidr… }` is for the outside. */
  readonly to: { readonly service: string; readonly endpoint: string } | { readonly listener: string }
  readonly purpose: string
}

/** A certificate that a service wants on each of its hosts. */
export interface CertificateNeed {
  /** Names the files, such as `etcd`. */
  readonly name: string
  readonly hosts: readonly string[]
  /** Further names and addresses than the host's own. */
  readonly names?: readonly string[]
  readonly addresses?: readonly string[]
  /** systemd units to reload after a renewal. */
  readonly reload: readonly string[]
}

/** What a service says of itself before addresses and flows are known. */
export interface ServiceDeclaration {
  readonly hosts: readonly string[]
  readonly endpoints?: readonly Endpoint[]
  readonly listeners?: readonly Listener[]
  readonly needs?: readonly Need[]
  readonly certificates?: readonly CertificateNeed[]
}

/** A size that follows from a host's hardware. */
export interface Size {
  readonly name: string
  readonly value: number
  readonly unit: 'MB' | 'connections' | 'count' | 'GB'
  /** How it was computed, for people. */
  readonly formula: string
}

/** A secret by name; in the inventory it is `{{ vault_<name> }}`. */
const SECRET_REF = Symbol.for('rolewright.secret')
export interface SecretRef {
  readonly [SECRET_REF]: string
}
export const secretRef = (name: string): SecretRef => ({ [SECRET_REF]: name })
export function secretName(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && SECRET_REF in value
    ? String(value[SECRET_REF])
    : undefined
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
  readonly hosts: readonly string[]
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

/** A service: what it is given, where it runs, what it opens and needs, and what its role is told. */
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
  readonly sizes?: (options: z.output<O>, host: TopologyHost) => readonly Size[]
  readonly variables?: (options: z.output<O>, topology: Topology) => readonly RoleValues[]
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
