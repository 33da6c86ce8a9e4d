import type { Topology } from '#topology'

/** Seconds of work that are lost at most when the writer and all standbys are lost at once. */
const ARCHIVE_TIMEOUT = 60

/** Port of pgBackRest's server, on the repository and on the hosts of the database. */
export const PORT = 8432
/** Name of the cluster in the repository. */
export const STANZA = 'main'
export const CERTIFICATE = {
  ca_file: '/etc/tls/pgbackrest/ca.crt',
  certificate_file: '/etc/tls/pgbackrest/pgbackrest.crt',
  key_file: '/etc/tls/pgbackrest/pgbackrest.key',
  tls_group: 'tls-pgbackrest',
} as const

/** Parameters by which PostgreSQL archives its log, where the deployment has a repository for it; none otherwise. */
export function archiveParameters(topology: Pick<Topology, 'service'>): Readonly<Record<string, string>> {
  if (!topology.service('database_backup')) return {}
  return {
    archive_mode: 'on',
    archive_command: `pgbackrest --stanza=${STANZA} archive-push "%p"`,
    archive_timeout: `${ARCHIVE_TIMEOUT}s`,
  }
}
