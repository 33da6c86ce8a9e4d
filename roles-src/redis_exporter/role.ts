import { z } from 'zod'
import { choose, defineRole, j, secret } from '#dsl'
import {
  addAccount,
  configureUnit,
  installDaemon,
  listenVariables,
  port,
  restartDaemon,
  runDaemon,
} from '../prometheus/daemon.ts'

const daemon = { title: 'redis_exporter', unit: 'prometheus-redis-exporter' }

export default defineRole({
  name: 'redis_exporter',
  summary: 'Serve statistics of Redis or Valkey to Prometheus.',
  description: `
The password stands in the environment of the exporter, which only root and the exporter's own account can read.

Metrics are at \`http://<redis_exporter_listen_address>:<redis_exporter_port>/metrics\`. \`redis_up\` says whether the
server let the exporter in. Whoever reaches the port may have the exporter log in to any server (\`/scrape\`): let the
firewall admit Prometheus alone.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...listenVariables(9121),
    server_address: z.string().default('127.0.0.1').describe('Address or name of the server.'),
    server_port: port().default(6379).describe('Its port.'),
    user: z.string().default('').describe("User to log in with; the server's default user unless told."),
    password: secret(z.string()).describe('Its password.'),
    tls: z.boolean().default(false).describe('TLS to the server.'),
    tls_ca_file: z.string().default('').describe('CA of the server; those that the host trusts unless told.'),
  },

  constants: ({ vars }) => ({
    url: j`${choose<string>(vars.tls, 'rediss', 'redis')}://${vars.server_address}:${vars.server_port}`,
  }),

  programs: { redis_exporter: '/usr/bin/prometheus-redis-exporter' },

  handlers: ({ programs }) => ({ restart: restartDaemon(daemon, programs.redis_exporter) }),

  install: () => [addAccount(daemon, 'redis-exporter'), installDaemon(daemon)],

  configure: ({ handlers }) => configureUnit(daemon, handlers.restart, '0600'),

  service: ({ vars, programs }) =>
    runDaemon(daemon, programs.redis_exporter, {
      url: j`http://${vars.listen_address}:${vars.port}/metrics`,
    }),

  example: { listen_address: '192.0.2.11', server_address: '192.0.2.11' },
})
