import { type CapacityRow, figure, grouped, type ScaleUp, type Topology } from '#topology'
import { BYTES_PER_MESSAGE, databaseBytes, daysOfMessages, GROWTH_SOURCE } from './growth.ts'
import { databaseSizes, type ToldSizes } from './sizes.ts'

const MB = 1024 ** 2
/** Cores of the writer for each user: Element's profile for 2,501 to 10,000 users without federation takes 4. */
const CORES_PER_USER = 4 / 10_000
/** Memory of a connection beside work_mem: the process, its caches of the catalogue and of plans. */
const MB_PER_CONNECTION = 10
/** The share of the disk on which log waits for a repository that is away; see the role pgbackrest. */
const SHARE_OF_QUEUE = 0.05

interface Given extends ToldSizes {
  readonly hosts: readonly string[]
}

/** What PostgreSQL needs on each member, since each may become the writer. */
export function databaseCapacity({ hosts, ...told }: Given, topology: Topology): readonly CapacityRow[] {
  const days = daysOfMessages(topology)
  const archived = topology.service('database_archive') !== undefined
  return hosts.flatMap((name): readonly CapacityRow[] => {
    const host = topology.host(name)
    const sizes = new Map(databaseSizes(host, told).map((size) => [size.name, size.value]))
    const megabytes = (size: string) => sizes.get(size) ?? 0
    const sessions = megabytes('max_connections')
    const ofSession = megabytes('work_mem') + MB_PER_CONNECTION
    const cleaning =
      megabytes('autovacuum_max_workers') * megabytes('autovacuum_work_mem') +
      megabytes('maintenance_work_mem')
    const log = (megabytes('max_wal_size') + megabytes('max_slot_wal_keep_size')) * MB
    // What was told is what causes it, and else the memory that it follows from.
    const causedBy = (option: keyof ToldSizes) =>
      told[option] === undefined ? ['hosts', name, 'memory'] : ['services', 'database', option]
    const queue = archived ? (host.disks[0] ?? 0) * SHARE_OF_QUEUE : 0
    return [
      {
        of: 'cpu',
        host: name,
        what: 'PostgreSQL as the writer',
        demand: ({ users }) => ({
          value: users * CORES_PER_USER,
          formula: `${grouped(users)} users × 0.4 cores a thousand`,
        }),
        source:
          "Element's sizing page (ESS, 2,501-10,000 users without federation): 4 CPU and 16 GiB for PostgreSQL.",
        at: ['hosts', name, 'cpus'],
      },
      {
        of: 'memory',
        host: name,
        what: 'shared buffers of PostgreSQL',
        demand: () => ({
          value: megabytes('shared_buffers') * MB,
          formula:
            told.sharedBuffers === undefined
              ? 'a quarter of the memory'
              : `sharedBuffers ${told.sharedBuffers}, as told`,
        }),
        source: "The architecture's own figure, 16 GB of 64 GB.",
        at: causedBy('sharedBuffers'),
      },
      {
        of: 'memory',
        host: name,
        what: 'connections of PostgreSQL',
        demand: () => ({
          value: sessions * ofSession * MB,
          formula: `${sessions} connections${told.connections === undefined ? '' : ', as told,'} × (${megabytes('work_mem')} MiB of work_mem + ${MB_PER_CONNECTION} MiB)`,
        }),
        source:
          "PostgreSQL's documentation of work_mem: each sort may take it. All connections at once, each with one.",
        at: causedBy('connections'),
      },
      {
        of: 'memory',
        host: name,
        what: 'autovacuum and maintenance',
        demand: () => ({
          value: cleaning * MB,
          formula: `${megabytes('autovacuum_max_workers')} workers × ${megabytes('autovacuum_work_mem')} MiB + ${megabytes('maintenance_work_mem')} MiB`,
        }),
        source: "PostgreSQL's documentation of autovacuum_work_mem and maintenance_work_mem.",
        at: ['hosts', name, 'memory'],
      },
      {
        of: 'disk',
        host: name,
        what: 'the database',
        demand: ({ messagesPerDay }) => ({
          value: databaseBytes(messagesPerDay, days),
          formula: `${grouped(messagesPerDay)} messages × ${days} days × ${BYTES_PER_MESSAGE / 1000} kB`,
        }),
        source: GROWTH_SOURCE,
        at: ['hosts', name, 'disks'],
      },
      {
        of: 'disk',
        host: name,
        what: 'log of PostgreSQL',
        demand: () => ({
          value: log + queue,
          formula: `max_wal_size ${figure(megabytes('max_wal_size') * MB, 'memory')} + max_slot_wal_keep_size ${figure(megabytes('max_slot_wal_keep_size') * MB, 'memory')}${queue > 0 ? ` + ${figure(queue, 'bytes')} that wait for the repository` : ''}`,
        }),
        source: 'The most that the settings allow: a standby that is away, and a repository that is away.',
        at: ['hosts', name, 'disks'],
      },
    ]
  })
}

/** What the architecture's table of triggers would have people do for the database. */
export function databaseScaleUps({ hosts, ...told }: Given, topology: Topology): readonly ScaleUp[] {
  const [first] = hosts.map((name) => topology.host(name))
  if (!first) return []
  const all = (change: { readonly cpus?: number; readonly memory?: string }) =>
    Object.fromEntries(hosts.map((name) => [name, change]))
  const sizes = databaseSizes(first, told)
  const connections = sizes.find(({ name }) => name === 'max_connections')?.value ?? 0
  return [
    {
      metric: 'DB CPU',
      now: `${first.cpus} vCPU`,
      steps: [24, 32].map((cpus) => ({ to: `${cpus} vCPU`, hosts: all({ cpus }) })),
    },
    {
      metric: 'DB RAM',
      now: figure(first.memory, 'memory'),
      steps: ['96 GB', '128 GB'].map((memory) => ({ to: memory, hosts: all({ memory }) })),
    },
    {
      metric: 'DB connections',
      now: `max_connections ${connections}`,
      steps: [600, 800].map((more) => ({ to: `max_connections ${more}`, options: { connections: more } })),
    },
  ]
}
