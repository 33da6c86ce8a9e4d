import { defineServiceRule, lies, type Violation } from '#topology'
import type { Options } from './service.ts'

export const copiesGrow = defineServiceRule<Options>({
  code: 'DNS-001',
  severity: 'error',
  demand: 'A zone that other servers copy has a serial number that somebody counts up.',
  reason:
    'They copy a zone when its number has grown. One that follows from the records changes with them and is as often smaller: they would answer with the old addresses until their copy expires.',
  evidence: 'RFC 1034, section 4.3.5; RFC 1982 (serial number arithmetic).',
  wayOut: 'State serial, and count it up with each change; else leave transferTo out.',
  check: ({ transferTo, serial }) =>
    transferTo.length === 0 || serial !== undefined
      ? []
      : [
          {
            message: `${transferTo.join(' and ')} may copy the zone, and nobody counts its versions.`,
            subject: 'names',
            at: ['services', 'names', 'transferTo'],
          },
        ],
})

export const copiersReach = defineServiceRule<Options>({
  code: 'DNS-004',
  severity: 'error',
  demand: 'Servers that may copy the zone are let in at port 53.',
  reason:
    'A server that copies asks for the serial number and fetches the zone from here: where the firewall drops what it sends, it answers with what it has until that expires, and then with nothing.',
  evidence:
    'RFC 5936, section 4 (a transfer goes over TCP, opened by whoever copies). The flows table opens port 53 to clients, administrators, the controller and hosts of the deployment that transferTo names.',
  wayOut:
    'Name an address in the networks of clients or administrators, the controller or a host of the deployment; else add the network to clients.',
  check: ({ transferTo }, { deployment, hosts }) => {
    const { clients, admins, controller } = deployment.input
    const open = [...clients, ...admins, controller]
    return transferTo.flatMap((copier, index): readonly Violation[] =>
      open.some((network) => lies(copier, network)) || hosts.some(({ address }) => lies(address, copier))
        ? []
        : [
            {
              message: `${copier} may copy the zone, and the firewall lets it in at no port.`,
              subject: copier,
              at: ['services', 'names', 'transferTo', index],
            },
          ],
    )
  },
})
