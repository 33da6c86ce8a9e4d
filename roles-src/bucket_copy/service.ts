import { z } from 'zod'
import {
  type AccountNeed,
  DeploymentError,
  defineService,
  hostName,
  type OptionsOf,
  parseDays,
  roleValues,
  type Topology,
} from '#topology'
import { storageOf, storageSecret } from '../object_store/service.ts'
import role from './role.ts'

const options = z.object({
  hosts: z.array(hostName()).length(1).describe('The host that keeps the copies, none of the object store.'),
  whole: z
    .boolean()
    .default(false)
    .describe('Copy buckets whole, and not the objects of the last `keep.mediaCopies` alone.'),
  folder: z.string().startsWith('/').default('/srv/bucket-copies').describe('Folder of the copies.'),
  copyAt: z.string().optional().describe('When buckets are copied, in the words of systemd.time.'),
  compareAt: z.string().optional().describe('When copies are compared with them.'),
})

/** The buckets of the object store with a user each who may read it and nothing else. Throws where there is no object store. */
function readersOf(topology: Pick<Topology, 'deployment' | 'vip'>) {
  const storage = storageOf(topology)
  if (!storage)
    throw new DeploymentError(
      ['services', 'media_backup'],
      'Copies of media need the service "storage", which this deployment lacks.',
    )
  const readers = storage.buckets.map(({ name: bucket }) => ({ bucket, user: `${bucket}-reader` }))
  return { storage, readers }
}

/** Where copies are, and of which object store. Throws in a deployment without them. */
export function copiesOf(topology: Pick<Topology, 'deployment' | 'vip'>) {
  const { folder } = options.parse(topology.deployment.input.services.media_backup)
  return { folder, storage: readersOf(topology).storage }
}

const service = defineService({
  name: 'media_backup',
  summary: "Copies of the object store's buckets, with what was deleted.",
  options,

  declare: ({ hosts }, topology) => {
    const { storage, readers } = readersOf(topology)
    return {
      hosts,
      needs: storage.listener
        ? [{ from: hosts, to: { listener: storage.listener }, purpose: 'copies of buckets' }]
        : [],
      accounts: readers.map(
        ({ bucket, user }): AccountNeed => ({
          of: 'storage',
          name: user,
          password: storageSecret(user),
          from: hosts,
          rights: [`read ${bucket}`],
        }),
      ),
    }
  },

  variables: (options, topology) => {
    const { storage, readers } = readersOf(topology)
    const shared = topology
      .service('storage')
      ?.hosts.find(({ name }) => options.hosts.some((host) => host === name))
    if (shared)
      throw new DeploymentError(
        ['services', 'media_backup', 'hosts'],
        `${shared.name} is a host of the object store: copies there would be lost together with it.`,
      )
    const days = parseDays(topology.deployment.input.keep?.['mediaCopies'] ?? '')
    if (days === undefined)
      throw new DeploymentError(
        ['keep', 'mediaCopies'],
        "keep.mediaCopies: say for how long copies are kept: keep: { mediaCopies: '7 days' }.",
      )
    return [
      roleValues(role, options.hosts, () => ({
        buckets: readers.map(({ bucket, user }) => ({
          name: bucket,
          endpoint: storage.endpoint,
          region: storage.region,
          access_key: user,
          secret_key: storageSecret(user),
          newest_days: options.whole ? 0 : days,
          keep_deleted_days: days,
        })),
        folder: options.folder,
        ...(options.copyAt === undefined ? {} : { copy_at: options.copyAt }),
        ...(options.compareAt === undefined ? {} : { compare_at: options.compareAt }),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    media_backup: OptionsOf<typeof service, Host, Vip>
  }
}
