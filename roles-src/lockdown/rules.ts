import { defineServiceRule, lies, type Violation } from '#topology'
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

export const resolversInside = defineServiceRule<Options>({
  code: 'DNS-003',
  severity: 'error',
  demand: 'Resolvers that hosts ask after the cut are where they may connect to.',
  reason:
    'The firewall closes every way but those to the own networks: each name would be waited for until the time of an answer is up, at every login and every start of a service.',
  evidence:
    'roles-src/firewall/inside.ts lists what stays open: the networks of the deployment, its clients, its administrators, firewall.egressNetworks.',
  wayOut: 'Name resolvers of the own network, or their network in firewall.egressNetworks.',
  check: ({ resolvers }, topology) => {
    const open = insideOf(topology, topology.deployment.input.services.firewall?.egressNetworks ?? [])
    return resolvers.flatMap((resolver, index): readonly Violation[] =>
      open.some((network) => lies(resolver, network))
        ? []
        : [
            {
              message: `Hosts would ask the resolver ${resolver}, to which they cannot connect after the cut.`,
              subject: resolver,
              at: ['services', 'lockdown', 'resolvers', index],
            },
          ],
    )
  },
})
