import { z } from 'zod'
import { defineRole, j, secret } from '#dsl'
import {
  addAccount,
  configureUnit,
  installDaemon,
  listenVariables,
  port,
  restartDaemon,
  runDaemon,
} from '../prometheus/daemon.ts'

const daemon = { title: 'pgbouncer_exporter', unit: 'prometheus-pgbouncer-exporter' }
const account = 'pgbouncer-exporter'

export default defineRole({
  name: 'pgbouncer_exporter',
  summary: 'Serve statistics of PgBouncer to Prometheus.',
  description: `
The user \`pgbouncer_exporter_user\` has to be one of PgBouncer's \`stats_users\`: it may read the console's figures and
nothing else. Its password stands in the environment of the exporter, which only root and the exporter's own
account can read.

Metrics are at \`http://<pgbouncer_exporter_listen_address>:<pgbouncer_exporter_port>/metrics\`. \`pgbouncer_up\` says
whether PgBouncer let the exporter in.
`,
  platforms: { Debian: ['trixie'] },

  vars: {
    ...listenVariables(9127),
    server_address: z.string().default('127.0.0.1').describe('Address or name of PgBouncer.'),
    server_port: port().default(6432).describe('Its port.'),
    user: z.string().default('pgbouncer_exporter').describe('User to log in with.'),
    password: secret(z.string()).describe('Its password.'),
    tls_mode: z
      .enum(['disable', 'require', 'verify-ca', 'verify-full'])
      .default('verify-full')
      .describe('TLS to PgBouncer.'),
    tls_ca_file: z.string().default('').describe('CA of PgBouncer; those that the host trusts unless told.'),
  },

  programs: { pgbouncer_exporter: '/usr/bin/prometheus-pgbouncer-exporter' },

  handlers: ({ programs }) => ({ restart: restartDaemon(daemon, programs.pgbouncer_exporter) }),

  install: () => [addAccount(daemon, account), installDaemon(daemon)],

  configure: ({ handlers }) => configureUnit(daemon, handlers.restart, '0600'),

  service: ({ vars, programs }) =>
    runDaemon(daemon, programs.pgbouncer_exporter, {
      url: j`http://${vars.listen_address}:${vars.port}/metrics`,
    }),

  example: { listen_address: '192.0.2.11', tls_ca_file: '/etc/tls/pgbouncer/ca.crt' },
})
