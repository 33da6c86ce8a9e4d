import { defineServiceRule, figure } from '#topology'
import { countsOf, type Options } from './options.ts'
import { cacheOf, MOST_OF_CACHES } from './sizes.ts'
import { processesOf } from './workers.ts'

const MB = 1024 ** 2

export const cachesWithinMemory = defineServiceRule<Options>({
  code: 'CAP-008',
  severity: 'error',
  demand: 'The caches of all processes of Synapse together take at most 85 % of the memory of their host.',
  reason:
    'Each process keeps its own ceiling and knows nothing of the others; when all are full the kernel kills the largest of them, and its users lose their sessions to it at once.',
  evidence:
    "Synapse's documentation of caches (cache_autotuning.max_cache_memory_usage is for each process); 19 processes of 6.5 GB leave 4.5 GB of 128 GB to everything else.",
  wayOut: 'Lower services.matrix.cache, leave it out for a share of 60 %, or give the host more memory.',
  check: (options, topology) => {
    const host = topology.host(options.host)
    const processes = processesOf(countsOf(options))
    const cache = cacheOf(options, host) * MB
    const most = host.memory * MOST_OF_CACHES
    return processes * cache > most
      ? [
          {
            message: `${processes} processes of Synapse with ${figure(cache, 'memory')} of caches each want ${figure(processes * cache, 'memory')}, and 85 % of the memory of ${host.name} are ${figure(most, 'memory')}.`,
            subject: host.name,
            at: ['services', 'matrix', 'cache'],
          },
        ]
      : []
  },
})
