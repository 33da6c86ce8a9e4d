import { z } from 'zod'
import { defineService, hostName, type OptionsOf, roleValues } from '#topology'
import { ports } from './ports.ts'
import role from './role.ts'
import { rules } from './rules.ts'

const options = z.object({
  hosts: z.array(hostName()).min(1).describe('Members, an odd number: three survive the loss of one.'),
})
export type EtcdOptions = z.output<typeof options>

const service = defineService({
  name: 'etcd',
  summary: 'The store in which the database members agree on who is the writer.',
  options,

  declare: ({ hosts }) => ({
    hosts,
    endpoints: [
      { name: 'client', port: ports.client, protocol: 'tcp', purpose: 'requests of clients' },
      { name: 'peer', port: ports.peer, protocol: 'tcp', purpose: 'consensus of the members' },
      { name: 'metrics', port: ports.metrics, protocol: 'tcp', purpose: 'metrics and health', metrics: {} },
    ],
    needs: [{ from: hosts, to: { service: 'etcd', endpoint: 'peer' }, purpose: 'consensus of the members' }],
    certificates: [{ name: 'etcd', hosts, reload: [] }],
    redundancy: {
      atLeast: 3,
      majority: true,
      because: 'Most members have to agree: of three two still can when one is lost, of two none can.',
    },
    // Healthy means that the member agreed on something with most of the others.
    health: [{ endpoint: 'metrics', path: '/health', tls: false, answer: '"health": *"true"' }],
    packages: [{ name: 'etcd-server' }, { name: 'etcd-client' }],
    units: ['etcd'],
    interruptions: [{ unit: 'etcd', restart: 'nothing while the other members are a majority' }],
  }),

  rules,

  variables: ({ hosts }, topology) => {
    const members = hosts.map((name) => ({ name, address: topology.host(name).address }))
    return [
      roleValues(role, hosts, ({ name, address }) => ({
        name,
        address,
        members,
        cluster_token: `${topology.deployment.input.name}-etcd`,
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    etcd: OptionsOf<typeof service, Host, Vip>
  }
}
