import type { Machine, Topology } from '#topology'
import { copiesOf } from '../../bucket_copy/service.ts'
import { storageSecret } from '../../object_store/service.ts'
import { STANZA } from '../../pgbackrest/archive.ts'
import type { Questions } from './questions.ts'

const on = (topology: Topology, service: string, { name }: Machine): boolean =>
  topology.service(service)?.hosts.some((host) => host.name === name) ?? false

/** The repository of database backups, on its host. */
export const repositoryQuestions = (
  topology: Topology,
  machine: Machine,
): NonNullable<Questions['repositories']> =>
  on(topology, 'database_backup', machine) ? [{ stanza: STANZA }] : []

/** The copies of buckets, on their host; what is put into a bucket is put there as its own user would. */
export function copyQuestions(topology: Topology, machine: Machine): NonNullable<Questions['copies']> {
  if (!on(topology, 'media_backup', machine)) return []
  const { folder, storage } = copiesOf(topology)
  return storage.buckets.map(({ name: bucket, user }) => ({
    endpoint: storage.endpoint,
    region: storage.region,
    access_key: user,
    secret_key: storageSecret(user),
    bucket,
    unit: `bucket-copy@${bucket}.service`,
    folder,
  }))
}
