import { defineServiceRule, formatBytes, type Topology } from '#topology'
import type { DatabaseOptions } from '../service.ts'

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
  demand: 'What PostgreSQL may use when all connections work at once fits in the memory of every member.',
  reason:
    'Beyond it the kernel refuses memory to whatever asks next, and statements fail that have nothing to do with it.',
  evidence:
    "shared_buffers + max_connections × (work_mem + 10 MB) + 3 × maintenance_work_mem; PostgreSQL's documentation, chapters Memory and Linux Memory Overcommit.",
  wayOut: 'Fewer connections (poolers need few), smaller sharedBuffers, or more memory.',
  check: (options, topology) =>
    membersOf(options, topology).flatMap(({ host, size }) => {
      const buffers = size('shared_buffers')
      const connections = size('max_connections')
      const each = size('work_mem') + MB_PER_CONNECTION
      const maintenance = size('maintenance_work_mem')
      const bytes = (buffers + connections * each + MAINTENANCE * maintenance) * MB
      return bytes <= host.memory
        ? []
        : [
            {
              message: `PostgreSQL on ${host.name} may use ${formatBytes(bytes)} of ${formatBytes(host.memory)}: shared_buffers ${buffers} MB + ${connections} connections × ${each} MB + ${MAINTENANCE} × ${maintenance} MB of maintenance.`,
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
        at: ['services', 'database', 'sharedBuffers'],
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
