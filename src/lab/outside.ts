import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ipaddr from 'ipaddr.js'
import { CannotRun } from '../finding.ts'
import { type Layout, layout } from './layout.ts'
import { contains, type LabHost, type LabNetwork, type LabPlan, outsides } from './plan.ts'
import { readState } from './state.ts'

// The outside is a namespace that stands for the internet: the router's default route leads there, it has every address
// that is nobody else's, and it notes what arrives. It has no link to the machine's own network either.

/** Networks for documentation (RFC 5737): one of them is the outside's own, which no deployment has. */
const DOCUMENTATION = ['198.51.100', '203.0.113', '192.0.2'] as const

/** Networks that no provider carries (RFC 1918, RFC 6598, link-local): the router knows no way to what of them it has not. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'] as const

/** Names that exist nowhere: those of RFC 6761 and 6762, and the private ones. */
const NOWHERE = ['internal', 'local', 'localhost', 'invalid', 'test', 'home.arpa', '10.in-addr.arpa'] as const

/** Name of the outside's namespace, of its bridge and of its plug. */
export const OUTSIDE = 'outside'

/** The network between the router and the outside, and the outside's address in it, where DNS answers too. */
export function outsideOf(plan: Omit<LabPlan, 'hosts'>): LabNetwork & { readonly address: string } {
  const taken = [...plan.networks.map(({ gateway }) => gateway), ...outsides.map((name) => plan[name])]
  const prefix = DOCUMENTATION.find((candidate) => {
    const cidr = `${candidate}.0/24`
    return (
      !taken.some((address) => contains(cidr, address)) && !plan.networks.some((n) => overlap(n.cidr, cidr))
    )
  })
  if (!prefix)
    throw new CannotRun(
      `the lab '${plan.deployment}' leaves no network for documentation to the outside`,
      `leave one of ${DOCUMENTATION.map((p) => `${p}.0/24`).join(', ')}`,
    )
  return { name: OUTSIDE, cidr: `${prefix}.0/24`, gateway: `${prefix}.1`, address: `${prefix}.53` }
}

function overlap(one: string, other: string): boolean {
  const first = (cidr: string) => ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()
  return contains(one, first(other)) || contains(other, first(one))
}

/** Commands for `ip -batch` in the router's namespace: all that is nobody's goes outside, save private networks. */
export function wayOut(plan: Omit<LabPlan, 'hosts'>): string[] {
  return [
    ...PRIVATE.map((network) => `route add unreachable ${network} metric 4096`),
    `route add default via ${outsideOf(plan).address}`,
  ]
}

/**
 * Commands for `ip -batch` in the outside's namespace: every address is its own, and only the lab's lead back to the
 * router. The rule for the own addresses comes first otherwise, and would keep answers to hosts at home.
 */
export function everyAddress(plan: Omit<LabPlan, 'hosts'>, networks: readonly LabNetwork[]): string[] {
  const lab = [`${outsideOf(plan).gateway}/32`, ...networks.map(({ cidr }) => cidr)]
  return [
    ...lab.map((network) => `rule add pref 10 to ${network} lookup main`),
    'rule add pref 100 lookup local',
    'rule del pref 0',
    'route add local 0.0.0.0/0 dev lo',
  ]
}

/** Where the outside keeps what it notes and its certificate. */
export function outsideFiles(lab: Layout) {
  const folder = join(lab.folder, OUTSIDE)
  return {
    folder,
    log: join(folder, 'log.jsonl'),
    certificate: join(folder, 'outside.crt'),
    key: join(folder, 'outside.key'),
  } as const
}

/** Arguments of `service/outside.py`. */
export function outsideArguments(lab: Layout, plan: Omit<LabPlan, 'hosts'>): string[] {
  const { log, certificate, key } = outsideFiles(lab)
  return [outsideOf(plan).address, log, certificate, key, ...NOWHERE]
}

/** A packet that came outside. */
export interface Arrival {
  /** Seconds since 1970. */
  readonly at: number
  readonly from: string
  /** Missing where a question came over a connection. */
  readonly to?: string
  /** `tcp`, `udp`, `icmp` or a number. */
  readonly protocol?: string
  readonly port?: number
  /** Whether a TCP packet opens a connection. */
  readonly opens?: boolean
  /** Name and type of a DNS question. */
  readonly name?: string
  readonly type?: string
}

/** What came outside at or after a time (seconds since 1970), the oldest first. Throws `CannotRun` where there is no lab. */
export function arrivals(deployment: string, since = 0, root?: string): Arrival[] {
  const lab = layout(deployment, root)
  if (!readState(lab)) throw new CannotRun(`the lab '${deployment}' is not up`, 'run `lab up`')
  const { log } = outsideFiles(lab)
  return [`${log}.1`, log]
    .flatMap((file) => (existsSync(file) ? parseArrivals(readFileSync(file, 'utf8')) : []))
    .filter(({ at }) => at >= since)
}

/** The lines of the log; a last one that is not whole yet is left out. */
export function parseArrivals(text: string): Arrival[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as Arrival))) // its own format
}

/** Arrivals that are alike, counted. */
export interface Asked {
  /** Name of the host, or the address where it is none's. */
  readonly from: string
  readonly what: string
  readonly count: number
  /** Seconds since 1970. */
  readonly first: number
  readonly last: number
}

/** What was asked by whom and how often, in the order in which it first came. Packets within connections are the connection's. */
export function summarize(
  arrived: readonly Arrival[],
  hosts: readonly Pick<LabHost, 'name' | 'address'>[],
): Asked[] {
  const found = new Map<string, Asked>()
  for (const arrival of arrived) {
    const from = hosts.find(({ address }) => address === arrival.from)?.name ?? arrival.from
    const what = describe(arrival)
    const key = `${from}\0${what}`
    const { count = 0, first = arrival.at } = found.get(key) ?? {}
    found.set(key, { from, what, count: count + 1, first, last: arrival.at })
  }
  return [...found.values()]
}

function describe({ to, protocol, port, opens, name, type }: Arrival): string {
  if (name !== undefined) return `DNS: ${type} ${name}`
  const target = port === undefined ? `${to}` : `${to}:${port}`
  if (protocol === 'tcp') return opens ? `connection to ${target}` : `packets of a connection to ${target}`
  return `${protocol} to ${target}`
}
