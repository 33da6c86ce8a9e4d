import { defineService, type OptionsOf } from '#topology'
import { keysCopied } from '../config_backup/rules.ts'
import { poolNeed } from '../pgbouncer/pools.ts'
import { matrixCapacity, matrixScaleUps } from './capacity.ts'
import { hostValues } from './host.ts'
import { inventoryOf } from './mdad/inventory.ts'
import { cachesWithinMemory } from './memory-rules.ts'
import { LISTENER, metricsProbes, pageProbes } from './monitoring.ts'
import { hostsOf, options } from './options.ts'
import { rules } from './rules.ts'
import { sitesOf } from './sites.ts'
import { databaseConnections, matrixSizes } from './sizes.ts'
import { reachesTheSame, standbyElsewhere } from './standby.ts'
import { CERTIFICATE, matrixName, ports } from './surroundings.ts'

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
      needs: [
        poolNeed([options.host], databaseConnections(options)),
        // One of the two has connections at a time.
        ...(options.standby === undefined ? [] : [poolNeed([options.standby])]),
      ],
      advertised: [domain, matrixName(domain)].map((name) => ({
        name,
        leads: { listener: LISTENER },
        purpose: 'Matrix and its web pages',
      })),
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
      irreplaceable: [
        {
          host: options.host,
          path: `/matrix/synapse/config/matrix.${domain}.signing.key`,
          what: "Synapse's signing key",
        },
      ],
      packages: [{ name: 'docker.io' }],
      units: ['docker'],
      probes: [...pageProbes(domain), ...metricsProbes(domain, options)],
    }
  },

  rules: [...rules, cachesWithinMemory, keysCopied, reachesTheSame, standbyElsewhere],

  sizes: (options, host) => matrixSizes(options, host),

  capacity: matrixCapacity,
  scaleUps: matrixScaleUps,

  variables: hostValues,

  documents: inventoryOf,
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    matrix: OptionsOf<typeof service, Host, Vip>
  }
}
