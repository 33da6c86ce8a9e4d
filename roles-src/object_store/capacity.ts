import {
  type CapacityRow,
  defineServiceRule,
  expectedLoad,
  figure,
  grouped,
  mediaTraffic,
  parseDays,
  type ScaleUp,
  type Topology,
  type Violation,
} from '#topology'
import { erasureSet, usedOf } from './erasure.ts'

/** The share of a pool that may be filled: healing, and what is written while a host is away, need the rest. */
const FILLED = 0.8
/** Days of uploads that there has to be room for where nobody says so; the architecture speaks of 30 to 60. */
const DAYS = 60

interface Pool {
  readonly hosts: readonly string[]
  readonly parity: number
  readonly pools: number
  readonly vip?: string | undefined
}

/** Bytes of objects that fit, up to four fifths of the drives; 0 without hosts. */
function roomOf(
  { hosts, parity, pools }: Pool,
  topology: Topology,
): { readonly bytes: number; readonly formula: string } {
  const servers = hosts.map((name) => topology.host(name))
  const drives = servers[0]?.disks.length
  if (drives === undefined || servers.some(({ disks }) => disks.length !== drives))
    return { bytes: 0, formula: 'no pool' }
  const set = erasureSet(hosts.length / pools, drives)
  if (set <= parity) return { bytes: 0, formula: 'no pool' }
  const used = usedOf(servers, pools)
  const all = servers.flatMap(({ disks }) => disks).reduce((sum, bytes) => sum + bytes, 0)
  const unused = used < all ? ` of ${figure(all, 'bytes')}, as much of each drive as the smallest has,` : ''
  return {
    bytes: ((used * (set - parity)) / set) * FILLED,
    formula: `${figure(used, 'bytes')}${unused} × ${set - parity}/${set} of data × ${FILLED * 100} %`,
  }
}

/** Days of uploads that a deployment wants room for; undefined where it does not say. */
const wantedDays = ({ deployment }: Pick<Topology, 'deployment'>): number | undefined =>
  parseDays(deployment.input.keep?.['media'] ?? '') || undefined

/** How long the pool lasts, and what passes the host that has its virtual IP. */
export function storageCapacity(pool: Pool, topology: Topology): readonly CapacityRow[] {
  const { hosts, parity, pools, vip } = pool
  const room = roomOf(pool, topology)
  if (room.bytes === 0) return []
  const wanted = wantedDays(topology)
  const holders = new Set(vip === undefined ? [] : topology.vip(vip).hosts.map(({ name }) => name))
  const set = erasureSet(hosts.length / pools, topology.host(hosts[0] ?? '').disks.length)
  return [
    {
      of: 'limit',
      where: 'storage',
      what: 'days of uploads, to 80 % of the pool',
      unit: 'days',
      demand: () => ({
        value: wanted ?? DAYS,
        formula: wanted === undefined ? `${DAYS} days, since nobody said` : 'keep.media',
      }),
      supply: ({ mediaPerDay }) => ({
        value: mediaPerDay > 0 ? room.bytes / mediaPerDay : Number.MAX_SAFE_INTEGER,
        formula: `${room.formula} ÷ ${figure(mediaPerDay, 'bytes')} a day`,
      }),
      source: `Erasure coding EC:${parity} of sets of ${set} drives. Nothing removes uploads from the bucket. The architecture wants 30 to 60 days.`,
      at: ['keep', 'media'],
      ruled: true,
    },
    ...hosts.map(
      (name): CapacityRow => ({
        of: 'network',
        host: name,
        what: 'objects and their shards',
        demand: (load) => {
          const { uploads, downloads } = mediaTraffic(load)
          // A server keeps its own shard of each object and exchanges the others with its peers.
          const shards = ((uploads * set) / (set - parity) + downloads) * (1 - 1 / hosts.length)
          const proxied = holders.has(name) ? uploads + downloads : 0
          return {
            value: (uploads + downloads + shards) / hosts.length + proxied,
            formula: `(objects + their shards) ÷ ${hosts.length} servers${proxied > 0 ? ' + all objects through the virtual IP' : ''}`,
          }
        },
        source: `A tenth of the day's media in the busiest hour; an object of EC:${parity} is written as ${set}/${set - parity} of its size.`,
        at: ['hosts', name, 'network'],
      }),
    ),
  ]
}

/** What the architecture's table of triggers would have people do for the object store. */
export function storageScaleUps({ hosts }: Pool, topology: Topology): readonly ScaleUp[] {
  const [first] = hosts.map((name) => topology.host(name))
  return first
    ? [
        {
          metric: 'MinIO bandwidth',
          now: figure(first.speed, 'bits/s'),
          steps: ['20 Gbps', '40 Gbps'].map((network) => ({
            to: network,
            hosts: Object.fromEntries(hosts.map((name) => [name, { network }])),
          })),
        },
      ]
    : []
}

export const mediaDecided = defineServiceRule<Pool>({
  code: 'CAP-006',
  severity: 'warning',
  demand: 'A deployment with an object store says for how many days of uploads the store has to have room.',
  reason:
    'Nothing removes uploads from the bucket: Synapse forgets files after a while and leaves their copies there. A store that is full refuses every upload.',
  evidence:
    'element-hq/synapse issues 16989 and 16475: media_retention deletes local files only; the S3 storage provider has no deletion in a release yet.',
  wayOut: "Say keep: { media: '60 days' }, and add a pool, or remove files, before they are over.",
  check: (pool, topology) => {
    const room = roomOf(pool, topology)
    const load = expectedLoad(topology.deployment.input)
    if (wantedDays(topology) !== undefined || room.bytes === 0) return []
    const said = topology.deployment.input.keep?.['media']
    const unsaid =
      said === undefined
        ? 'Nobody says for how long there has to be room for uploads'
        : `keep.media is "${said}", which ${parseDays(said) === 0 ? 'wants room for nothing' : 'is no number of days, such as "60 days"'}`
    return [
      {
        message: load
          ? `${unsaid}: at ${figure(load.mediaPerDay, 'bytes')} a day the object store is at 80 % after ${figure(room.bytes / load.mediaPerDay, 'days')}.`
          : `${unsaid}.`,
        subject: 'storage',
        at: said === undefined ? ['keep'] : ['keep', 'media'],
      },
    ]
  },
})

export const mediaFits = defineServiceRule<Pool>({
  code: 'CAP-007',
  severity: 'error',
  demand: 'The object store has room for the uploads of keep.media, up to 80 % of its drives.',
  reason:
    'A store that is full refuses every upload; above four fifths it has no room to heal, nor for objects that are written with more parity while a host is away.',
  evidence:
    "MinIO's source (cmd/erasure-object.go): while drives are missing new objects get up to twice the parity; 32 TB with EC:4 hold 38 days of 500 GB, not 60.",
  wayOut: 'Add drives or a pool, lower the parity, or want room for fewer days.',
  check: (pool, topology): readonly Violation[] => {
    const wanted = wantedDays(topology)
    const load = expectedLoad(topology.deployment.input)
    const room = roomOf(pool, topology)
    if (wanted === undefined || !load || topology.deployment.input.rehearsal || room.bytes === 0) return []
    return wanted * load.mediaPerDay > room.bytes
      ? [
          {
            message: `${grouped(wanted)} days of ${figure(load.mediaPerDay, 'bytes')} are ${figure(wanted * load.mediaPerDay, 'bytes')}, and the object store has room for ${figure(room.bytes, 'bytes')} (${room.formula}): ${figure(room.bytes / load.mediaPerDay, 'days')}.`,
            subject: 'storage',
            at: ['keep', 'media'],
          },
        ]
      : []
  },
})
