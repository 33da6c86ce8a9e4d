import { z } from 'zod'
import { defineRole, j, secret } from '#dsl'
import { file, template } from '#modules/builtin'
import {
  addAccount,
  configureUnit,
  installDaemon,
  listenVariables,
  port,
  restartDaemon,
  runDaemon,
} from '../prometheus/daemon.ts'

const daemon = { title: 'postgres_exporter', unit: 'prometheus-postgres-exporter' }
const account = 'postgres-exporter'

export default defineRole({
  name: 'postgres_exporter',
  summary: 'Serve statistics of a PostgreSQL server to Prometheus.',
  description: `
The role \`postgres_exporter_user\` has to be there: with the rights of \`pg_monitor\` and no others it reads all that
is asked for. Its password lies in a file that the exporter's own account alone can read.

Metrics are at \`http://<postgres_exporter_listen_address>:<postgres_exporter_port>/metrics\`. \`pg_up\` says whether
the server let the exporter in.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...listenVariables(9187),
    server_address: z.string().default('127.0.0.1').describe('Address or name of the server.'),
    server_port: port().default(5432).describe('Port of the server.'),
    database: z.string().default('postgres').describe('Database to log in to.'),
    user: z.string().default('postgres_exporter').describe('Role to log in with.'),
    password: secret(z.string()).describe('Its password.'),
    tls_mode: z
      .enum(['disable', 'require', 'verify-ca', 'verify-full'])
      .default('verify-full')
      .describe('TLS to the server.'),
    tls_ca_file: z.string().default('').describe('CA of the server; those that the host trusts unless told.'),
    enabled_collectors: z
      .array(z.string().regex(/^[a-z_]+$/))
      .default([])
      .describe('Collectors beside those that are on by themselves; which there are depends on the version.'),
    disabled_collectors: z
      .array(z.string().regex(/^[a-z_]+$/))
      .default([])
      .describe('Collectors that are not wanted.'),
  },

  programs: { postgres_exporter: '/usr/bin/prometheus-postgres-exporter' },

  handlers: ({ programs }) => ({ restart: restartDaemon(daemon, programs.postgres_exporter) }),

  install: () => [addAccount(daemon, account), installDaemon(daemon)],

  configure: ({ handlers }) => [
    file('Make the folder of the password', {
      path: '/etc/prometheus-postgres-exporter',
      state: 'directory',
      owner: 'root',
      group: account,
      mode: '0750',
    }),
    template(
      'Write the password',
      {
        src: 'password.j2',
        dest: '/etc/prometheus-postgres-exporter/password',
        owner: 'root',
        group: account,
        mode: '0640',
      },
      { noLog: true, notify: handlers.restart },
    ),
    ...configureUnit(daemon, handlers.restart),
  ],

  service: ({ vars, programs }) =>
    runDaemon(daemon, programs.postgres_exporter, {
      url: j`http://${vars.listen_address}:${vars.port}/metrics`,
    }),

  example: {
    listen_address: '192.0.2.11',
    server_address: '192.0.2.11',
    tls_ca_file: '/etc/tls/patroni/ca.crt',
  },
})
