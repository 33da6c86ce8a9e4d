import ipaddr from 'ipaddr.js'
import { CannotRun } from '../finding.ts'

/** What a rehearsal consists of: plain data that a deployment is turned into, with nothing of this machine in it. */
export interface LabPlan {
  /** The deployment's name; it names the lab too. Lower-case letters, digits and hyphens, at most 32 characters. */
  readonly deployment: string
  readonly networks: readonly LabNetwork[]
  /** The hosts to boot. A host that an earlier `up` booted and that is not here any more is removed. */
  readonly hosts: readonly LabHost[]
  /** IPv4 address that Ansible comes from; also where hosts find packages (port 3142) and artifacts (port 8081). */
  readonly controller: string
  /** IPv4 address of a client outside: a network namespace, in which a host of that name boots where the plan has one. */
  readonly client: string
  /** IPv4 address of an administrator outside: the same. */
  readonly admin: string
}

export interface LabNetwork {
  readonly name: string
  /** IPv4 network, `10.0.3.0/24`. */
  readonly cidr: string
  /** The router's IPv4 address in it. */
  readonly gateway: string
}

export interface LabHost {
  readonly name: string
  readonly address: string
  /** Name of one of the plan's networks; of a host outside, that of the network that the lab makes for it. */
  readonly network: string
  readonly release: Release
  /** Bytes, as the deployment declares them. Informational: no limit is set. */
  readonly memory?: number
}

/** Debian releases that a host can run. */
export type Release = 'bookworm' | 'trixie'

/** Namespaces beside those of the deployment's hosts, from which commands can be run. */
export type Outside = 'controller' | 'client' | 'admin'
export const outsides: readonly Outside[] = ['controller', 'client', 'admin']

/** Whether a host is one outside: it boots in the namespace of that name, which is there before it and after it. */
export const isOutside = (host: string): host is 'client' | 'admin' => host === 'client' || host === 'admin'

const NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/

/** Throws `CannotRun`, naming all that is wrong, when the plan cannot be built as it stands. */
export function assertPlan(plan: LabPlan): void {
  const wrong: string[] = []
  for (const name of [
    plan.deployment,
    ...plan.networks.map((n) => n.name),
    ...plan.hosts.map((h) => h.name),
  ]) {
    if (!NAME.test(name)) wrong.push(`'${name}' is no usable name (a-z, 0-9 and '-', at most 32 characters)`)
  }
  for (const network of plan.networks) {
    if (!contains(network.cidr, network.gateway))
      wrong.push(`gateway ${network.gateway} is not in ${network.cidr}`)
  }
  const strangers = plan.hosts.filter(({ name }) => isOutside(name))
  for (const { name, address } of strangers)
    if (isOutside(name) && address !== plan[name])
      wrong.push(`${name} has the address ${address}, and outside it is ${plan[name]}`)
  for (const host of plan.hosts.filter((host) => !strangers.includes(host))) {
    const network = plan.networks.find((candidate) => candidate.name === host.network)
    if (!network) wrong.push(`${host.name} is in network '${host.network}', which the plan does not have`)
    else if (!contains(network.cidr, host.address))
      wrong.push(`${host.name}: ${host.address} is not in ${network.cidr}`)
  }
  for (const outside of outsides) {
    if (!ipaddr.IPv4.isValid(plan[outside])) wrong.push(`${outside}: '${plan[outside]}' is no IPv4 address`)
  }
  wrong.push(...repeated(plan.hosts.map((host) => host.name)).map((name) => `two hosts are named ${name}`))
  const inside = plan.hosts.filter((host) => !strangers.includes(host))
  const addresses = [...inside.map((h) => h.address), ...plan.networks.map((n) => n.gateway)]
  const all = [...addresses, ...outsides.map((outside) => plan[outside])]
  wrong.push(...repeated(all).map((address) => `${address} is given twice`))
  if (wrong.length > 0)
    throw new CannotRun(`the lab '${plan.deployment}' cannot be built: ${wrong.join('; ')}`)
}

/** Whether an IPv4 address lies in a network. False for anything that is neither. */
export function contains(cidr: string, address: string): boolean {
  if (!ipaddr.IPv4.isValid(address) || !ipaddr.IPv4.isValidCIDR(cidr)) return false
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr))
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))]
}
