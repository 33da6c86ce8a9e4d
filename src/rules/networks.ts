import ipaddr from 'ipaddr.js'
import type { DeploymentInput } from '../topology/deployment.ts'
import {
  isAddress,
  isPrivate,
  isWithin,
  lies,
  overlap,
  rangeOf,
  withoutCovered,
} from '../topology/networks.ts'
import { definePlanRule, type Place, type Violation } from '../topology/rule.ts'

interface Range {
  readonly name: string
  readonly cidr: string
  readonly at: Place
}

/** What is no network at all is a finding of its own. */
const valid = ({ cidr }: Range): boolean => ipaddr.IPv4.isValidCIDR(cidr)

const networksOf = ({ networks }: DeploymentInput): readonly Range[] =>
  Object.entries(networks)
    .map(([name, { cidr }]) => ({ name, cidr, at: ['networks', name] }))
    .filter(valid)

const outsideOf = (input: DeploymentInput, who: 'clients' | 'admins'): readonly Range[] =>
  input[who].map((cidr, index) => ({ name: cidr, cidr, at: [who, index] })).filter(valid)

export const networksApart = definePlanRule({
  code: 'NET-004',
  severity: 'error',
  demand: 'No two networks of a deployment have an address in common.',
  reason:
    'A host answers an address of its own network by itself and sends all others to the gateway: where ranges overlap, one side never hears the other.',
  evidence: 'RFC 1812, section 5.2.4.3 (the longest prefix that fits decides the way).',
  wayOut: 'Give one of the two a range of its own.',
  checkPlan: (input) => {
    // Of ranges that overlap one lies in the other: in the order of their beginnings the outer one comes first.
    const sorted = networksOf(input).toSorted(
      (a, b) => numberOf(a) - numberOf(b) || lengthOf(a) - lengthOf(b),
    )
    const found: Violation[] = []
    let outer: Range | undefined
    for (const range of sorted)
      if (outer && overlap(outer.cidr, range.cidr))
        found.push({
          message: `The network ${range.name}, ${range.cidr}, has addresses in common with ${outer.name}, ${outer.cidr}.`,
          subject: range.name,
          at: range.at,
        })
      else outer = range
    return found
  },
})

export const clientsApart = definePlanRule({
  code: 'NET-005',
  severity: 'error',
  demand: "No network of clients has an address in common with the deployment's own networks.",
  reason:
    "Firewalls let clients in by address, so that every server there could do what a client may; and relays of calls refuse the deployment's networks as peers, so that no client there could call.",
  evidence:
    'Measured: with the range of the clients denied, a relay refuses every call (403, Forbidden IP); with nothing denied it relays into the database.',
  wayOut: 'Give clients, or servers, a network of their own.',
  checkPlan: (input) =>
    outsideOf(input, 'clients').flatMap(({ cidr, at }): readonly Violation[] => {
      const shared = networksOf(input).filter((network) => overlap(network.cidr, cidr))
      const [first] = shared
      if (!first) return []
      const others = shared.length > 1 ? ` and ${shared.length - 1} more` : ''
      const message = `The clients' network ${cidr} has addresses in common with the network ${first.name}, ${first.cidr}${others}.`
      return [{ message, subject: cidr, at }]
    }),
})

export const hostsAreNoAdmins = definePlanRule({
  code: 'NET-006',
  severity: 'warning',
  demand: "No host of a deployment has an address in the administrators' networks.",
  reason:
    'From there every host takes SSH, and admin pages answer: whoever breaks into one such server may knock at all others.',
  evidence: "The flows table opens administration to the administrators' networks, whoever is there.",
  wayOut: 'Administer from a network in which no server stands, such as one for management alone.',
  checkPlan: (input) =>
    outsideOf(input, 'admins').flatMap(({ cidr, at }): readonly Violation[] => {
      const within = Object.entries(input.hosts).filter(([, { address }]) => isWithin(address, cidr))
      const [first] = within
      if (!first) return []
      const others = within.length > 1 ? ` and ${within.length - 1} more` : ''
      const message = `${first[0]}${others} would be among the administrators: ${cidr} is a network of theirs.`
      return [{ message, subject: cidr, at }]
    }),
})

