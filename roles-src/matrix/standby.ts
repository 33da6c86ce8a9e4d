import { defineServiceRule, type Flow, type Violation } from '#topology'
import type { Options } from './options.ts'

export const reachesTheSame = defineServiceRule<Options>({
  code: 'MX-010',
  severity: 'error',
  demand: 'The standby of Matrix may open every connection that the host of Matrix may open.',
  reason:
    'After a switch-over Synapse runs there and connects to the database, the bucket and the rest as before; what the firewalls or the pooler do not know of the standby fails in the hour in which nobody has time for it.',
  evidence:
    "Synapse ends when it cannot reach its database at its start (synapse/storage/prepare_database.py); the firewalls' rules are made of the flows table alone.",
  wayOut:
    'Name the standby among the clients of the service that is meant, such as services.storage.clients; the way to the pooler is there by itself.',
  check: ({ host, standby }, topology): readonly Violation[] => {
    if (standby === undefined) return []
    const [active, waiting] = [topology.host(host).address, topology.host(standby).address]
    const way = ({ to, port, lastPort, protocol, via }: Flow) =>
      JSON.stringify([to, port, lastPort, protocol, via])
    const open = new Set(topology.flows.filter(({ from }) => from.includes(waiting)).map(way))
    const missing = topology.flows.filter(
      (flow) => flow.from.includes(active) && !flow.to.includes(waiting) && !open.has(way(flow)),
    )
    const services = [...new Set(missing.map(({ service }) => service))]
    const given: Readonly<Record<string, unknown>> = { ...topology.deployment.input.services }
    return services.map((service) => {
      const targets = missing.filter((flow) => flow.service === service)
      return {
        message: `${standby} may not reach ${named(targets)}, which ${host} may.`,
        subject: standby,
        at: namesClients(given[service])
          ? ['services', service, 'clients']
          : ['services', 'matrix', 'standby'],
      }
    })
  },
})

export const standbyElsewhere = defineServiceRule<Options>({
  code: 'MX-011',
  severity: 'error',
  demand: 'The standby of Matrix is another host than that of Matrix.',
  reason: 'What is lost with a host cannot be taken over by it.',
  evidence: 'Its inventory for MDAD is a second one: for one host the two would undo each other.',
  wayOut: 'Name another host, or leave standby out.',
  check: ({ host, standby }) =>
    standby === host
      ? [
          {
            message: `${host} is its own standby.`,
            subject: host,
            at: ['services', 'matrix', 'standby'],
          },
        ]
      : [],
})

/** Whether a service is told who its clients are. */
const namesClients = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'clients' in options

/** Where flows lead, by service and port. */
const named = (flows: readonly Flow[]): string =>
  [...new Set(flows.map(({ service, port }) => `${service} (port ${port})`))].join(', ')
