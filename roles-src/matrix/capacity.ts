import {
  busiest,
  type CapacityRow,
  figure,
  grouped,
  mediaTraffic,
  type ScaleUp,
  type Topology,
} from '#topology'
import { countsOf, type Options } from './options.ts'
import { cacheOf, MOST_OF_CACHES } from './sizes.ts'
import { processesOf } from './workers.ts'

const MB = 1024 ** 2
/** Cores for each user: Element's profile for 2,501 to 10,000 users without federation takes 10. */
const CORES_PER_USER = 10 / 10_000
/** The share of a core that a process takes to follow the others at 40 events a second. */
const LISTENING = { share: 0.25, events: 40 }
/** Users that a sync worker serves: eight for 10,000. */
const USERS_PER_SYNC_WORKER = 1250
/** Memory of a process beside its caches. */
const BASE_OF_PROCESS = 250 * MB
/** Images of containers, logs, and what Docker keeps. */
const IMAGES = 50e9
/** Days of uploads on the host's disk: those of today, and those of yesterday should the daily job fail. */
const DAYS_LOCAL = 2

const ELEMENT =
  "Element's sizing page (ESS, 2,501-10,000 users without federation): 10 CPU and 8,150 MiB for Synapse."

/** What Synapse needs of its host, and how many users its layout serves. */
export function matrixCapacity(options: Options, topology: Topology): readonly CapacityRow[] {
  const host = topology.host(options.host)
  const counts = countsOf(options)
  const processes = processesOf(counts)
  const cache = cacheOf(options, host) * MB
  const syncing = counts.sync + counts.generic
  const { name } = host
  return [
    {
      of: 'cpu',
      host: name,
      what: 'Synapse',
      demand: ({ users, messagesPerDay }) => {
        const events = busiest(messagesPerDay)
        const chatter = (processes * LISTENING.share * events) / LISTENING.events
        return {
          value: users * CORES_PER_USER + chatter,
          formula: `${grouped(users)} users × 1 core a thousand + ${processes} processes × 25 % of a core × ${events.toFixed(1)} of 40 events a second`,
        }
      },
      source: `${ELEMENT} Element's note on workers: a process spends a quarter of a core to follow 40 events a second.`,
      at: ['hosts', name, 'cpus'],
    },
    {
      of: 'memory',
      host: name,
      what: 'caches of Synapse',
      demand: () => ({
        value: processes * cache,
        formula: `${processes} processes × ${figure(cache, 'memory')} of caches at most`,
      }),
      source: "Synapse's cache_autotuning.max_cache_memory_usage, which each process keeps by itself.",
      at: ['services', 'matrix', ...(options.cache === undefined ? [] : ['cache'])],
    },
    {
      of: 'memory',
      host: name,
      what: 'processes of Synapse beside their caches',
      demand: () => ({
        value: processes * BASE_OF_PROCESS,
        formula: `${processes} processes × 250 MiB`,
      }),
      source: `An assumption above what a process has after its start (150 MB); ${ELEMENT}`,
      at: ['services', 'matrix'],
    },
    {
      of: 'disk',
      host: name,
      what: 'images and logs',
      demand: () => ({ value: IMAGES, formula: '50 GB' }),
      source: 'An assumption.',
      at: ['services', 'matrix'],
    },
    ...(options.uploads.keepLocally
      ? [
          {
            of: 'disk',
            host: name,
            what: 'uploads until the daily job',
            demand: ({ mediaPerDay }) => ({
              value: DAYS_LOCAL * mediaPerDay,
              formula: `${DAYS_LOCAL} days × ${figure(mediaPerDay, 'bytes')}`,
            }),
            source: 'The daily job removes what is in the bucket; a day more, should it fail once.',
            at: ['services', 'matrix', 'uploads'],
          } satisfies CapacityRow,
        ]
      : []),
    {
      of: 'network',
      host: name,
      what: 'media from clients, and to the bucket',
      demand: (load) => {
        const { uploads, downloads } = mediaTraffic(load)
        return {
          value: uploads + downloads,
          formula: `a tenth of ${figure(load.mediaPerDay, 'bytes')} in the busiest hour × (1 upload + ${load.downloads} downloads)`,
        }
      },
      source: 'What comes in from one side goes out to the other, so each direction carries all of it.',
      at: ['hosts', name, 'network'],
    },
    {
      of: 'limit',
      where: 'matrix',
      what: 'caches of all processes',
      unit: 'memory',
      demand: () => ({
        value: processes * cache,
        formula: `${processes} processes × ${figure(cache, 'memory')}`,
      }),
      supply: () => ({
        value: host.memory * MOST_OF_CACHES,
        formula: `85 % of ${figure(host.memory, 'memory')}`,
      }),
      source: 'The rest is for the processes themselves, Valkey, Traefik and the page cache.',
      at: ['services', 'matrix', 'cache'],
      ruled: true,
    },
    ...(syncing > 0
      ? [
          {
            of: 'limit',
            where: 'matrix',
            what: 'processes that answer sync',
            unit: 'processes',
            demand: ({ users }) => ({
              value: users / USERS_PER_SYNC_WORKER,
              formula: `${grouped(users)} users ÷ ${grouped(USERS_PER_SYNC_WORKER)}`,
            }),
            supply: () => ({ value: syncing, formula: `${syncing} sync or generic workers` }),
            source:
              'The architecture has eight for 10,000 users, and sees no gain beyond twelve; nobody published a measured figure.',
            at: [
              'services',
              'matrix',
              ...(options.workers.sync === undefined ? ['profile'] : ['workers', 'sync']),
            ],
          } satisfies CapacityRow,
        ]
      : []),
  ]
}

/** What the architecture's table of triggers would have people do for Synapse. */
export function matrixScaleUps(options: Options, topology: Topology): readonly ScaleUp[] {
  const { name, cpus, memory } = topology.host(options.host)
  const { sync, generic } = countsOf(options)
  return [
    {
      metric: 'Synapse CPU',
      now: `${cpus} vCPU`,
      steps: [64, 96].map((more) => ({ to: `${more} vCPU`, hosts: { [name]: { cpus: more } } })),
    },
    {
      metric: 'Synapse RAM',
      now: figure(memory, 'memory'),
      steps: ['192 GB', '256 GB'].map((more) => ({ to: more, hosts: { [name]: { memory: more } } })),
    },
    ...(generic > 0
      ? []
      : [
          {
            metric: 'Sync latency',
            now: `${sync} sync workers`,
            steps: [{ to: '12 sync workers', options: { workers: { ...options.workers, sync: 12 } } }],
          },
        ]),
  ]
}
