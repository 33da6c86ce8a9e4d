import { defineServiceRule, type ServiceRule } from '#topology'
import type { RedisOptions } from './service.ts'

const MB = 1024 ** 2
/** The share of its host's memory that what Redis holds may take. */
const MOST_OF_MEMORY = 0.85

const memoryFits = defineServiceRule<RedisOptions>({
  code: 'REDIS-001',
  severity: 'error',
  demand: `What Redis may hold is at most ${MOST_OF_MEMORY * 100} % of the memory of its host.`,
  reason:
    'maxmemory counts the data alone. Buffers of clients and what is lost to fragmentation come on top, and a host without memory kills Redis, which then has nothing any more.',
  evidence: "Redis' documentation, setting maxmemory and chapter Memory optimization.",
  wayOut: 'Leave memory out: it is three quarters of the host then.',
  check: ({ host }, topology) => {
    const { memory } = topology.host(host)
    const held = topology.size('redis', host, 'max_memory')
    return held * MB <= memory * MOST_OF_MEMORY
      ? []
      : [
          {
            message: `Redis may hold ${held} MB, ${Math.round((held * MB * 100) / memory)} % of the memory of ${host}.`,
            subject: 'redis',
            at: ['services', 'redis', 'memory'],
          },
        ]
  },
})

/** What Redis must keep. */
export const rules: readonly ServiceRule<RedisOptions>[] = [memoryFits]
