import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, secretRef } from '#topology'
import { databaseOf } from '../patroni/service.ts'
import { CERTIFICATE, PORT, STANZA } from '../pgbackrest/archive.ts'
import role from '../pgbackrest/role.ts'

const GIB = 1024 ** 3
/** The share of a disk that log may take while the repository is away, so that it never fills it. */
const SHARE_OF_DISK = 0.05

const service = defineService({
  name: 'database_archive',
  summary: 'pgBackRest on the hosts of the database, where there is a repository for them.',
  options: z.object({}),

  follow: (_options, topology) => {
    const database = databaseOf(topology)
    const repository = topology.service('database_backup')
    if (!database || !repository) return { hosts: [] }
    const { hosts } = database
    const readers = repository.hosts.map(({ name }) => name)
    return {
      hosts,
      endpoints: [
        { name: 'files', port: PORT, protocol: 'tcp', purpose: 'files of the database', probe: 'tcp' },
      ],
      needs: [
        {
          from: hosts,
          to: { service: 'database_backup', endpoint: 'repository' },
          purpose: 'log of the database',
        },
        { from: readers, to: { service: 'database_archive', endpoint: 'files' }, purpose: 'backups' },
      ],
      certificates: [{ name: 'pgbackrest', hosts, reload: ['pgbackrest'] }],
      packages: [{ name: 'pgbackrest' }],
      units: ['pgbackrest'],
    }
  },

  sizes: (_options, host) => [
    {
      name: 'archive_queue',
      value: Math.max(1, Math.floor(((host.disks[0] ?? 0) * SHARE_OF_DISK) / GIB)) * 1024,
      unit: 'MB',
      formula: 'a twentieth of the first disk, at least 1 GB',
    },
  ],

  variables: (_options, topology) => {
    const database = databaseOf(topology)
    const repository = topology.service('database_backup')?.hosts[0]
    if (!database || !repository) return []
    return [
      roleValues(role, database.hosts, (host) => ({
        kind: 'database' as const,
        source: database.source,
        pgdg_mirror:
          topology.deployment.input.packages?.postgresql ?? 'https://apt.postgresql.org/pub/repos/apt',
        stanza: STANZA,
        address: host.address,
        port: PORT,
        authorized: [repository.fqdn],
        ...CERTIFICATE,
        postgresql_version: database.version,
        processes: Math.max(1, Math.min(4, Math.floor(host.cpus / 4))),
        repository_host: repository.fqdn,
        data_folder: database.dataFolder,
        cipher_password: secretRef('database_backup_cipher_password'),
        archive_push_queue_max: `${topology.size('database_archive', host.name, 'archive_queue') / 1024}GiB`,
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    database_archive: OptionsOf<typeof service, Host, Vip>
  }
}
