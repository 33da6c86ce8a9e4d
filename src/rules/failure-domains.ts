import { openedBy } from '../topology/flows.ts'
import { definePlanRule, defineRule, type Violation } from '../topology/rule.ts'
import type { PlacedService, Topology } from '../topology/topology.ts'
import { type Dependent, dependentsOf } from './dependents.ts'
import { listed } from './places.ts'

export const domainsOutlived = defineRule({
  code: 'HA-007',
  severity: 'warning',
  demand:
    'The loss of one failure domain takes no more hosts of a service on which others depend than it may lose at once.',
  reason:
    'What fails together is lost together: three members of etcd outlive the loss of a host, and not that of the rack in which two of them stand.',
  evidence:
    'Measured: a cluster of three members of etcd went on without a gap when one was lost, and stood still when two were gone.',
  wayOut: 'Spread the hosts over more failure domains.',
  check: (topology) => {
    const { failureDomains = {} } = topology.deployment.input
    const standing = standingOf(topology)
    return Object.entries(failureDomains).flatMap(([domain, members]) =>
      standing.flatMap(({ name, hosts, mayLose, asked }): readonly Violation[] => {
        const lost = hosts.filter((host) => members.includes(host))
        // Who is lost together with what they ask misses nothing.
        const missed = asked?.some(({ from }) => from === undefined || !members.includes(from)) ?? true
        if (lost.length <= mayLose || !missed) return []
        return [
          {
            message: `The failure domain ${domain} takes ${lost.length} of the ${hosts.length} hosts of ${name} with it, which may lose ${mayLose}: ${listed(lost)}.`,
            subject: name,
            at: ['failureDomains', domain],
            hint:
              mayLose === 0
                ? 'It can lose none of these hosts: give it more of them, or let it bear the loss of one first.'
                : `Let no failure domain hold more than ${mayLose} of these hosts: ${Math.ceil(hosts.length / mayLose)} domains are enough.`,
          },
        ]
      }),
    )
  },
})

/** Hosts that stand for each other, and how many of them may be lost. */
interface Standing {
  readonly name: string
  readonly hosts: readonly string[]
  readonly mayLose: number
  /** Who depends on them; undefined where the service itself demands hosts that remain. */
  readonly asked: readonly Dependent[] | undefined
}

/** Of each service its hosts in groups of which each bears losses by itself. One host alone is HA-006's. */
function standingOf(topology: Topology): readonly Standing[] {
  const dependents = dependentsOf(topology)
  return topology.services.flatMap((service): readonly Standing[] => {
    const { name, redundancy } = service
    const hosts = service.hosts.map((host) => host.name)
    const groups = redundancy
      ? (redundancy.groups ?? [hosts]).map((group) => ({
          name,
          hosts: group,
          mayLose: mayLose(group.length, redundancy),
          asked: undefined,
        }))
      : [...askedGroups(service, dependents)].map(({ group, asked }) => ({
          name,
          hosts: group,
          mayLose: group.length - 1,
          asked,
        }))
    return groups.filter((group) => group.hosts.length > 1)
  })
}

const mayLose = (hosts: number, { majority, mayLose }: NonNullable<PlacedService['redundancy']>): number =>
  mayLose ?? (majority ? Math.floor((hosts - 1) / 2) : hosts - 1)

/** People who look after hosts mean each of them by itself: no other one answers in its place. */
const administers = ({ who, from }: Dependent): boolean =>
  from === undefined && (who === 'admins' || who === 'controller')

/** The hosts that open an endpoint on which somebody depends; endpoints of the same hosts are one group. */
function askedGroups(service: PlacedService, dependents: ReturnType<typeof dependentsOf>) {
  const groups = new Map<string, { readonly group: readonly string[]; readonly asked: Dependent[] }>()
  for (const endpoint of service.endpoints) {
    const asked = dependents(service, endpoint).filter((dependent) => !administers(dependent))
    if (asked.length === 0) continue
    const group = openedBy(service, endpoint)
      .map(({ name }) => name)
      .filter((name) => !service.standbys.includes(name))
    const known = groups.get(group.join())
    if (known) known.asked.push(...asked)
    else groups.set(group.join(), { group, asked: [...asked] })
  }
  return groups.values()
}

export const holdersApart = definePlanRule({
  code: 'HA-008',
  severity: 'warning',
  demand: 'The holders of a virtual IP are not all in one failure domain.',
  reason:
    'The address is there to outlive the loss of a holder; who loses all of them at once has no address left.',
  evidence: 'RFC 9568, section 1: the address fails over to another router, which has to be there.',
  wayOut: 'Let a host of another failure domain hold it, too.',
  checkPlan: ({ vips, failureDomains = {} }) =>
    Object.entries(vips).flatMap(([vip, { hosts }]) =>
      Object.entries(failureDomains).flatMap(([domain, members]): readonly Violation[] =>
        hosts.length > 1 && hosts.every((holder) => members.includes(holder))
          ? [
              {
                message: `All holders of the virtual IP ${vip} are in the failure domain ${domain}: ${listed(hosts)}.`,
                subject: vip,
                at: ['failureDomains', domain],
              },
            ]
          : [],
      ),
    ),
})

export const domainsWhole = definePlanRule({
  code: 'HA-009',
  severity: 'warning',
  demand: 'Where failure domains are declared, every host is in one.',
  reason:
    'A host that is in none is taken for one that shares nothing; more often somebody added it and forgot to say where it stands.',
  evidence: 'Rules HA-007 and HA-008 judge the declared domains alone.',
  wayOut: 'Name it in the domain in which it stands; one that stands alone is a domain of one host.',
  checkPlan: ({ hosts, failureDomains }) => {
    if (!failureDomains) return []
    const placed = new Set(Object.values(failureDomains).flat())
    return Object.keys(hosts)
      .filter((name) => !placed.has(name))
      .map((name) => ({
        message: `${name} is in no failure domain.`,
        subject: name,
        at: ['hosts', name],
      }))
  },
})
