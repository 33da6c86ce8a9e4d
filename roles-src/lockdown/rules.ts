import { defineServiceRule, lies, type Topology, type Violation } from '#topology'
import { insideOf } from '../firewall/inside.ts'
import type { Options } from './service.ts'

export const namesAnswered = defineServiceRule<Options>({
  code: 'DNS-002',
  severity: 'warning',
  demand: 'Somebody inside answers for the names under which clients find web sites.',
  reason:
    "Servers have their hosts files; people's devices have DNS alone. Once the internet is cut, a zone that lies with a provider there is gone, and with it every name.",
  evidence:
    'The zone file of a deployment is made by the service names. Nothing else of it answers for a name.',
  wayOut: 'Declare services.names on two hosts; else waive this, and say who answers.',
  check: (_options, topology) =>
    topology.service('names') || topology.services.every(({ sites }) => sites.length === 0)
      ? []
      : [
          {
            message: `No host answers for the names of ${topology.deployment.input.domain}.`,
            subject: 'names',
            at: ['services', 'names'],
          },
        ],
})

const DNS_PORT = 53

/** Hosts that the firewall of a resolver in the deployment does not let ask; none where it is somebody else's. */
function keptFromAsking(resolver: string, { hosts, vips, flows }: Topology): readonly string[] {
  if (![...hosts, ...vips].some(({ address }) => address === resolver)) return []
  const open = flows.filter(
    ({ to, protocol, port, lastPort }) =>
      to.includes(resolver) && protocol === 'udp' && port <= DNS_PORT && DNS_PORT <= lastPort,
  )
  return hosts
    .filter(
      ({ address }) =>
        address !== resolver && !open.some(({ from }) => from.some((source) => lies(address, source))),
    )
    .map(({ name }) => name)
}

export const resolversInside = defineServiceRule<Options>({
  code: 'DNS-003',
  severity: 'error',
  demand:
    'Resolvers that hosts ask after the cut are where they may connect to; one of the deployment lets all of them ask.',
  reason:
    'The firewall closes every way but those to the own networks, and a host takes what the flows table has for it alone: each name would be waited for until the time of an answer is up, at every login and every start of a service.',
  evidence:
    'roles-src/firewall/inside.ts lists what stays open: the networks of the deployment, its clients, its administrators, firewall.egressNetworks. The service names answers for its own zone, for clients, administrators and the controller.',
  wayOut:
    'Name resolvers of the own network, or their network in firewall.egressNetworks; leave out name servers of the deployment, whose names hosts have in their hosts files.',
  check: ({ resolvers }, topology) => {
    const open = insideOf(topology, topology.deployment.input.services.firewall?.egressNetworks ?? [])
    return resolvers.flatMap((resolver, index): readonly Violation[] => {
      const at = ['services', 'lockdown', 'resolvers', index]
      if (!open.some((network) => lies(resolver, network))) {
        const message = `Hosts would ask the resolver ${resolver}, to which they cannot connect after the cut.`
        return [{ message, subject: resolver, at }]
      }
      const [first, ...others] = keptFromAsking(resolver, topology)
      if (first === undefined) return []
      const who = others.length > 0 ? `${first} and ${others.length} more` : first
      const message = `${who} would ask the resolver ${resolver}, whose own firewall does not let them in at port ${DNS_PORT}.`
      return [{ message, subject: resolver, at }]
    })
  },
})
