import type { AdvertisedName } from '../topology/advertised.ts'
import type { DeploymentInput } from '../topology/deployment.ts'
import { namesOfHost, namesOfVip, VIP_SUFFIX } from '../topology/own-names.ts'
import { definePlanRule, defineRule, type Place, type Violation } from '../topology/rule.ts'
import type { Topology } from '../topology/topology.ts'
import { frontendsOf } from '../topology/vip.ts'
import { placeOfFirst } from './places.ts'

/** Something that a name was given to. */
interface Target {
  readonly of: string
  readonly address: string | undefined
  readonly service: string
}

/** What each name was given to: one thing, unless two services disagree. */
function targetsByName({ hosts, vips, services }: Topology): ReadonlyMap<string, readonly Target[]> {
  const addresses = new Map([...vips, ...hosts].map(({ name, address }) => [name, address]))
  const found = new Map<string, Target[]>()
  for (const service of services)
    for (const { of, names } of service.names)
      for (const name of names) {
        const list = found.get(name) ?? []
        found.set(name, list)
        const address = addresses.get(of)
        if (!list.some((target) => target.address === address))
          list.push({ of, address, service: service.name })
      }
  return found
}

/** What hosts files call hosts and virtual IPs by themselves, and every host itself. */
const ownNames = ({
  hosts,
  vips,
}: Topology): readonly { readonly name: string; readonly of: string; readonly address: string }[] => [
  ...['localhost', 'ip6-localhost', 'ip6-loopback'].map((name) => ({
    name,
    of: 'every host itself',
    address: '127.0.0.1',
  })),
  ...hosts.flatMap((host) =>
    namesOfHost(host).map((name) => ({ name, of: host.name, address: host.address })),
  ),
  ...vips.flatMap((vip) => namesOfVip(vip).map((name) => ({ name, of: vip.name, address: vip.address }))),
]

/** A name that clients are told, and where it leads. */
interface Told extends AdvertisedName {
  readonly targets: readonly Target[]
  /** Services that may have said it in the deployment. */
  readonly saidBy: readonly string[]
}

/** Each name that clients are told, once for each end that it has to have. */
function toldNames(topology: Topology): readonly Told[] {
  const targets = targetsByName(topology)
  const told = topology.services.flatMap((service) =>
    service.advertised.map((advertised): [string, Told] => {
      const { name, leads } = advertised
      const given = targets.get(name) ?? []
      const saidBy = [...given.map((target) => target.service), service.name]
      return [[name, ...Object.values(leads)].join(' '), { ...advertised, targets: given, saidBy }]
    }),
  )
  return [...new Map(told).values()]
}

/** Whether it leads to an address, and to no other. */
const leadsTo = ({ targets }: Told, address: string): boolean =>
  targets.length > 0 && targets.every((target) => target.address === address)
const described = ({ targets }: Told): string =>
  targets.length > 0
    ? `leads to ${targets.map(({ of, address }) => `${of}, ${address}`).join(', and to ')}`
    : 'leads nowhere'

export const toldNamesLeadToProxy = defineRule({
  code: 'NAME-001',
  severity: 'error',
  demand: 'A name that clients are told for what a proxy serves leads to the virtual IP of that proxy.',
  reason:
    'Only there is TLS ended, with a certificate for that name, and only there does another host answer when one is lost: any other address refuses.',
  evidence:
    'On the media server itself nothing listens at port 443: clients that were told its own name failed before the first packet of media.',
  wayOut:
    "Give the name to the proxy's virtual IP: services.base.names: [{ of: '<virtual IP>', names: [...] }].",
  check: (topology) => {
    const vips = new Map(topology.vips.map((vip) => [vip.name, vip]))
    const listening = new Map(
      topology.services.flatMap((service) =>
        frontendsOf(service).map((frontend) => [frontend.name, vips.get(frontend.vip)] as const),
      ),
    )
    return toldNames(topology).flatMap((told): readonly Violation[] => {
      if (!('listener' in told.leads)) return []
      const vip = listening.get(told.leads.listener)
      if (vip && leadsTo(told, vip.address)) return []
      const wanted = vip
        ? `it has to lead to the virtual IP ${vip.name}, ${vip.address}`
        : `there is no virtual IP with ${told.leads.listener}`
      return [
        {
          message: `Clients are told ${told.name} (${told.purpose}), which ${described(told)}; ${wanted}.`,
          subject: told.name,
          at: placeOfFirst(topology.deployment.input, told.saidBy, told.name),
        },
      ]
    })
  },
})

