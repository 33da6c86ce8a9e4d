import { type CapacityRow, figure } from '#topology'

/** What Redis may keep, which is nothing of the users': it does not grow with them. */
export const redisCapacity = (host: string, bytes: number): readonly CapacityRow[] => [
  {
    of: 'memory',
    host,
    what: 'data of Redis',
    demand: () => ({ value: bytes, formula: `maxmemory ${figure(bytes, 'memory')}` }),
    source: 'The most that the setting allows.',
    at: ['hosts', host, 'memory'],
  },
]
