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
import { copiesCapacity } from './capacity.ts'
import role from './role.ts'
import { rules } from './rules.ts'

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

export type CopyOptions = z.output<typeof options>

/** The buckets of the object store with a user each who may read it and nothing else; undefined where there is none. */
function readersOf(topology: Pick<Topology, 'deployment' | 'vip'>) {
  const storage = storageOf(topology)
  if (!storage) return undefined
  const readers = storage.buckets.map(({ name: bucket }) => ({ bucket, user: `${bucket}-reader` }))
  return { storage, readers }
}

/** Where copies are, and of which object store. Throws in a deployment without them. */
export function copiesOf(topology: Pick<Topology, 'deployment' | 'vip'>) {
  const { folder } = options.parse(topology.deployment.input.services.media_backup)
  return { folder, storage: sourceOf(topology).storage }
}

/** The same for those who cannot do without. */
function sourceOf(topology: Pick<Topology, 'deployment' | 'vip'>) {
  const found = readersOf(topology)
  if (!found)
    throw new DeploymentError(
      ['services', 'media_backup'],
      'Copies of media need the service "storage", which this deployment lacks.',
    )
  return found
}

const service = defineService({
  name: 'media_backup',
  summary: "Copies of the object store's buckets, with what was deleted.",
  options,

  declare: ({ hosts }, topology) => {
    const { storage, readers = [] } = readersOf(topology) ?? {}
    return {
      hosts,
      needs: storage?.listener
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

  rules,

  capacity: ({ hosts, whole }, { deployment }) => {
    const { keep = {} } = deployment.input
    const days = parseDays(keep['mediaCopies'] ?? '') ?? 0
    return hosts.flatMap((host) =>
      copiesCapacity({ host, days, whole: whole ? (parseDays(keep['media'] ?? '') ?? days) : undefined }),
    )
  },

  variables: (options, topology) => {
    const { storage, readers } = sourceOf(topology)
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
