import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, secretRef, type Topology } from '#topology'
import role from './role.ts'

const PORT = 9127
const ACCOUNT = { name: 'pgbouncer_exporter', password: secretRef('pooler_pgbouncer_exporter_password') }

const hostsOf = (topology: Topology): readonly string[] =>
  topology.service('pooler')?.hosts.map(({ name }) => name) ?? []

const service = defineService({
  name: 'pooler_metrics',
  summary: 'Statistics of every PgBouncer.',
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
          metrics: { job: 'pgbouncer' },
        },
      ],
      accounts: [{ of: 'pooler', ...ACCOUNT, from: hosts, rights: ['statistics'] }],
      packages: [{ name: 'prometheus-pgbouncer-exporter' }],
      units: ['prometheus-pgbouncer-exporter'],
    }
  },

  variables: (_options, topology) => {
    const server = topology.service('pooler')?.endpoints.find(({ name }) => name === 'pool')
    if (!server) return []
    return [
      roleValues(role, hostsOf(topology), ({ address }) => ({
        listen_address: address,
        port: PORT,
        server_address: address,
        server_port: server.port,
        user: ACCOUNT.name,
        password: ACCOUNT.password,
        tls_ca_file: '/etc/tls/pgbouncer/ca.crt',
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    pooler_metrics: OptionsOf<typeof service, Host, Vip>
  }
}
