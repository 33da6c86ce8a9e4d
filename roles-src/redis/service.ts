import { z } from 'zod'
import { defineService, hostName, type OptionsOf, parseSize, roleValues, secretRef } from '#topology'
import { redisCapacity } from './capacity.ts'
import role from './role.ts'
import { rules } from './rules.ts'

const PORT = 6379
/** The share of its host's memory that data may take; buffers of connections and the system have the rest. */
const SHARE_OF_MEMORY = 0.75

const options = z.object({
  host: hostName().describe('Host of Redis.'),
  memory: z
    .string()
    .refine((text) => parseSize(text, 'memory') !== undefined, {
      error: ({ input }) => `"${input}" is no size; write '6 GB'`,
    })
    .optional()
    .describe(
      'Memory for what is shared, beyond which writes are refused; three quarters of the host unless told.',
    ),
})
export type RedisOptions = z.output<typeof options>

const service = defineService({
  name: 'redis',
  summary: 'Redis, in memory only, with an account for each service that shares something there.',
  options,

  declare: ({ host }) => ({
    hosts: [host],
    endpoints: [{ name: 'redis', port: PORT, protocol: 'tcp', purpose: 'what services share', probe: 'tls' }],
    certificates: [{ name: 'redis', hosts: [host], reload: ['redis-server'] }],
    kernel: [
      {
        hosts: [host],
        parameters: [{ name: 'vm.overcommit_memory', value: '1', scope: 'host' }],
        transparentHugePages: 'never',
      },
    ],
    packages: [{ name: 'redis-server' }],
    units: ['redis-server'],
    interruptions: [
      {
        unit: 'redis-server',
        restart: 'rooms that nodes share are unknown until nodes have said them again',
      },
    ],
  }),

  rules,

  sizes: (options, { memory }) => [
    {
      name: 'max_memory',
      value: Math.floor((parseSize(options.memory ?? '', 'memory') ?? memory * SHARE_OF_MEMORY) / 1024 ** 2),
      unit: 'MB',
      formula: options.memory === undefined ? 'three quarters of the memory' : 'as told',
    },
  ],

  capacity: ({ host, memory }, topology) =>
    redisCapacity(host, topology.size('redis', host, 'max_memory') * 1024 ** 2, memory !== undefined),

  variables: ({ host }, topology) => [
    roleValues(role, [host], ({ name, address }) => ({
      listen_addresses: [address, '127.0.0.1'],
      port: PORT,
      admin_password: secretRef('redis_admin_password'),
      users: topology.services
        .flatMap(({ accounts }) => accounts)
        .filter(({ of }) => of === 'redis')
        .map(({ name, password, rights }) => ({ name, password, rules: rights })),
      max_memory_mb: topology.size('redis', name, 'max_memory'),
      certificate_file: '/etc/tls/redis/redis.crt',
      key_file: '/etc/tls/redis/redis.key',
      ca_file: '/etc/tls/redis/ca.crt',
      key_group: 'tls-redis',
    })),
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    redis: OptionsOf<typeof service, Host, Vip>
  }
}
