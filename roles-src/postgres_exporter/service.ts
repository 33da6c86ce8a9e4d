import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, secretRef, type Topology } from '#topology'
import role from './role.ts'

const PORT = 9187
const ACCOUNT = { name: 'postgres_exporter', password: secretRef('database_postgres_exporter_password') }

const hostsOf = (topology: Topology): readonly string[] =>
  topology.service('database')?.hosts.map(({ name }) => name) ?? []

const service = defineService({
  name: 'database_metrics',
  summary: 'Statistics of PostgreSQL on every member of the database.',
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
          metrics: { job: 'postgresql' },
        },
      ],
      accounts: [{ of: 'database', ...ACCOUNT, from: hosts, rights: ['pg_monitor'] }],
      packages: [{ name: 'prometheus-postgres-exporter' }],
      units: ['prometheus-postgres-exporter'],
    }
  },

  variables: (_options, topology) => {
    const server = topology.service('database')?.endpoints.find(({ name }) => name === 'postgresql')
    if (!server) return []
    return [
      roleValues(role, hostsOf(topology), ({ address }) => ({
        listen_address: address,
        port: PORT,
        server_address: address,
        server_port: server.port,
        user: ACCOUNT.name,
        password: ACCOUNT.password,
        tls_ca_file: '/etc/tls/patroni/ca.crt',
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    database_metrics: OptionsOf<typeof service, Host, Vip>
  }
}
