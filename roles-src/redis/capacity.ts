import { type CapacityRow, figure } from '#topology'

/** What Redis may keep, as told or by its host's memory, which is nothing of the users': it does not grow with them. */
export const redisCapacity = (host: string, bytes: number, told: boolean): readonly CapacityRow[] => [
  {
    of: 'memory',
    host,
    what: 'data of Redis',
    demand: () => ({
      value: bytes,
      formula: `maxmemory ${figure(bytes, 'memory')}${told ? ', as told' : ''}`,
    }),
    source: 'The most that the setting allows.',
    at: told ? ['services', 'redis', 'memory'] : ['hosts', host, 'memory'],
  },
]
