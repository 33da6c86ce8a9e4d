import { z } from 'zod'
import { choose, defineRole, j, named, secret } from '#dsl'
import { assert, template } from '#modules/builtin'
import {
  configureUnit,
  installDaemon,
  listenVariables,
  reloadDaemon,
  restartDaemon,
  runDaemon,
} from '../prometheus/daemon.ts'
import { webTasks, webVariables } from '../prometheus/web.ts'

const daemon = { title: 'Alertmanager', unit: 'prometheus-alertmanager' }
const duration = () => z.string().regex(/^\d+(s|m|h|d|w)$/)
const matchers = () => z.array(z.string().regex(/^[a-z_]+\s*(=|!=|=~|!~)\s*.+$/))
const owned = { owner: 'root', group: 'prometheus', mode: '0640' } as const

export default defineRole({
  name: 'alertmanager',
  summary: 'Tell people of alerts: grouped, once, and through the receivers that they want.',
  description: `
Alerts go to \`alertmanager_receiver\` unless one of \`alertmanager_routes\` matches first. A receiver without webhooks
and addresses keeps alerts in the interface alone. \`alertmanager_inhibit_rules\` hold back what another alert explains.

One Alertmanager stands alone: it opens no port for others. \`amtool\` checks the configuration before it replaces the
old one, and a reload takes it over.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...listenVariables(9093),
    ...webVariables,
    external_url: z.string().default('').describe('URL under which people reach it, for links in messages.'),
    receivers: z
      .array(
        z.object({
          name: z.string().describe('Name.'),
          webhooks: z.array(z.string()).default([]).describe('URLs that get alerts as JSON.'),
          emails: z.array(z.string()).default([]).describe('Addresses that get mail.'),
        }),
      )
      .min(1)
      .default([{ name: 'default', webhooks: [], emails: [] }])
      .describe('Who is told.'),
    receiver: z.string().default('default').describe('Receiver of what no route matches.'),
    group_by: z
      .array(z.string())
      .default(['alertname'])
      .describe('Labels by which alerts are put into one message.'),
    group_wait: duration().default('10s').describe('Time for which the first message of a group waits.'),
    group_interval: duration().default('5m').describe('Time between two messages of a group that changes.'),
    repeat_interval: duration().default('4h').describe('Time after which a message is repeated.'),
    routes: z
      .array(
        z.object({
          matchers: matchers().min(1).describe('What labels have to be, such as `severity="critical"`.'),
          receiver: z.string().describe('Name of the receiver.'),
          repeat_interval: duration().optional().describe('Time after which a message is repeated.'),
        }),
      )
      .default([])
      .describe('Alerts for other receivers, the first match counts.'),
    inhibit_rules: z
      .array(
        z.object({
          source_matchers: matchers().min(1).describe('The alert that explains others.'),
          target_matchers: matchers().min(1).describe('The alerts that are held back.'),
          equal: z.array(z.string()).default([]).describe('Labels that both have to have alike.'),
        }),
      )
      .default([])
      .describe('Alerts that are held back while another one is there.'),
    smtp_server: z.string().default('').describe('Mail server, as `name:port`; needed for addresses.'),
    smtp_from: z.string().default('').describe('Sender of the mail.'),
    smtp_username: z.string().default('').describe('Name to log in with; empty for no login.'),
    smtp_password: secret(z.string()).optional().describe('Password to log in with; needed with a name.'),
  },

  constants: ({ vars }) => ({
    scheme: choose<string>(vars.tls_certificate_file.ne(''), 'https', 'http'),
  }),

  programs: {
    alertmanager: '/usr/bin/prometheus-alertmanager',
    amtool: '/usr/bin/amtool',
    mkpasswd: '/usr/bin/mkpasswd',
  },

  handlers: ({ programs }) => ({
    restart: restartDaemon(daemon, programs.alertmanager),
    reload: reloadDaemon(daemon, programs.alertmanager),
  }),

  preflight: ({ vars }) => [
    assert('Refuse half of a TLS configuration', {
      that: [vars.tls_certificate_file.eq('').eq(vars.tls_key_file.eq(''))],
      fail_msg: 'Set alertmanager_tls_certificate_file and alertmanager_tls_key_file, or none of them.',
      quiet: true,
    }),
    assert('Refuse mail without a server', {
      that: [
        vars.smtp_server.ne('').or(
          vars.receivers
            .pipe<unknown[]>('selectattr', 'emails', 'defined')
            .pipe<unknown[]>('map', named({ attribute: 'emails' }))
            .pipe<unknown[]>('flatten')
            .pipe('length')
            .eq(0),
        ),
        vars.smtp_username.eq('').or(vars.smtp_password.isDefined()),
      ],
      fail_msg:
        'A receiver has addresses, and alertmanager_smtp_server is empty; or there is a name without a password.',
      quiet: true,
    }),
  ],

  install: () => [installDaemon(daemon, ['whois'])],

  configure: ({ vars, handlers, programs }) => [
    ...configureUnit(daemon, handlers.restart),
    ...webTasks({
      users: vars.users,
      file: '/etc/prometheus/alertmanager-web.yml',
      needs: programs.alertmanager,
      mkpasswd: programs.mkpasswd,
    }),
    template(
      'Write the configuration of Alertmanager',
      {
        src: 'alertmanager.yml.j2',
        dest: '/etc/prometheus/alertmanager.yml',
        ...owned,
        validate: 'amtool check-config %s',
      },
      { needs: programs.amtool, noLog: true, notify: handlers.reload },
    ),
  ],

  service: ({ vars, constants, programs }) =>
    runDaemon(daemon, programs.alertmanager, {
      url: j`${constants.scheme}://${vars.listen_address}:${vars.port}/-/ready`,
      // With passwords it answers 401, which only a running Alertmanager does.
      status: [200, 401],
      caFile: vars.tls_ca_file,
    }),

  example: {
    listen_address: '192.0.2.20',
    receivers: [
      { name: 'default', emails: ['operators@example.net'] },
      { name: 'heartbeat', webhooks: ['http://192.0.2.21:8080/alive'] },
    ],
    routes: [{ matchers: ['alertname="Watchdog"'], receiver: 'heartbeat', repeat_interval: '1m' }],
    smtp_server: 'mail.example.net:587',
    smtp_from: 'alerts@example.net',
  },
})
