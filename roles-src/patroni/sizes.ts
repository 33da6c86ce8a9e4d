import { parseSize, type Size, type TopologyHost } from '#topology'

const MB = 1024 ** 2
/** A huge page of x86-64. */
export const MB_PER_HUGE_PAGE = 2
/** Of the memory that is no huge pages, the percentage that the kernel of a member promises to programs: `vm.overcommit_ratio`. */
export const OVERCOMMIT_RATIO = 80
const clamp = (low: number, value: number, high: number): number => Math.max(low, Math.min(value, high))

/** What a deployment may say instead of a host's share. */
export interface ToldSizes {
  readonly connections?: number | undefined
  /** Such as `16 GB`. */
  readonly sharedBuffers?: string | undefined
}

/**
 * Sizes of PostgreSQL on a host. The shares are the seed's, whose 64 GB host gets shared_buffers 16 GB,
 * effective_cache_size 48 GB and 500 connections.
 */
export function databaseSizes(host: TopologyHost, told: ToldSizes): readonly Size[] {
  const memory = Math.floor(host.memory / MB)
  const disk = Math.floor((host.disks[0] ?? 0) / MB)
  const size = (name: string, unit: Size['unit'], value: number, formula: string): Size => ({
    name,
    unit,
    value: Math.floor(value),
    formula,
  })
  const toldBuffers = parseSize(told.sharedBuffers ?? '', 'memory')
  const sharedBuffers = toldBuffers === undefined ? clamp(32, memory / 4, 65_536) : toldBuffers / MB
  const maxWal = clamp(128, disk / 50, 16_384)
  return [
    size(
      'shared_buffers',
      'MB',
      sharedBuffers,
      toldBuffers === undefined ? 'a quarter of the memory' : 'as told',
    ),
    size(
      'huge_pages',
      'count',
      Math.ceil((sharedBuffers / MB_PER_HUGE_PAGE) * 1.05),
      'pages of 2 MB for shared_buffers and 5 % for what else is shared',
    ),
    size('effective_cache_size', 'MB', (memory * 3) / 4, 'three quarters of the memory'),
    size('maintenance_work_mem', 'MB', clamp(16, memory / 32, 2048), 'memory / 32, at most 2 GB'),
    size('autovacuum_work_mem', 'MB', clamp(16, memory / 64, 1024), 'memory / 64, at most 1 GB'),
    size('work_mem', 'MB', clamp(4, memory / 2048, 64), 'memory / 2048, 4 to 64 MB'),
    size('wal_buffers', 'MB', clamp(1, memory / 1024, 64), 'memory / 1024, at most 64 MB'),
    size(
      'max_connections',
      'connections',
      told.connections ?? clamp(200, memory / 128, 500),
      told.connections === undefined ? 'one per 128 MB of memory, 200 to 500' : 'as told',
    ),
    size('max_worker_processes', 'count', Math.max(8, host.cpus), 'one per processor, at least 8'),
    size('max_parallel_workers', 'count', Math.max(1, host.cpus / 2), 'half of the processors'),
    size(
      'max_parallel_workers_per_gather',
      'count',
      clamp(1, host.cpus / 2, 2),
      'half of the processors, at most 2',
    ),
    size(
      'max_parallel_maintenance_workers',
      'count',
      clamp(1, host.cpus / 4, 4),
      'a quarter of the processors, at most 4',
    ),
    size('autovacuum_max_workers', 'count', clamp(3, (host.cpus * 3) / 8, 6), '3 to 6, by processors'),
    size('max_wal_size', 'MB', maxWal, 'a fiftieth of the disk, 128 MB to 16 GB'),
    size('min_wal_size', 'MB', Math.max(80, maxWal / 8), 'an eighth of max_wal_size'),
    size('wal_keep_size', 'MB', maxWal / 8, 'an eighth of max_wal_size'),
    size('max_slot_wal_keep_size', 'MB', Math.max(256, disk / 10), 'a tenth of the disk'),
  ]
}
