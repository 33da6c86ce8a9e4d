import { defineService, type OptionsOf } from '#topology'
import { hostValues } from './host.ts'
import { inventoryOf } from './mdad/inventory.ts'
import { metricsProbes, pageProbes } from './monitoring.ts'
import { options } from './options.ts'
import { rules } from './rules.ts'
import { sitesOf } from './sites.ts'
import { matrixSizes } from './sizes.ts'
import { CERTIFICATE, ports } from './surroundings.ts'

const service = defineService({
  name: 'matrix',
  summary: 'The Matrix homeserver with its web pages, behind its own reverse proxy.',
  options,
  rules,

  declare: (options, { deployment }) => {
    const { domain } = deployment.input
    return {
      hosts: [options.host],
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
      sites: sitesOf(domain),
      // Programs in containers find the deployment's CA beside it.
      certificates: [{ name: CERTIFICATE, hosts: [options.host], reload: [] }],
      // Tables of connections for all users, and Valkey, which writes in a copy of itself.
      kernel: [
        {
          hosts: [options.host],
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
