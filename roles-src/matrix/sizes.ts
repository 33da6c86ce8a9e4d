import type { Size, TopologyHost } from '#topology'
import { countsOf, megabytes, type Options } from './options.ts'
import { processesOf } from './workers.ts'

const MB = 1024 ** 2
const GB = 1024
/** The share of the memory that caches get unless told, and the one that they may not exceed (rule CAP-008). */
const SHARE_OF_CACHES = 0.6
export const MOST_OF_CACHES = 0.85
/** A process gains nothing from more: its caches are full before. */
const MOST_OF_A_PROCESS = 4 * GB
const STEP = 16

/** Connections to the database that all processes together open at most. */
export const databaseConnections = (options: Options): number =>
  processesOf(countsOf(options)) * options.pool.max

/** Megabytes at most of the caches of each process. */
export function cacheOf(options: Options, host: TopologyHost): number {
  if (options.cache) return megabytes(options.cache)
  const processes = processesOf(countsOf(options))
  const share = Math.floor(((host.memory / MB) * SHARE_OF_CACHES) / processes / STEP) * STEP
  return Math.max(STEP, Math.min(MOST_OF_A_PROCESS, share))
}

/**
 * Sizes of Synapse on its host. The cache of a process is a ceiling that Synapse keeps by itself; `cache_factor`, which is
 * often taken for it, counts entries.
 */
export function matrixSizes(options: Options, host: TopologyHost): readonly Size[] {
  const processes = processesOf(countsOf(options))
  return [
    { name: 'processes', value: processes, unit: 'count', formula: 'the main process and its workers' },
    {
      name: 'database_connections',
      value: databaseConnections(options),
      unit: 'connections',
      formula: `${options.pool.max} for each process at most`,
    },
    {
      name: 'cache',
      value: cacheOf(options, host),
      unit: 'MB',
      formula: options.cache ? 'as told' : '60 % of the memory for all processes, at most 4 GB for one',
    },
  ]
}
