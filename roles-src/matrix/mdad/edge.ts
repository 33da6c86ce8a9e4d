import type { DocumentEntry } from '#topology'
import { METRICS, metricsUsers } from '../monitoring.ts'
import { matrixName, ports, type Surroundings } from '../surroundings.ts'
import { group } from './variables.ts'

/** Beyond the priority of every router of MDAD's, which is the length of its rule. */
const FIRST = 100_000
const ADMIN_API = '/_synapse/admin'
/** The edge writes one X-Forwarded-For: the last hop that it names is the client. */
const BY_CLIENT = 'ipallowlist.ipstrategy.depth=1'

/** Lines of labels, as a container's label file has them. */
const labels = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** How the edge reaches Matrix, and what it must not. */
export function edgeEntries({ host, domain, proxies, admins }: Surroundings): readonly DocumentEntry[] {
  const matrix = matrixName(domain)
  const trusted = { trustedIPs: [...proxies] }
  const allowed = admins.join(',')
  const router = 'traefik.http.routers.synapse-admin-api-restricted'
  const middleware = 'traefik.http.middlewares.synapse-admin-api-ipallowlist'
  return [
    ...group('The edge ends TLS: Traefik has no certificates, and public URLs are HTTPS all the same.', {
      matrix_playbook_reverse_proxy_type: 'playbook-managed-traefik',
      matrix_playbook_ssl_enabled: true,
      traefik_config_entrypoint_web_secure_enabled: false,
    }),
    ...group('Addresses of clients are believed from the hosts of the edge, which connect as themselves.', {
      traefik_container_web_host_bind_port: `${host.address}:${ports.web}`,
      // MDAD's variable for these alone has capitals in its name, which ansible-lint's production profile refuses.
      traefik_configuration_extension_yaml: [
        'entryPoints:',
        '  web:',
        '    forwardedHeaders:',
        '      trustedIPs:',
        ...proxies.map((proxy) => `        - ${proxy}`),
        '',
      ].join('\n'),
    }),
    ...group('This entrypoint serves the check of OpenID tokens alone, without which no call begins.', {
      matrix_playbook_public_matrix_federation_api_traefik_entrypoint_host_bind_port: `${host.address}:${ports.federation}`,
      matrix_playbook_public_matrix_federation_api_traefik_entrypoint_config_http3_enabled: false,
      matrix_playbook_public_matrix_federation_api_traefik_entrypoint_config_custom: {
        forwardedHeaders: trusted,
      },
      matrix_synapse_federation_port_openid_resource_required: true,
    }),
    ...group("Federation is off: MDAD's switch closes the way in, the empty whitelist the way out.", {
      matrix_homeserver_federation_enabled: false,
      matrix_synapse_federation_domain_whitelist: [],
      matrix_synapse_allow_public_rooms_over_federation: false,
      matrix_synapse_trusted_key_servers: [],
    }),
    ...group('Ketesa, once Synapse Admin; the networks are those of clients, not of the proxy before it.', {
      matrix_ketesa_enabled: true,
      matrix_ketesa_path_prefix: '/synapse-admin',
      matrix_ketesa_container_labels_traefik_ipallowlist_sourcerange: [...admins],
      matrix_ketesa_container_labels_additional_labels: labels(
        `traefik.http.middlewares.matrix-ketesa-ipallowlist.${BY_CLIENT}`,
      ),
    }),
    ...group("Ketesa opens Synapse's administration to everybody: a router before all others closes it.", {
      matrix_synapse_reverse_proxy_companion_container_labels_additional_labels: labels(
        `${middleware}.ipallowlist.sourcerange=${allowed}`,
        `${middleware}.${BY_CLIENT}`,
        `${router}.rule=Host(\`${matrix}\`) && PathPrefix(\`${ADMIN_API}\`)`,
        `${router}.priority=${FIRST}`,
        `${router}.middlewares=synapse-admin-api-ipallowlist`,
        `${router}.service=matrix-synapse-reverse-proxy-companion-client-api`,
        `${router}.entrypoints=web`,
        `${router}.tls=false`,
      ),
    }),
    ...group('Metrics of every process, with a password; the edge lets nobody but monitoring come here.', {
      matrix_metrics_exposure_enabled: true,
      matrix_metrics_exposure_hostname: domain,
      matrix_metrics_exposure_path_prefix: METRICS,
      matrix_metrics_exposure_http_basic_auth_enabled: true,
      matrix_metrics_exposure_http_basic_auth_users: metricsUsers,
    }),
  ]
}
