import { openedBy } from '../topology/flows.ts'
import { defineRule, type Violation } from '../topology/rule.ts'
import { dependentsOf } from './dependents.ts'
import { listed, placeIn } from './places.ts'

export const enoughMembers = defineRule({
  code: 'HA-005',
  severity: 'error',
  demand:
    'A service that is to outlive the loss of a host has as many as that takes, and an odd number where most of them have to agree.',
  reason:
    'With fewer, the loss of one host stops it or leaves nobody to take over; an even number is one more host to lose and no more that may be lost.',
  evidence:
    'Measured: a cluster of three members of etcd went on without a gap when its leader was killed, and stood still when two were gone. etcd, FAQ: why an odd number of cluster members.',
  wayOut: 'Name further hosts; three outlive the loss of one, five of two.',
  check: ({ services, deployment }) =>
    services.flatMap(({ name, hosts, redundancy }): readonly Violation[] => {
      if (!redundancy) return []
      const { atLeast, majority, because } = redundancy
      const count = new Set(hosts.map((host) => host.name)).size
      const even = majority && count % 2 === 0
      if (count >= atLeast && !even) return []
      const wanted = count < atLeast ? `${atLeast} at least` : 'an odd number'
      return [
        {
          message: `${name} has ${count} ${count === 1 ? 'host' : 'hosts'} and needs ${wanted}. ${because}`,
          subject: name,
          at: placeIn(deployment.input, name, hosts[0]?.name ?? '').slice(0, 3),
        },
      ]
    }),
})

export const singlePoints = defineRule({
  code: 'HA-006',
  severity: 'warning',
  demand: 'A service on which others or people depend does not hang on one host.',
  reason:
    'When that host is lost the service is away until somebody brings it back; whoever runs it must have decided so, and know how.',
  evidence:
    "Measured: a lost host of the edge was made up for in 2.8 s, one of the database in 19 to 27 s; nothing makes up for a service's only host.",
  wayOut:
    'Where the service takes several hosts, name a second one; else waive this with what is lost meanwhile, and how it comes back.',
  check: (topology) => {
    const dependents = dependentsOf(topology)
    return topology.services.flatMap((service): readonly Violation[] => {
      const single = service.endpoints.flatMap((endpoint) => {
        // A standby that people switch to takes over from nobody by itself.
        const hosts = openedBy(service, endpoint).filter(({ name }) => !service.standbys.includes(name))
        const [host] = hosts
        return host && hosts.length === 1 ? [{ host: host.name, asked: dependents(service, endpoint) }] : []
      })
      const [first] = single
      const who = new Set(
        single.flatMap(({ host, asked }) => asked.filter(({ from }) => from !== host).map(({ who }) => who)),
      )
      if (!first || who.size === 0) return []
      return [
        {
          message: `${service.name} runs on ${first.host} alone; it is needed by ${listed([...who])}.`,
          subject: service.name,
          at: placeIn(topology.deployment.input, service.name, first.host).slice(0, 3),
        },
      ]
    })
  },
})
