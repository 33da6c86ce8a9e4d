import { type DocumentEntry, secretRef } from '#topology'
import type { Options } from '../options.ts'
import { matrixName, type Surroundings } from '../surroundings.ts'
import { group } from './variables.ts'

/** What MDAD's playbook does, and what it leaves to other roles and hosts. */
export function playbookEntries({ images }: Options, { domain }: Surroundings): readonly DocumentEntry[] {
  return [
    ...group(
      'The state of its migrations for which these variables were written; it refuses to run without.',
      {
        matrix_playbook_migration_validated_version: 'v2026.05.18.0',
      },
    ),
    ...group('Users are @name:domain; the web client is found at the domain itself.', {
      matrix_domain: domain,
      matrix_server_fqn_matrix: matrixName(domain),
      matrix_server_fqn_element: domain,
      matrix_homeserver_implementation: 'synapse',
    }),
    ...group('From it MDAD derives the secrets that no other host needs: losing it ends all sessions.', {
      matrix_homeserver_generic_secret_key: secretRef('matrix_generic_secret_key'),
    }),
    ...group("The host has Docker, Docker's module for Python and the time from roles of its own.", {
      matrix_playbook_docker_installation_enabled: false,
      devture_docker_sdk_for_python_installation_enabled: false,
      devture_timesync_installation_enabled: false,
    }),
    ...group('All networks of the deployment are IPv4.', {
      devture_systemd_docker_base_ipv6_enabled: false,
    }),
    ...group('Monitoring is a host of its own.', {
      prometheus_enabled: false,
      prometheus_node_exporter_enabled: false,
      prometheus_postgres_exporter_enabled: false,
      grafana_enabled: false,
    }),
    ...group('Without internet there is nowhere to send mail to; Synapse sends none either.', {
      exim_relay_enabled: false,
    }),
    ...(images.registry === undefined
      ? []
      : group('All images come from one registry, which is asked at each run.', {
          matrix_container_global_registry_prefix_override: images.registry,
        })),
    ...(images.synapse === undefined
      ? []
      : group('The image has the S3 storage provider inside: nothing is built on the host from PyPI.', {
          matrix_synapse_container_image: images.synapse,
          matrix_synapse_container_image_customizations_s3_storage_provider_installation_enabled: false,
        })),
  ]
}
