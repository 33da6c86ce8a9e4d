import { z } from 'zod'
import { choose, defineRole, each, j, secret } from '#dsl'
import { assert, copy, file, template } from '#modules/builtin'
import {
  configureUnit,
  installDaemon,
  listenVariables,
  reloadDaemon,
  restartDaemon,
  runDaemon,
} from './daemon.ts'
import { webTasks, webVariables } from './web.ts'

const daemon = { title: 'Prometheus', unit: 'prometheus' }
const duration = () => z.string().regex(/^\d+(ms|s|m|h|d|w|y)$/)
const labels = () => z.record(z.string(), z.string())
const owned = { owner: 'root', group: 'prometheus', mode: '0640' } as const

const account = {
  username: z.string().optional().describe('Name to log in with.'),
  password: secret(z.string()).optional().describe('Password to log in with.'),
}

export default defineRole({
  name: 'prometheus',
  summary: 'Collect the metrics of services, keep them, and raise alerts.',
  description: `
\`prometheus_jobs\` are what is read, \`prometheus_probes\` what is asked through a blackbox_exporter, and
\`prometheus_rule_files\` the alerts, files on the controller in the form of Prometheus. All is checked by
\`promtool\` before it replaces what is there, and taken over by a reload.

A target's label \`instance\` is its address unless its labels say another; host names there make alerts readable and
let metrics of several exporters of a host be joined.

Passwords for targets lie in files that Prometheus alone can read. The interface takes \`prometheus_users\`, whose
passwords are kept as hashes.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...listenVariables(9090),
    ...webVariables,
    external_url: z.string().default('').describe('URL under which people reach it, for links in alerts.'),
    external_labels: labels().default({}).describe('Labels of everything that leaves it, such as alerts.'),
    scrape_interval: duration().default('15s').describe('Time between two readings of a target.'),
    scrape_timeout: duration().default('10s').describe('Time after which a reading has failed.'),
    evaluation_interval: duration().default('15s').describe('Time between two looks at the rules.'),
    retention_time: duration().default('30d').describe('How long samples are kept.'),
    retention_size: z
      .string()
      .regex(/^\d+(MB|GB|TB)$/)
      .default('10GB')
      .describe('Room for samples; the oldest go when it is full.'),
    jobs: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[a-z0-9_]+$/)
            .describe('Name of the job.'),
          path: z.string().default('/metrics').describe('Path of the metrics.'),
          scheme: z.enum(['http', 'https']).default('http').describe('How targets are asked.'),
          ca_file: z
            .string()
            .default('')
            .describe('CA of the targets; those that the host trusts unless told.'),
          ...account,
          targets: z
            .array(
              z.object({
                address: z.string().describe('Address and port.'),
                labels: labels().default({}).describe('Labels of its metrics.'),
              }),
            )
            .min(1)
            .describe('What is read.'),
        }),
      )
      .default([])
      .describe('What is read, in jobs of like targets.'),
    probes: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[a-z0-9_]+$/)
            .describe('Name of the job.'),
          module: z.string().describe('Module of the exporter.'),
          exporter: z.string().default('127.0.0.1:9115').describe('Address and port of the exporter.'),
          targets: z
            .array(
              z.object({
                address: z.string().describe('Address and port, or URL.'),
                labels: labels().default({}).describe('Labels of its metrics.'),
              }),
            )
            .min(1)
            .describe('What is asked.'),
        }),
      )
      .default([])
      .describe('What is asked through a blackbox_exporter.'),
    rule_files: z
      .array(z.string().regex(/[^/]+\.yml$/))
      .default([])
      .describe(
        'Files of rules on the controller, found as the `src` of a copy is; no two of the same name.',
      ),
    alertmanagers: z.array(z.string()).default([]).describe('Alertmanagers, each as `address:port`.'),
    alertmanager_scheme: z.enum(['http', 'https']).default('http').describe('How they are told.'),
    alertmanager_ca_file: z
      .string()
      .default('')
      .describe('Their CA; those that the host trusts unless told.'),
    alertmanager_username: z.string().default('').describe('Name to log in with; empty for no login.'),
    alertmanager_password: secret(z.string())
      .optional()
      .describe('Password to log in with; needed with a name.'),
  },

  constants: ({ vars }) => ({
    scheme: choose<string>(vars.tls_certificate_file.ne(''), 'https', 'http'),
    jobs_with_password: vars.jobs.pipe<{ name: string; password: string }[]>(
      'selectattr',
      'username',
      'defined',
    ),
    secrets: '/etc/prometheus/secrets',
    rules: '/etc/prometheus/rules',
  }),

  programs: {
    prometheus: '/usr/bin/prometheus',
    promtool: '/usr/bin/promtool',
    mkpasswd: '/usr/bin/mkpasswd',
  },

  handlers: ({ programs }) => ({
    restart: restartDaemon(daemon, programs.prometheus),
    reload: reloadDaemon(daemon, programs.prometheus),
  }),

  preflight: ({ vars }) => [
    assert('Refuse half of a TLS configuration', {
      that: [vars.tls_certificate_file.eq('').eq(vars.tls_key_file.eq(''))],
      fail_msg: 'Set prometheus_tls_certificate_file and prometheus_tls_key_file, or none of them.',
      quiet: true,
    }),
    assert('Refuse a name without a password', {
      that: [
        vars.alertmanager_username.eq('').or(vars.alertmanager_password.isDefined()),
        vars.jobs
          .pipe<unknown[]>('selectattr', 'username', 'defined')
          .pipe<unknown[]>('rejectattr', 'password', 'defined')
          .pipe<unknown[]>('list')
          .pipe('length')
          .eq(0),
      ],
      fail_msg: 'A job or prometheus_alertmanager_username has a name to log in with, and no password.',
      quiet: true,
    }),
  ],

  install: () => [installDaemon(daemon, ['whois'])],

  configure: ({ vars, constants, handlers, programs }) => [
    ...configureUnit(daemon, handlers.restart),
    ...webTasks({
      users: vars.users,
      file: '/etc/prometheus/web.yml',
      validate: 'promtool check web-config %s',
      needs: programs.promtool,
      mkpasswd: programs.mkpasswd,
    }),
    each([constants.secrets, constants.rules], {}, (folder) =>
      file(
        'Make the folders of passwords and rules',
        { path: folder, state: 'directory', owner: 'root', group: 'prometheus', mode: '0750' },
        { needs: programs.prometheus },
      ),
    ),
    each(constants.jobs_with_password, { as: 'job', label: (job) => job.name }, (job) =>
      copy(
        'Write the passwords for targets',
        { content: job.password, dest: j`${constants.secrets}/${job.name}`, ...owned },
        { needs: programs.prometheus, noLog: true, notify: handlers.reload },
      ),
    ),
    copy(
      'Write the password for the Alertmanagers',
      {
        content: vars.alertmanager_password.defaultTo(''),
        dest: j`${constants.secrets}/alertmanager`,
        ...owned,
      },
      {
        needs: programs.prometheus,
        when: vars.alertmanager_username.ne(''),
        noLog: true,
        notify: handlers.reload,
      },
    ),
    each(vars.rule_files, {}, (source) =>
      copy(
        'Write the rules',
        {
          src: source,
          dest: j`${constants.rules}/${source.pipe('basename')}`,
          ...owned,
          validate: 'promtool check rules %s',
        },
        { needs: programs.promtool, notify: handlers.reload },
      ),
    ),
    template(
      'Write the configuration of Prometheus',
      {
        src: 'prometheus.yml.j2',
        dest: '/etc/prometheus/prometheus.yml',
        ...owned,
        validate: 'promtool check config %s',
      },
      { needs: programs.promtool, notify: handlers.reload },
    ),
  ],

  service: ({ vars, constants, programs }) =>
    runDaemon(daemon, programs.prometheus, {
      url: j`${constants.scheme}://${vars.listen_address}:${vars.port}/-/ready`,
      // With passwords it answers 401, which only a running Prometheus does.
      status: [200, 401],
      caFile: vars.tls_ca_file,
    }),

  example: {
    listen_address: '192.0.2.20',
    jobs: [{ name: 'node', targets: [{ address: '192.0.2.11:9100', labels: { instance: 'db1' } }] }],
    probes: [{ name: 'web', module: 'http', targets: [{ address: 'https://www.example.net/' }] }],
    alertmanagers: ['127.0.0.1:9093'],
  },
})
