import { type Expr, expr } from './expr.ts'

/** A variable that Ansible itself defines. */
const magic = <T>(name: string) => expr<T>({ kind: 'name', name, origin: 'magic' })

/** Ansible's own variables. */
export const ansible = {
  /** The host's name in the inventory. */
  inventoryHostname: magic<string>('inventory_hostname'),
  /** Group → names of its hosts. */
  groups: magic<Readonly<Record<string, readonly string[]>>>('groups'),
  hostvars: magic<Readonly<Record<string, Readonly<Record<string, string>>>>>('hostvars'),
  playHosts: magic<readonly string[]>('ansible_play_hosts'),
  checkMode: magic<boolean>('ansible_check_mode'),
  /** Version of Ansible itself. */
  version: magic<{ readonly full: string }>('ansible_version'),
  playbookDir: magic<string>('playbook_dir'),
  inventoryDir: magic<string>('inventory_dir'),
  rolePath: magic<string>('role_path'),
} as const

/** Facts by name, with the subset of `setup` that gathers each: a play gathers what its roles use and nothing else. */
const FACTS = {
  distribution: 'distribution',
  distribution_release: 'distribution',
  distribution_major_version: 'distribution',
  os_family: 'distribution',
  architecture: 'platform',
  kernel: 'platform',
  hostname: 'platform',
  processor_vcpus: 'hardware',
  memtotal_mb: 'hardware',
  mounts: 'hardware',
  default_ipv4: 'network',
  all_ipv4_addresses: 'network',
  interfaces: 'network',
  service_mgr: 'service_mgr',
  virtualization_type: 'virtual',
  date_time: 'date_time',
  python: 'python',
} as const

interface FactTypes {
  readonly distribution: string
  readonly distribution_release: string
  readonly distribution_major_version: string
  readonly os_family: string
  readonly architecture: string
  readonly kernel: string
  readonly hostname: string
  readonly processor_vcpus: number
  readonly memtotal_mb: number
  readonly mounts: readonly {
    readonly mount: string
    readonly size_total: number
    readonly size_available: number
  }[]
  readonly default_ipv4: {
    readonly address: string
    readonly interface: string
    readonly gateway: string
    readonly mtu: number
  }
  readonly all_ipv4_addresses: readonly string[]
  readonly interfaces: readonly string[]
  readonly service_mgr: string
  readonly virtualization_type: string
  readonly date_time: { readonly epoch: string; readonly iso8601: string }
  readonly python: { readonly version: { readonly major: number; readonly minor: number } }
}

/** The subset of `setup` that gathers a fact, or undefined for a fact that is not known here. */
export function subsetOf(fact: string): string | undefined {
  return Object.hasOwn(FACTS, fact) ? FACTS[fact as keyof typeof FACTS] : undefined // just tested
}

/** Facts of the host, as `ansible_facts['…']`. Using one makes the play gather its subset. */
export const facts: { readonly [K in keyof FactTypes]: Expr<FactTypes[K]> } = Object.fromEntries(
  Object.keys(FACTS).map((name) => [name, expr({ kind: 'name', name, origin: 'fact' })]),
  // Object.fromEntries loses the keys' names.
) as { readonly [K in keyof FactTypes]: Expr<FactTypes[K]> }
