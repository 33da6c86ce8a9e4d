import { defineServiceRule, formatBytes, type Topology } from '#topology'
import type { DatabaseOptions } from '../service.ts'
import { MB_PER_HUGE_PAGE, OVERCOMMIT_RATIO } from '../sizes.ts'

const MB = 1024 ** 2
/** Memory of a connection beside work_mem, in MB: its process, its catalog caches and plans. */
const MB_PER_CONNECTION = 10
/** Maintenance that runs at a time at most: autovacuum of large tables, or an index that is built in parallel. */
const MAINTENANCE = 3
/** The share of the memory beyond which shared_buffers brings nothing. */
const MOST_BUFFERS = 0.4
/** The share of a disk that log may take while somebody is behind. */
const MOST_LOG = 0.25

/** As disks are sold: in powers of ten. */
const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toFixed(1))} GB`

/** Sizes of each member, each looked up once. */
const membersOf = ({ hosts }: DatabaseOptions, topology: Topology) => {
  const sizes = new Map<string, number>()
  for (const { service, host, size } of topology.sizes)
    if (service === 'database' || service === 'database_archive')
      sizes.set(`${host} ${size.name}`, size.value)
  return hosts.map((name) => ({
    host: topology.host(name),
    size: (size: string) => sizes.get(`${name} ${size}`) ?? 0,
  }))
}

export const memoryHolds = defineServiceRule<DatabaseOptions>({
  code: 'DB-013',
  severity: 'warning',
  demand:
    'What PostgreSQL may ask for when all connections work at once, beside its shared buffers, is what the kernel of every member grants.',
  reason:
    'The kernel is told to promise no more than it has. Beyond that it refuses memory to whatever asks next, and statements fail that have nothing to do with it.',
  evidence:
    "max_connections × (work_mem + 10 MB) + 3 × maintenance_work_mem, held against overcommit_ratio of the memory that is no huge pages: Linux, Documentation/mm/overcommit-accounting.rst, and CommitLimit in Documentation/filesystems/proc.rst; PostgreSQL's documentation, chapter Linux Memory Overcommit.",
  wayOut: 'Fewer connections (poolers need few), smaller sharedBuffers, or more memory.',
  check: (options, topology) =>
    membersOf(options, topology).flatMap(({ host, size }) => {
      const connections = size('max_connections')
      const each = size('work_mem') + MB_PER_CONNECTION
      const maintenance = size('maintenance_work_mem')
      const asked = (connections * each + MAINTENANCE * maintenance) * MB
      // The shared buffers are in huge pages, which the kernel sets aside and leaves out of what it promises.
      const huge = size('huge_pages') * MB_PER_HUGE_PAGE * MB
      const granted = (Math.max(0, host.memory - huge) * OVERCOMMIT_RATIO) / 100
      return asked <= granted
        ? []
        : [
            {
              message: `PostgreSQL on ${host.name} may ask for ${formatBytes(asked)}, and the kernel grants ${formatBytes(granted)}: ${connections} connections × ${each} MB + ${MAINTENANCE} × ${maintenance} MB of maintenance, of ${OVERCOMMIT_RATIO} % of ${formatBytes(host.memory)} without ${formatBytes(huge)} for shared buffers.`,
              subject: host.name,
              at:
                options.connections === undefined && options.sharedBuffers === undefined
                  ? ['hosts', host.name, 'memory']
                  : [
                      'services',
                      'database',
                      options.connections === undefined ? 'sharedBuffers' : 'connections',
                    ],
            },
          ]
    }),
})

export const buffersShare = defineServiceRule<DatabaseOptions>({
  code: 'DB-014',
  severity: 'warning',
  demand: 'shared_buffers is at most 40 % of the memory of every member.',
  reason:
    'PostgreSQL reads through the page cache of the kernel. What shared_buffers takes from it makes reads slower beyond some share.',
  evidence:
    "PostgreSQL's documentation, chapter Resource Consumption: more than 40 % is unlikely to work better.",
  wayOut: 'Leave sharedBuffers out: it is a quarter of the memory then.',
  check: (options, topology) =>
    membersOf(options, topology)
      .filter(({ host, size }) => size('shared_buffers') * MB > host.memory * MOST_BUFFERS)
      .map(({ host, size }) => ({
        message: `shared_buffers of ${host.name} is ${size('shared_buffers')} MB, ${Math.round((size('shared_buffers') * MB * 100) / host.memory)} % of its memory.`,
        subject: host.name,
        ...(options.sharedBuffers === undefined
          ? {
              at: ['hosts', host.name, 'memory'],
              hint: 'Give the host more memory: PostgreSQL gets no less than this.',
            }
          : { at: ['services', 'database', 'sharedBuffers'] }),
      })),
})

export const logHolds = defineServiceRule<DatabaseOptions>({
  code: 'DB-015',
  severity: 'warning',
  demand:
    'Log that waits for a checkpoint, for a standby or for the repository takes at most a quarter of the disk.',
  reason: 'A disk that is full of log stops the database, on the writer first.',
  evidence:
    "max_wal_size + max_slot_wal_keep_size + pgBackRest's archive-push-queue-max; PostgreSQL's documentation, chapters Write Ahead Log and Replication.",
  wayOut: 'Give the member a larger first disk.',
  check: (options, topology) =>
    membersOf(options, topology).flatMap(({ host, size }) => {
      const disk = host.disks[0] ?? 0
      const waiting = size('archive_queue')
      const bytes = (size('max_wal_size') + size('max_slot_wal_keep_size') + waiting) * MB
      return bytes <= disk * MOST_LOG
        ? []
        : [
            {
              message: `Log on ${host.name} may take ${gigabytes(bytes)} of its disk of ${gigabytes(disk)}: ${size('max_wal_size')} MB between checkpoints, ${size('max_slot_wal_keep_size')} MB for standbys, ${waiting} MB for the repository.`,
              subject: host.name,
              at: ['hosts', host.name, 'disks'],
            },
          ]
    }),
})
