import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, secretRef, type Topology } from '#topology'
import role from './role.ts'

const PORT = 9121
const ACCOUNT = { name: 'redis_exporter', password: secretRef('redis_redis_exporter_password') }
/** What the exporter asks: it reads statistics and settings, and no key. */
const RIGHTS = [
  '+ping',
  '+info',
  '+select',
  '+config|get',
  '+client|list',
  '+client|setname',
  '+slowlog|get',
  '+slowlog|len',
  '+latency|latest',
  '+latency|histogram',
]

const hostsOf = (topology: Topology): readonly string[] =>
  topology.service('redis')?.hosts.map(({ name }) => name) ?? []

const service = defineService({
  name: 'redis_metrics',
  summary: 'Statistics of Redis.',
  options: z.object({}),

  follow: (_options, topology) => {
    const hosts = hostsOf(topology)
    return {
      hosts,
      endpoints: [
        {
          name: 'metrics',
          port: PORT,
          protocol: 'tcp',
          purpose: 'statistics',
          metrics: { job: 'redis' },
        },
      ],
      accounts: [{ of: 'redis', ...ACCOUNT, from: hosts, rights: RIGHTS }],
      packages: [{ name: 'prometheus-redis-exporter' }],
      units: ['prometheus-redis-exporter'],
    }
  },

  variables: (_options, topology) => {
    const server = topology.service('redis')?.endpoints.find(({ name }) => name === 'redis')
    if (!server) return []
    return [
      roleValues(role, hostsOf(topology), ({ address }) => ({
        listen_address: address,
        port: PORT,
        server_address: address,
        server_port: server.port,
        user: ACCOUNT.name,
        password: ACCOUNT.password,
        tls: true,
        tls_ca_file: '/etc/tls/redis/ca.crt',
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    redis_metrics: OptionsOf<typeof service, Host, Vip>
  }
}
