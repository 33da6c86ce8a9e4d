import { defineServiceRule, isPrivate, type Place, type Violation } from '#topology'
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