export const clientsAreNoAdmins = definePlanRule({
  code: 'NET-007',
  severity: 'error',
  demand: "No network of clients lies within the administrators' networks, in one or in several together.",
  reason:
    'Admin pages and SSH are closed to clients by their addresses alone: every one of these devices would be an administrator.',
  evidence:
    "The flows table and the web proxy's routes tell people apart by their networks, and by nothing else.",
  wayOut: 'Administer from a smaller network; it may well lie within that of the clients.',
  checkPlan: (input) =>
    outsideOf(input, 'clients').flatMap((clients) => {
      const admins = outsideOf(input, 'admins')
      const alone = admins.filter(({ cidr }) => lies(clients.cidr, cidr))
      const parts = admins.filter(({ cidr }) => lies(cidr, clients.cidr))
      const within = alone.length > 0 ? alone : covers(parts, clients) ? parts : []
      const named = within.map(({ cidr }) => cidr).join(' and ')
      return within.map(({ at }) => ({
        message: `All of the clients' network ${clients.cidr} would be administrators: it lies within ${named}.`,
        subject: clients.cidr,
        at,
      }))
    }),
})

export const privateNetworks = definePlanRule({
  code: 'NET-008',
  severity: 'warning',
  demand: 'The networks of a deployment are private ones.',
  reason:
    'Its servers talk to each other without passing anything but firewalls of their own: on public addresses one mistake in a firewall shows a database to the world.',
  evidence: 'RFC 1918, section 3 (which ranges are private); RFC 6598 (100.64.0.0/10).',
  wayOut:
    'Take a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, with address translation where people come from outside.',
  checkPlan: (input) =>
    networksOf(input)
      .filter(({ cidr }) => !isPrivate(cidr))
      .map(({ name, cidr, at }) => ({
        message: `The network ${name}, ${cidr}, has public addresses.`,
        subject: name,
        at,
      })),
})

export const usableAddresses = definePlanRule({
  code: 'NET-009',
  severity: 'error',
  demand:
    "A gateway lies in its network, and nothing has a network's first or last address, which are the network itself and all of its hosts.",
  reason:
    'A host reaches nothing beyond its network through a gateway that it cannot reach, and a host that has the address for all hosts is never answered.',
  evidence: 'RFC 1122, section 3.2.1.3 (special addresses), and section 3.3.1.1 (the way to a gateway).',
  wayOut:
    "Correct the address; network('192.0.2.0/24', { gateway: '192.0.2.254' }) says another gateway than the first address.",
  checkPlan: (input) => {
    const networks = networksOf(input)
    const used = [
      ...networks.map(({ name, at }) => {
        const { gateway = '' } = input.networks[name] ?? {}
        return { called: `The gateway of ${name}`, subject: name, address: gateway, at }
      }),
      ...Object.entries(input.hosts).map(([name, { address }]) => ({
        called: name,
        subject: name,
        address,
        at: ['hosts', name],
      })),
      ...Object.entries(input.vips).map(([name, { address }]) => ({
        called: `The virtual IP ${name}`,
        subject: name,
        address,
        at: ['vips', name, 'address'],
      })),
      { called: 'The controller', subject: 'controller', address: input.controller, at: ['controller'] },
      ...Object.entries(input.verifiers ?? {}).map(([name, address]) => ({
        called: `The verifier ${name}`,
        subject: name,
        address: address ?? '',
        at: ['verifiers', name],
      })),
    ]
    const reserved = new Map(networks.flatMap(reservedOf))
    return [
      ...networks.flatMap(({ name, cidr, at }): readonly Violation[] => {
        const { gateway = '' } = input.networks[name] ?? {}
        const message = `The gateway of ${name}, ${gateway}, does not lie in ${cidr}.`
        return isWithin(gateway, cidr) || !isAddress(gateway) ? [] : [{ message, subject: name, at }]
      }),
      ...used.flatMap(({ called, subject, address, at }): readonly Violation[] => {
        const what = reserved.get(address)
        return what === undefined
          ? []
          : [{ message: `${called} has the address ${address}, which is ${what}.`, subject, at }]
      }),
    ]
  },
})

/** The addresses of a network that no machine can have; networks of one or two addresses have none. */
function reservedOf({ name, cidr }: Range): readonly (readonly [address: string, what: string])[] {
  if (lengthOf({ cidr }) >= 31) return []
  const { first, last } = rangeOf(cidr)
  return [
    [first, `the network ${name} itself`],
    [last, `all hosts of the network ${name} at once`],
  ]
}

/** Whether parts of a network are all of it together. */
function covers(parts: readonly Pick<Range, 'cidr'>[], whole: Range): boolean {
  const texts = withoutCovered(parts.map(({ cidr }) => cidr))
  const addresses = (cidr: string) => 2 ** (32 - lengthOf({ cidr }))
  return texts.reduce((sum, cidr) => sum + addresses(cidr), 0) === addresses(whole.cidr)
}

const lengthOf = ({ cidr }: Pick<Range, 'cidr'>): number => Number(cidr.split('/')[1])
const numberOf = ({ cidr }: Pick<Range, 'cidr'>): number =>
  ipaddr.IPv4.networkAddressFromCIDR(cidr).octets.reduce((number, octet) => number * 256 + octet, 0)
