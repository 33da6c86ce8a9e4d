import { defineServiceRule, isPrivate, lies, type Place, type Violation } from '#topology'
import { insideOf } from './inside.ts'
import type { Options } from './options.ts'

export const egressStaysClosed = defineServiceRule<Options>({
  code: 'OPS-007',
  severity: 'warning',
  demand: 'A deployment leaves the way out of its hosts to lockdown.yml, or keeps it closed.',
  reason:
    "After lockdown.yml hosts have no internet and need none; a deployment that says 'open' gives it back to all of them with its next run.",
  evidence:
    'site.yml writes the filter of every host as the deployment says, and keeps what the playbooks did only where it says `kept`.',
  wayOut: "Leave out services.firewall.egress, which is 'kept', or say 'closed'.",
  check: ({ egress }) =>
    egress === 'open'
      ? [
          {
            message: 'Every run of site.yml opens the way out of all hosts again.',
            subject: 'firewall',
            at: ['services', 'firewall', 'egress'],
          },
        ]
      : [],
})

export const closedMeansNoInternet = defineServiceRule<Options>({
  code: 'OPS-008',
  severity: 'error',
  demand: 'Networks to which hosts may connect while the way out is closed are private ones.',
  reason:
    'Whatever runs on a host then reaches addresses on the internet, by which data leave, although the way out is said to be closed.',
  evidence:
    "The firewall's filter accepts new connections to the networks of clients, of administrators and to `egressNetworks`.",
  wayOut:
    'Name the private networks behind which they are, such as those of a VPN or of a reverse proxy for people outside.',
  check: ({ egressNetworks }, { deployment }) => {
    const { clients, admins, controller } = deployment.input
    const opened: readonly (readonly [place: Place, networks: readonly string[]])[] = [
      [['clients'], clients],
      [['admins'], admins],
      [['services', 'firewall', 'egressNetworks'], egressNetworks],
    ]
    const open = (network: string, at: Place): readonly Violation[] =>
      isPrivate(network)
        ? []
        : [
            {
              message: `Hosts may always connect to ${network}, which has public addresses.`,
              subject: network,
              at,
            },
          ]
    return [
      ...opened.flatMap(([place, networks]) =>
        networks.flatMap((network, index) => open(network, [...place, index])),
      ),
      ...open(controller, ['controller']),
    ]
  },
})

/** The address in a URL; undefined where it has a name, of which nobody knows here where it leads. */
const addressIn = (url: string): string | undefined =>
  /^https?:\/\/(?:[^@/]*@)?(\d+\.\d+\.\d+\.\d+)(?=[:/]|$)/.exec(url)?.[1]

export const packagesReached = defineServiceRule<Options>({
  code: 'OPS-010',
  severity: 'error',
  demand: 'Servers of packages that a deployment names by their address are where hosts may connect to.',
  reason:
    'Where the way out is closed, firewalls drop what goes elsewhere: no host could be installed, updated or repaired, and the first task that wants a package waits and fails.',
  evidence:
    'roles-src/firewall/inside.ts lists what stays open: the networks of the deployment, its clients, its administrators, its controller, firewall.egressNetworks.',
  wayOut: 'Name their network in egressNetworks of the service firewall, or a server inside.',
  check: ({ egress, egressNetworks }, topology) => {
    const open = insideOf(topology, egressNetworks)
    return Object.entries(topology.deployment.input.packages ?? {}).flatMap(
      ([source, url]: readonly [string, string | undefined]): readonly Violation[] => {
        const address = addressIn(url ?? '')
        if (address === undefined || open.some((network) => lies(address, network))) return []
        // Until lockdown.yml a server on the internet is reached; one of the own organisation is meant to be there afterwards.
        if (egress === 'open' || (egress === 'kept' && !isPrivate(address))) return []
        return [
          {
            message: `packages.${source} is at ${address}, to which hosts cannot connect ${egress === 'closed' ? 'while egress is closed' : 'after the cut'}.`,
            subject: source,
            at: ['packages', source],
          },
        ]
      },
    )
  },
})
