import { definePlanRule, defineRule, type Violation } from '../topology/rule.ts'
import type { PlacedService } from '../topology/topology.ts'
import { listed } from './places.ts'

export const domainsOutlived = defineRule({
  code: 'HA-007',
  severity: 'warning',
  demand: 'The loss of one failure domain takes no more hosts of a service than it may lose at once.',
  reason:
    'What fails together is lost together: three members of etcd outlive the loss of a host, and not that of the rack in which two of them stand.',
  evidence:
    'Measured: a cluster of three members of etcd went on without a gap when one was lost, and stood still when two were gone.',
  wayOut: 'Place the hosts in more failure domains; most of three need three of them.',
  check: ({ deployment, services }) =>
    Object.entries(deployment.input.failureDomains ?? {}).flatMap(([domain, members]) =>
      services.flatMap((service): readonly Violation[] => {
        const { name, hosts, endpoints } = service
        const lost = hosts.filter((host) => members.includes(host.name))
        const may = mayLose(service)
        // One host alone is HA-006's; nobody waits for what opens no port.
        if (hosts.length < 2 || endpoints.length === 0 || lost.length <= may) return []
        return [
          {
            message: `The failure domain ${domain} takes ${lost.length} of the ${hosts.length} hosts of ${name} with it, which may lose ${may}: ${listed(lost.map((host) => host.name))}.`,
            subject: name,
            at: ['failureDomains', domain],
          },
        ]
      }),
    ),
})

function mayLose({ hosts, redundancy }: PlacedService): number {
  const { majority = false, mayLose } = redundancy ?? {}
  return mayLose ?? (majority ? Math.floor((hosts.length - 1) / 2) : hosts.length - 1)
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
