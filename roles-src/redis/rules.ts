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

/** The service that asks Redis for its statistics, and keeps nothing there. */
const EXPORTER = 'redis_metrics'

const isUsed = defineServiceRule<RedisOptions>({
  code: 'RTC-006',
  severity: 'warning',
  demand: 'A Redis is used by somebody.',
  reason:
    'A single node of LiveKit keeps its rooms to itself. With Redis it would hang on one more host that may be lost, and gain nothing; without, the host does nothing.',
  evidence:
    "LiveKit's config-sample.yaml, redis: what makes several nodes one. Whoever keeps something in Redis has an account there: roles-src/livekit with several nodes, roles-src/lk_jwt_service with keepState.",
  wayOut:
    'Add a second node of LiveKit, or keep the state of tokens there (livekit_jwt.keepState); else leave services.redis out.',
  check: (_options, { services }) =>
    services.some(({ name, accounts }) => name !== EXPORTER && accounts.some(({ of }) => of === 'redis'))
      ? []
      : [
          {
            message: 'Redis is there, and nobody keeps anything in it.',
            subject: 'redis',
            at: ['services', 'redis'],
          },
        ],
})

/** What Redis must keep. */
export const rules: readonly ServiceRule<RedisOptions>[] = [memoryFits, isUsed]
