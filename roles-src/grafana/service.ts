import { z } from 'zod'
import { DeploymentError, defineService, hostName, type OptionsOf, roleValues, secretRef } from '#topology'
import { DATA_SOURCE } from '../monitoring/dashboards/board.ts'
import { boardsOf } from '../monitoring/dashboards/index.ts'
import { CA } from '../monitoring/targets.ts'
import role from './role.ts'

const PORT = 3000
/** The account with which Grafana asks Prometheus. */
const ACCOUNT = { name: 'grafana', password: secretRef('prometheus_grafana_password') }

const options = z.object({
  host: hostName().describe(
    'Host that shows the dashboards: that of Prometheus, whose certificate it shares.',
  ),
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'Whether this deployment has Grafana; it needs an archive or a package, since Debian has none.',
    ),
  archive: z
    .object({ url: z.string(), key: z.string() })
    .optional()
    .describe("Archive for apt and the key that signs it; Grafana's own unless told."),
  package: z
    .object({ file: z.string().describe("File name under the deployment's artifacts."), sha256: z.string() })
    .optional()
    .describe('A package instead of an archive.'),
})

const service = defineService({
  name: 'grafana',
  summary: 'Dashboards of what Prometheus keeps.',
  options,

  declare: ({ host, enabled }) => ({
    hosts: enabled ? [host] : [],
    endpoints: [
      {
        name: 'web',
        port: PORT,
        protocol: 'tcp',
        purpose: 'dashboards',
        metrics: { scheme: 'https' },
        probe: 'tls',
      },
    ],
    needs: [
      {
        from: [],
        outside: ['admins'],
        to: { service: 'grafana', endpoint: 'web' },
        purpose: 'people who look after the deployment',
      },
      { from: [host], to: { service: 'prometheus', endpoint: 'web' }, purpose: 'queries of dashboards' },
    ],
    accounts: [{ of: 'prometheus', ...ACCOUNT, from: [host], rights: ['queries'] }],
    units: ['grafana-server'],
  }),

  variables: (options, topology) => {
    const prometheus = topology.service('prometheus')
    const [server] = prometheus?.hosts ?? []
    const port = prometheus?.endpoints.find(({ name }) => name === 'web')?.port
    if (server?.name !== options.host || port === undefined)
      throw new DeploymentError(
        ['services', 'grafana', 'host'],
        'Grafana needs the service "prometheus" on its own host.',
      )
    const { packages } = topology.deployment.input
    return [
      roleValues(role, [options.host], (host) => ({
        ...(options.archive ? { archive: options.archive.url, archive_key: options.archive.key } : {}),
        ...(options.package
          ? {
              source: 'package' as const,
              package_url: `${packages?.artifacts ?? ''}/${options.package.file}`,
              package_sha256: options.package.sha256,
            }
          : {}),
        admin_password: secretRef('grafana_admin_password'),
        secret_key: secretRef('grafana_secret_key'),
        listen_address: host.address,
        port: PORT,
        domain: host.fqdn,
        tls_certificate_file: '/etc/tls/monitoring/monitoring.crt',
        tls_key_file: '/etc/tls/monitoring/monitoring.key',
        tls_group: 'tls-monitoring',
        tls_ca_file: CA,
        datasource_uid: DATA_SOURCE,
        datasource_url: `https://${server.address}:${port}`,
        datasource_ca_file: CA,
        datasource_username: ACCOUNT.name,
        datasource_password: ACCOUNT.password,
        dashboards: boardsOf(topology).map(
          // Prometheus' service writes them: they can be looked at, and asked of Prometheus, where there is no Grafana.
          ({ name }) => `prometheus/dashboards/${name}.json`,
        ),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    grafana: OptionsOf<typeof service, Host, Vip>
  }
}
