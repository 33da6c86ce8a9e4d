import type { Size, TopologyHost } from '#topology'
import { DeploymentError } from '#topology'
import { countsOf, megabytes, type Options } from './options.ts'
import { processesOf } from './workers.ts'

const MB = 1024 ** 2
const GB = 1024
/** The share of the memory that caches get unless told, and the one that they may not exceed. */
const SHARE_OF_CACHES = 0.6
const MOST_OF_CACHES = 0.85
/** A process gains nothing from more: its caches are full before. */
const MOST_OF_A_PROCESS = 4 * GB
const STEP = 16

/**
 * Sizes of Synapse on its host. The cache of a process is a ceiling that Synapse keeps by itself; `cache_factor`, which is
 * often taken for it, counts entries. Throws where all caches together leave too little of the memory.
 */
export function matrixSizes(options: Options, host: TopologyHost): readonly Size[] {
  const processes = processesOf(countsOf(options))
  const memory = host.memory / MB
  const share = Math.floor((memory * SHARE_OF_CACHES) / processes / STEP) * STEP
  const cache = options.cache ? megabytes(options.cache) : Math.max(STEP, Math.min(MOST_OF_A_PROCESS, share))
  if (options.cache && cache * processes > memory * MOST_OF_CACHES)
    throw new DeploymentError(
      ['services', 'matrix', 'workers'],
      `${processes} processes of Synapse with ${options.cache} of caches each want more than ${MOST_OF_CACHES * 100} % of the memory of ${host.name}.`,
    )
  return [
    { name: 'processes', value: processes, unit: 'count', formula: 'the main process and its workers' },
    {
      name: 'database_connections',
      value: processes * options.pool.max,
      unit: 'connections',
      formula: `${options.pool.max} for each process at most`,
    },
    {
      name: 'cache',
      value: cache,
      unit: 'MB',
      formula: options.cache ? 'as told' : '60 % of the memory for all processes, at most 4 GB for one',
    },
  ]
}
