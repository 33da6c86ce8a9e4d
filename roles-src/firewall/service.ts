import { z } from 'zod'
import {
  defineService,
  hostName,
  isNetwork,
  type OptionsOf,
  roleValues,
  type Topology,
  withoutCovered,
} from '#topology'
import role from './role.ts'
import { rulesOf } from './rules.ts'

/** Connections that the kernel can keep in mind; 10,000 users with calls and polls need some 100,000. */
const TRACKED_CONNECTIONS = 1_048_576

const options = z.object({
  egress: z
    .enum(['open', 'closed', 'kept'])
    .default('kept')
    .describe(
      "`closed` lets hosts open connections only to the deployment's own networks, its clients and its administrators; `kept` leaves it as the playbooks lockdown.yml and reopen.yml did.",
    ),
  egressNetworks: z
    .array(
      z
        .string()
        .refine(isNetwork, { error: ({ input }) => `"${input}" is no IPv4 network, such as 192.0.2.0/24` }),
    )
    .default([])
    .describe('Further networks to which hosts may open connections while egress is closed.'),
  docker: z.array(hostName()).default([]).describe('Hosts that publish ports of containers with Docker.'),
})

/** Where hosts may go when the internet is cut. */
function insideOf({ deployment, networks }: Topology, further: readonly string[]): readonly string[] {
  const { clients, admins, controller } = deployment.input
  return withoutCovered([...networks.map(({ cidr }) => cidr), ...clients, ...admins, controller, ...further])
}

const service = defineService({
  name: 'firewall',
  summary: 'nftables on every host, from the flows table.',
  options,

  follow: (_options, topology) => {
    const hosts = topology.hosts.map(({ name }) => name)
    return {
      hosts,
      packages: [{ name: 'nftables' }],
      units: ['firewall'],
      kernel: [
        {
          hosts,
          modules: ['nf_conntrack'],
          parameters: [
            { name: 'net.netfilter.nf_conntrack_max', value: String(TRACKED_CONNECTIONS), scope: 'host' },
          ],
        },
      ],
    }
  },

  variables: (options, topology) => [
    roleValues(
      role,
      topology.hosts.map(({ name }) => name),
      (host) => ({
        rules: [...rulesOf(host, topology)],
        egress: options.egress,
        egress_networks: [...insideOf(topology, options.egressNetworks)],
        docker: options.docker.some((name) => name === host.name),
        interfaces: [host.interface],
        // A machine that carries a whole rehearsal may take its time to open a connection.
        ...(topology.deployment.input.rehearsal ? { rollback_after: 600 } : {}),
      }),
    ),
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    firewall: OptionsOf<typeof service, Host, Vip>
  }
}
