import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, type Topology } from '#topology'
import role from './role.ts'

/** Units that nothing of the deployment's own would miss, or that Ansible itself comes through. */
const LEFT_ALONE: readonly string[] = ['ssh']

const options = z.object({
  outside: z
    .array(z.object({ host: z.string(), port: z.int().min(1).max(65535) }))
    .default([
      { host: 'deb.debian.org', port: 443 },
      { host: '1.1.1.1', port: 443 },
      { host: '9.9.9.9', port: 53 },
    ])
    .describe('Places on the internet that must not be reachable.'),
  names: z
    .array(z.string())
    .default(['deb.debian.org', 'matrix.org'])
    .describe('Names on the internet that must not be resolved.'),
})

/** What runs on a host, in the order in which a deployment starts it. */
const unitsOf = (host: string, topology: Topology): string[] => [
  ...new Set(
    topology.services
      .filter(({ hosts }) => hosts.some(({ name }) => name === host))
      .flatMap(({ units }) => units)
      .filter((unit) => !LEFT_ALONE.includes(unit)),
  ),
]

/** TCP ports that the host's own services open on it, and that a client finds open whatever the host's part is. */
const portsOf = (host: string, topology: Topology) =>
  topology.services
    .filter(({ hosts, units }) => units.length > 0 && hosts.some(({ name }) => name === host))
    .flatMap(({ endpoints }) => endpoints)
    .filter(
      ({ protocol, lastPort, hosts }) => protocol === 'tcp' && !lastPort && (!hosts || hosts.includes(host)),
    )
    .map(({ port }) => ({ host: topology.host(host).address, port }))

const service = defineService({
  name: 'lockdown',
  summary: 'The proof that hosts cannot reach the internet and need it for nothing.',
  options,

  follow: (_options, topology) => ({ hosts: topology.hosts.map(({ name }) => name) }),

  variables: ({ outside, names }, topology) => {
    const { firewall } = topology.deployment.input.services
    return [
      roleValues(
        role,
        topology.hosts.map(({ name }) => name),
        ({ name }) => ({
          outside: [...outside],
          names: [...names],
          units: unitsOf(name, topology),
          ports: portsOf(name, topology),
          lasting: firewall?.egress === 'closed',
        }),
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    lockdown: OptionsOf<typeof service, Host, Vip>
  }
}
