import { z } from 'zod'
import { DeploymentError, type DocumentEntry, entries, type Given, secretName } from '#topology'

const flag = z.boolean()
const text = z.string()
const count = z.int().min(0)
const texts = z.array(text)
const addresses = z.object({ forwardedHeaders: z.object({ trustedIPs: texts }) })
const rate = z.object({ per_second: z.number(), burst_count: count })

/**
 * The variables of matrix-docker-ansible-deploy (MDAD) that a deployment sets, by name and type. `rolewright check --mdad`
 * compares the names with a checkout.
 */
export const mdadVariables = {
  matrix_playbook_migration_validated_version: text,
  matrix_domain: text,
  matrix_server_fqn_matrix: text,
  matrix_server_fqn_element: text,
  matrix_homeserver_implementation: z.literal('synapse'),
  matrix_homeserver_generic_secret_key: text,

  matrix_playbook_docker_installation_enabled: flag,
  devture_docker_sdk_for_python_installation_enabled: flag,
  devture_timesync_installation_enabled: flag,
  devture_systemd_docker_base_ipv6_enabled: flag,
  exim_relay_enabled: flag,
  prometheus_enabled: flag,
  prometheus_node_exporter_enabled: flag,
  prometheus_postgres_exporter_enabled: flag,
  grafana_enabled: flag,

  matrix_container_global_registry_prefix_override: text,
  matrix_synapse_container_image: text,
  matrix_synapse_container_image_customizations_s3_storage_provider_installation_enabled: flag,

  matrix_playbook_reverse_proxy_type: z.literal('playbook-managed-traefik'),
  matrix_playbook_ssl_enabled: flag,
  traefik_config_entrypoint_web_secure_enabled: flag,
  traefik_container_web_host_bind_port: text,
  traefik_configuration_extension_yaml: text,
  matrix_playbook_public_matrix_federation_api_traefik_entrypoint_host_bind_port: text,
  matrix_playbook_public_matrix_federation_api_traefik_entrypoint_config_http3_enabled: flag,
  matrix_playbook_public_matrix_federation_api_traefik_entrypoint_config_custom: addresses,

  matrix_homeserver_federation_enabled: flag,
  matrix_synapse_federation_domain_whitelist: texts,
  matrix_synapse_allow_public_rooms_over_federation: flag,
  matrix_synapse_trusted_key_servers: z.array(z.object({ server_name: text })),
  matrix_synapse_federation_port_openid_resource_required: flag,

  postgres_enabled: flag,
  matrix_synapse_database_host: text,
  matrix_synapse_database_port: count,
  matrix_synapse_database_user: text,
  matrix_synapse_database_password: text,
  matrix_synapse_database_database: text,
  matrix_synapse_database_cp_min: count,
  matrix_synapse_database_cp_max: count,
  matrix_synapse_database_txn_limit: count,
  matrix_synapse_database_keepalives_idle: count,
  matrix_synapse_database_keepalives_interval: count,
  matrix_synapse_database_keepalives_count: count,

  matrix_synapse_workers_enabled: flag,
  matrix_synapse_workers_preset: z.enum(['little-federation-helper', 'one-of-each', 'specialized-workers']),
  matrix_synapse_workers_sync_workers_count: count,
  matrix_synapse_workers_client_reader_workers_count: count,
  matrix_synapse_workers_federation_sender_workers_count: count,
  matrix_synapse_workers_stream_writer_events_stream_workers_count: count,
  matrix_synapse_workers_room_workers_count: count,
  matrix_synapse_workers_federation_reader_workers_count: count,
  matrix_synapse_workers_generic_workers_count: count,
  matrix_synapse_workers_pusher_workers_count: count,
  matrix_synapse_workers_media_repository_workers_count: count,
  matrix_synapse_workers_appservice_workers_count: count,
  matrix_synapse_workers_user_dir_workers_count: count,
  matrix_synapse_workers_background_workers_count: count,
  matrix_synapse_workers_stream_writer_typing_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_to_device_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_account_data_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_receipts_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_presence_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_push_rules_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_device_lists_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_thread_subscriptions_stream_workers_count: count,
  matrix_synapse_workers_stream_writer_quarantined_media_changes_stream_workers_count: count,
  matrix_synapse_reverse_proxy_companion_worker_connections: count,
  matrix_synapse_reverse_proxy_companion_additional_configuration_blocks: texts,
  valkey_enabled: flag,

  matrix_synapse_caches_global_factor: count,
  matrix_synapse_cache_autotuning_max_cache_memory_usage: count,
  matrix_synapse_cache_autotuning_target_cache_memory_usage: count,
  matrix_synapse_cache_autotuning_min_cache_ttl: text,

  matrix_synapse_max_upload_size_mb: count,
  matrix_synapse_tmp_directory_size_mb: count,
  matrix_synapse_reverse_proxy_companion_tmp_directory_size_mb: count,
  matrix_synapse_enable_local_media_storage: flag,
  matrix_synapse_ext_synapse_s3_storage_provider_enabled: flag,
  matrix_synapse_ext_synapse_s3_storage_provider_config_bucket: text,
  matrix_synapse_ext_synapse_s3_storage_provider_config_region_name: text,
  matrix_synapse_ext_synapse_s3_storage_provider_config_endpoint_url: text,
  matrix_synapse_ext_synapse_s3_storage_provider_config_access_key_id: text,
  matrix_synapse_ext_synapse_s3_storage_provider_config_secret_access_key: text,
  matrix_synapse_ext_synapse_s3_storage_provider_config_storage_class: text,
  matrix_synapse_ext_synapse_s3_storage_provider_store_local: flag,
  matrix_synapse_ext_synapse_s3_storage_provider_store_remote: flag,
  matrix_synapse_ext_synapse_s3_storage_provider_store_synchronous: flag,
  matrix_synapse_ext_s3_storage_provider_container_arguments: texts,
  matrix_synapse_container_extra_arguments: texts,
  matrix_synapse_container_additional_volumes: z.array(z.object({ src: text, dst: text, options: text })),

  coturn_enabled: flag,
  matrix_synapse_turn_uris: texts,
  matrix_synapse_turn_shared_secret: text,
  matrix_synapse_turn_allow_guests: flag,

  matrix_rtc_enabled: flag,
  livekit_server_enabled: flag,
  matrix_livekit_jwt_service_enabled: flag,
  matrix_element_call_enabled: flag,
  matrix_playbook_livekit_turn_traefik_entrypoint_enabled: flag,
  matrix_synapse_matrix_rtc_transports_livekit_url: text,
  matrix_static_files_file_matrix_client_property_org_matrix_msc4143_rtc_foci_enabled: flag,
  matrix_static_files_file_matrix_client_property_org_matrix_msc4143_rtc_foci_custom: z.array(
    z.object({ type: z.literal('livekit'), livekit_service_url: text }),
  ),

  matrix_client_element_enabled: flag,
  matrix_client_element_default_theme: z.enum(['light', 'dark']),
  matrix_client_element_element_call_enabled: flag,
  matrix_client_element_element_call_url: text,
  matrix_client_element_element_call_use_exclusively: flag,
  matrix_client_element_element_call_participant_limit: count,
  matrix_client_element_integrations_ui_url: text,
  matrix_client_element_integrations_rest_url: text,
  matrix_client_element_integrations_widgets_urls: texts,
  matrix_client_element_integrations_jitsi_widget_url: text,
  matrix_client_element_bug_report_endpoint_url: text,
  matrix_client_element_permalink_prefix: text,
  matrix_client_element_room_directory_servers: texts,

  matrix_ketesa_enabled: flag,
  matrix_ketesa_path_prefix: text,
  matrix_ketesa_container_labels_traefik_ipallowlist_sourcerange: texts,
  matrix_ketesa_container_labels_additional_labels: text,
  matrix_synapse_reverse_proxy_companion_container_labels_additional_labels: text,

  matrix_metrics_exposure_enabled: flag,
  matrix_metrics_exposure_hostname: text,
  matrix_metrics_exposure_path_prefix: text,
  matrix_metrics_exposure_http_basic_auth_enabled: flag,
  matrix_metrics_exposure_http_basic_auth_users: text,

  matrix_synapse_enable_registration: flag,
  matrix_synapse_enable_registration_without_verification: flag,
  matrix_synapse_registration_requires_token: flag,
  matrix_synapse_allow_guest_access: flag,
  matrix_user_creator_users_additional: z.array(
    z.object({ username: text, initial_password: text, initial_type: z.enum(['admin', 'user']) }),
  ),

  matrix_synapse_presence_enabled: flag,
  matrix_synapse_url_preview_enabled: flag,
  matrix_synapse_report_stats: flag,
  matrix_synapse_allow_public_rooms_without_auth: flag,
  matrix_synapse_user_directory_search_all_users: flag,
  matrix_synapse_push_include_content: flag,
  matrix_synapse_email_invite_client_location: text,
  matrix_synapse_retention_enabled: flag,
  matrix_synapse_retention_period: text,
  matrix_synapse_redaction_retention_period: text,
  matrix_synapse_media_retention_local_media_lifetime: text,
  matrix_synapse_media_retention_remote_media_lifetime: text,
  matrix_synapse_rc_message: rate,
  matrix_synapse_rc_login: z.object({ address: rate, account: rate, failed_attempts: rate }),
  matrix_synapse_rc_joins: z.object({ local: rate, remote: rate }),
  matrix_synapse_configuration_extension_yaml: text,
} as const satisfies Record<string, z.ZodType>

