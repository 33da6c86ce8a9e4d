import { defineService, type OptionsOf, roleValues } from '#topology'
import { rulesOf } from './filter.ts'
import { insideOf } from './inside.ts'
import { options } from './options.ts'
import role from './role.ts'
import { closedMeansNoInternet, egressStaysClosed, packagesReached } from './rules.ts'

/** Connections that the kernel can keep in mind; 10,000 users with calls and polls need some 100,000. */
const TRACKED_CONNECTIONS = 1_048_576

const service = defineService({
  name: 'firewall',
  summary: 'nftables on every host, from the flows table.',
  options,
  rules: [egressStaysClosed, closedMeansNoInternet, packagesReached],

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