export const directNamesLeadToHosts = defineRule({
  code: 'NAME-002',
  severity: 'error',
  demand:
    'A name that clients are told for what passes no proxy leads to its host, and never to a virtual IP.',
  reason:
    'What is asked for under it is mostly UDP, which a proxy drops, and TLS for a certificate that the host alone has.',
  evidence:
    'RFC 8656, section 3 (relayed packets go between the client and the address that it allocated at); the flows table leads there directly.',
  wayOut: 'Take the name from the virtual IP; its service gives it to the host by itself.',
  check: (topology) =>
    toldNames(topology).flatMap((told): readonly Violation[] => {
      if (!('host' in told.leads)) return []
      const host = topology.host(told.leads.host)
      if (leadsTo(told, host.address)) return []
      return [
        {
          message: `Clients are told ${told.name} (${told.purpose}), which ${described(told)}; it has to lead to the host ${host.name}, ${host.address}.`,
          subject: told.name,
          at: placeOfFirst(topology.deployment.input, told.saidBy, told.name),
        },
      ]
    }),
})

export const oneAddressPerName = defineRule({
  code: 'NAME-003',
  severity: 'error',
  demand:
    'A name leads to one address, and no service gives away the own name of another host or virtual IP.',
  reason:
    'Hosts files and the zone have one line for it: which of two services answers under it would hang on the order in which they are listed.',
  evidence:
    'hosts(5): of several lines for a name the first one counts; roles-src/base/service.ts writes the own names of all hosts and virtual IPs there.',
  wayOut: 'Give one of the two another name.',
  check: (topology) => {
    // Of names that clients are told, other rules know which end is the right one.
    const told = new Set(topology.services.flatMap(({ advertised }) => advertised.map(({ name }) => name)))
    const own = new Map<string, { of: string; address: string }[]>()
    for (const { name, ...target } of ownNames(topology)) {
      const list = own.get(name) ?? []
      own.set(name, list)
      list.push(target)
    }
    const { input } = topology.deployment
    return [
      ...[...targetsByName(topology)].flatMap(([name, targets]): readonly Violation[] => {
        const others = (own.get(name) ?? []).filter(
          ({ address }) => !targets.some((target) => target.address === address),
        )
        const all = [...(told.has(name) && others.length === 0 ? targets.slice(0, 1) : targets), ...others]
        if (all.length < 2) return []
        const message = `The name ${name} would lead to ${all.map(({ of }) => of).join(' and to ')}.`
        const services = targets.map(({ service }) => service)
        return [{ message, subject: name, at: placeOfFirst(input, services, name) }]
      }),
      // A virtual IP and a host whose name ends like those of virtual IPs.
      ...[...own].flatMap(([name, [one, other]]): readonly Violation[] =>
        one && other && one.address !== other.address
          ? [
              {
                message: `The name ${name} would lead to ${one.of} and to ${other.of}.`,
                subject: name,
                at: Object.hasOwn(input.vips, other.of) ? ['vips', other.of] : ['hosts', other.of],
              },
            ]
          : [],
      ),
    ]
  },
})

export const vipsAreNamedApart = definePlanRule({
  code: 'NAME-004',
  severity: 'error',
  demand: 'No virtual IP has the name of a host.',
  reason:
    'Services give names and ports to hosts and to virtual IPs by their names: what is meant for one would be given to both.',
  evidence:
    'The hosts file puts a further name on every line whose owner has that name; roles-src/base/service.ts.',
  wayOut: 'Name the virtual IP after the tier that it leads to.',
  checkPlan: ({ hosts, vips }) =>
    Object.keys(vips)
      .filter((name) => Object.hasOwn(hosts, name))
      .map((name) => ({
        message: `${name} is the name of a host and of a virtual IP.`,
        subject: name,
        at: ['vips', name],
      })),
})

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const isLabel = (name: string): boolean => LABEL.test(name)
const isDomain = (name: string): boolean => name.length <= 253 && name.split('.').every(isLabel)