type Variables = { readonly [K in keyof typeof mdadVariables]: z.input<(typeof mdadVariables)[K]> }
/** Values of some of them; what is undefined is left to MDAD. */
type Values = { readonly [K in keyof Variables]?: Given<Variables[K]> | undefined }

/** Variables that belong together, and in one line why they are as they are. */
export const group: (reason: string, values: Values) => readonly DocumentEntry[] = entries

/**
 * The same entries, where each is a variable of the list above with a value of its type. The type checker says so, too, but
 * the build does not ask it. Throws where one is not, or is there twice.
 */
export function checked(all: readonly DocumentEntry[]): readonly DocumentEntry[] {
  const schemas: Readonly<Record<string, z.ZodType>> = mdadVariables
  const seen = new Set<string>()
  for (const { key, value } of all) {
    const schema = schemas[key]
    if (!schema)
      throw new Error(`${key} is no variable of MDAD that roles-src/matrix/mdad/variables.ts declares`)
    if (seen.has(key)) throw new Error(`${key} is given to MDAD twice`)
    seen.add(key)
    const [issue] = schema.safeParse(withoutSecrets(value)).error?.issues ?? []
    if (issue)
      throw new DeploymentError(
        ['services', 'matrix'],
        `services.matrix: ${[key, ...issue.path].join('.')}: ${issue.message}`,
      )
  }
  return all
}

/** Text in place of secrets, which are text. */
function withoutSecrets(value: unknown): unknown {
  if (secretName(value) !== undefined) return ''
  if (Array.isArray(value)) return value.map(withoutSecrets)
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]))
    : value
}
