import { defineService, type OptionsOf } from '#topology'
import { hostValues } from './host.ts'
import { inventoryOf } from './mdad/inventory.ts'
import { metricsProbes, pageProbes } from './monitoring.ts'
import { hostsOf, options } from './options.ts'
import { sitesOf } from './sites.ts'
import { matrixSizes } from './sizes.ts'
import { reachesTheSame } from './standby.ts'
import { CERTIFICATE, ports } from './surroundings.ts'

const service = defineService({
  name: 'matrix',
  summary: 'The Matrix homeserver with its web pages, behind its own reverse proxy.',
  options,

  declare: (options, { deployment }) => {
    const { domain, expects } = deployment.input
    const hosts = hostsOf(options)
    return {
      hosts,
      standbys: options.standby === undefined ? [] : [options.standby],
      endpoints: [
        {
          name: 'web',
          port: ports.web,
          protocol: 'tcp',
          purpose: 'clients, web pages and metrics of Matrix',
        },
        {
          name: 'federation',
          port: ports.federation,
          protocol: 'tcp',
          purpose: 'the check of OpenID tokens',
        },
      ],
      sites: sitesOf(domain, expects?.users),
      // Programs in containers find the deployment's CA beside it.
      certificates: [{ name: CERTIFICATE, hosts, reload: [] }],
      // Tables of connections for all users, and Valkey, which writes in a copy of itself.
      kernel: [
        {
          hosts,
          modules: ['nf_conntrack'],
          parameters: [
            { name: 'net.netfilter.nf_conntrack_max', value: '1048576', scope: 'host' },
            { name: 'vm.overcommit_memory', value: '1', scope: 'host' },
          ],
        },
      ],
      packages: [{ name: 'docker.io' }],
      units: ['docker'],
      probes: [...pageProbes(domain), ...metricsProbes(domain, options)],
    }
  },

  rules: [reachesTheSame],

  sizes: (options, host) => matrixSizes(options, host),

  variables: hostValues,

  documents: inventoryOf,
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    matrix: OptionsOf<typeof service, Host, Vip>
  }
}
