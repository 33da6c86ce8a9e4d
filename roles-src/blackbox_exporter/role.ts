import { z } from 'zod'
import { defineRole, j } from '#dsl'
import { template } from '#modules/builtin'
import {
  configureUnit,
  installDaemon,
  listenVariables,
  reloadDaemon,
  restartDaemon,
  runDaemon,
} from '../prometheus/daemon.ts'

const daemon = { title: 'blackbox_exporter', unit: 'prometheus-blackbox-exporter' }

export default defineRole({
  name: 'blackbox_exporter',
  summary: 'Ask other services whether they answer, on behalf of Prometheus.',
  description: `
Prometheus names a target and one of \`blackbox_exporter_modules\`; the exporter asks the target and tells whether it
answered, how long that took, and when its certificate ends. Whoever reaches its port can make it connect to
anything: bind it to loopback where Prometheus runs on the same host, as it does unless told.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...listenVariables(9115),
    modules: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[a-z0-9_]+$/)
            .describe('Name by which Prometheus asks for it.'),
          prober: z.enum(['http', 'tcp']).describe('`http` gets the target, `tcp` connects to it.'),
          timeout: z
            .string()
            .regex(/^\d+s$/)
            .default('5s')
            .describe('Time after which the target has failed.'),
          tls: z
            .boolean()
            .default(false)
            .describe('TLS, with a check of the certificate; for `http` a target without TLS fails.'),
          ca_file: z
            .string()
            .default('')
            .describe('CA that certificates are checked against; those that the host trusts unless told.'),
          valid_status_codes: z
            .array(z.int().min(100).max(599))
            .default([])
            .describe('Answers that are good, for `http`; 2xx unless told.'),
        }),
      )
      .min(1)
      .default([
        { name: 'http', prober: 'http', timeout: '5s', tls: false, ca_file: '', valid_status_codes: [] },
        { name: 'tcp', prober: 'tcp', timeout: '5s', tls: false, ca_file: '', valid_status_codes: [] },
      ])
      .describe('Ways to ask.'),
  },

  programs: { blackbox_exporter: '/usr/bin/prometheus-blackbox-exporter' },

  handlers: ({ programs }) => ({
    restart: restartDaemon(daemon, programs.blackbox_exporter),
    reload: reloadDaemon(daemon, programs.blackbox_exporter),
  }),

  install: () => [installDaemon(daemon)],

  configure: ({ handlers, programs }) => [
    ...configureUnit(daemon, handlers.restart),
    template(
      'Write the ways to ask',
      {
        src: 'blackbox.yml.j2',
        dest: '/etc/prometheus/blackbox.yml',
        owner: 'root',
        group: 'root',
        mode: '0644',
        validate: 'prometheus-blackbox-exporter --config.check --config.file=%s',
      },
      { needs: programs.blackbox_exporter, notify: handlers.reload },
    ),
  ],

  service: ({ vars, programs }) =>
    runDaemon(daemon, programs.blackbox_exporter, {
      url: j`http://${vars.listen_address}:${vars.port}/-/healthy`,
    }),

  example: {
    modules: [{ name: 'https', prober: 'http', tls: true, ca_file: '/etc/tls/monitoring/ca.crt' }],
  },
})