export const validNames = definePlanRule({
  code: 'NAME-005',
  severity: 'error',
  demand:
    'Names of hosts, virtual IPs and domains are of lower-case letters, digits and hyphens, at most 63 between two dots and 253 in all.',
  reason: 'They become host names, records and names in certificates, which programs compare byte by byte.',
  evidence:
    'RFC 1123, section 2.1; RFC 1035, section 2.3.4; RFC 5280, section 4.2.1.6 (names in certificates).',
  wayOut: 'Write it in lower case, with hyphens in place of everything else.',
  checkPlan: ({ hosts, vips, domain, hostDomain = 'internal' }: DeploymentInput) => {
    const wrong = (what: string, name: string, at: Place): Violation => ({
      message: `${what} "${name}" is no name that DNS and certificates know.`,
      subject: name,
      at,
    })
    const tooLong = (label: string) => `${label}.${hostDomain}`.length > 253
    return [
      ...Object.keys(hosts)
        .filter((name) => !isLabel(name) || tooLong(name))
        .map((name) => wrong('The host', name, ['hosts', name])),
      ...Object.keys(vips)
        .filter((name) => !isLabel(`${name}${VIP_SUFFIX}`) || tooLong(`${name}${VIP_SUFFIX}`))
        .map((name) => wrong('The virtual IP', name, ['vips', name])),
      ...(isDomain(domain) ? [] : [wrong('The domain', domain, ['domain'])]),
      ...(isDomain(hostDomain) ? [] : [wrong("The hosts' domain", hostDomain, ['hostDomain'])]),
    ]
  },
})

/** Names that Ansible, or this project, has given to something else. */
const RESERVED: Readonly<Record<string, string>> = {
  all: "Ansible's group of all hosts",
  ungrouped: "Ansible's group of hosts without another one",
  localhost: 'the machine itself, to Ansible and in every hosts file',
  outside: 'the group of the verifiers',
  client: 'the verifier among the clients, and in a rehearsal the client outside',
  admin: 'the verifier among the administrators, and in a rehearsal the administrator outside',
}

export const reservedNames = definePlanRule({
  code: 'NAME-007',
  severity: 'error',
  demand:
    'No host has a name that Ansible or the project keeps for something else, and no deployment is called roles.',
  reason:
    'To Ansible a name is a host or a group: a play for all would be for one host, or for none. The files of a deployment called roles would be written among the roles that all deployments share.',
  evidence:
    "Ansible's documentation, How to build your inventory, on default groups, and Implicit localhost; src/emit/project.ts writes generated/roles and a folder for each deployment.",
  wayOut: 'Give it another name.',
  checkPlan: ({ name: deployment, hosts, verifiers = {} }) => [
    ...Object.keys(hosts).flatMap((name): readonly Violation[] => {
      const meant = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
      // Where there is such a verifier, that is a finding of its own.
      const declared = (name === 'client' || name === 'admin') && verifiers[name] !== undefined
      return meant === undefined || declared
        ? []
        : [{ message: `A host is called ${name}, which is ${meant}.`, subject: name, at: ['hosts', name] }]
    }),
    ...(deployment === 'roles'
      ? [
          {
            message:
              'The deployment is called roles, which is the folder of the roles that all of them share.',
            subject: deployment,
            at: ['name'],
          },
        ]
      : []),
  ],
})

export const validFurtherNames = defineRule({
  code: 'NAME-006',
  severity: 'error',
  demand: 'Names that services give to hosts and virtual IPs are ones that DNS and certificates know.',
  reason:
    'They stand in the zone and in certificates as they are written; a name server refuses a whole zone for one of them.',
  evidence: 'RFC 1123, section 2.1; nsd-checkzone refuses a zone with an invalid name in it.',
  wayOut: 'Write it in full, without a dot at its end, of lower-case letters, digits, hyphens and dots.',
  check: ({ services, deployment }) =>
    services.flatMap((service) =>
      service.names
        .flatMap(({ names }) => names)
        .filter((name) => !isDomain(name))
        .map((name) => ({
          message: `The name "${name}", which ${service.name} gives, is none that DNS and certificates know.`,
          subject: name,
          at: placeOfFirst(deployment.input, [service.name], name),
        })),
    ),
})
