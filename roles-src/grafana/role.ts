import { z } from 'zod'
import { defineRole, each, j, secret } from '#dsl'
import { assert, copy, file, template } from '#modules/builtin'
import { listenVariables, restartDaemon, runDaemon } from '../prometheus/daemon.ts'
import { installTasks, sourceVariables } from './install.ts'

const daemon = { title: 'Grafana', unit: 'grafana-server' }
const onRoot = { owner: 'root', group: 'root', mode: '0755' } as const
const owned = { owner: 'root', group: 'grafana', mode: '0640' } as const

export default defineRole({
  name: 'grafana',
  summary: 'Show dashboards of the metrics that a Prometheus keeps.',
  description: `
Data source and dashboards are provisioned from files: what somebody changes in the browser is gone with the next run.
\`grafana_dashboards\` are files on the controller, in the form in which Grafana exports them; they name their data
source by \`grafana_datasource_uid\`.

Nothing is asked of the internet: no news, no updates, no plugins, no pictures of users, no usage reports.

The password of \`admin\` is read at the first start. To change it later:
\`grafana cli --homepath /usr/share/grafana admin reset-admin-password --password-from-stdin\`.

Debian does not carry Grafana. \`grafana_source\` names an archive for apt or a single package, which in a network without
internet are mirrors of the deployment's own.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    ...sourceVariables,
    ...listenVariables(3000),
    domain: z.string().default('localhost').describe('Name under which people reach it.'),
    tls_certificate_file: z.string().default('').describe('Certificate of the interface; empty for no TLS.'),
    tls_key_file: z.string().default('').describe('Its key.'),
    tls_group: z
      .string()
      .default('')
      .describe('Group that may read the key, and that the service joins; empty for none.'),
    tls_ca_file: z
      .string()
      .default('')
      .describe('CA of the certificate, for the question whether it answers.'),
    admin_password: secret(z.string()).describe('Password of `admin`, as it is at the first start.'),
    secret_key: secret(z.string()).describe('Key with which Grafana encrypts what it stores.'),
    datasource_uid: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .default('prometheus')
      .describe('Name by which dashboards know the data source.'),
    datasource_url: z.string().default('http://127.0.0.1:9090').describe('URL of Prometheus.'),
    datasource_ca_file: z
      .string()
      .default('')
      .describe('Its CA, a file on the host; those that the host trusts unless told.'),
    datasource_username: z.string().default('').describe('Name to log in with; empty for no login.'),
    datasource_password: secret(z.string())
      .optional()
      .describe('Password to log in with; needed with a name.'),
    dashboards: z
      .array(z.string().regex(/[^/]+\.json$/))
      .default([])
      .describe(
        'Files of dashboards on the controller, found as the `src` of a copy is; no two of the same name.',
      ),
  },

  constants: () => ({ dashboards: '/etc/grafana/dashboards', provisioning: '/etc/grafana/provisioning' }),

  programs: { grafana: '/usr/share/grafana/bin/grafana' },

  handlers: ({ programs }) => ({ restart: restartDaemon(daemon, programs.grafana) }),

  preflight: ({ vars }) => [
    assert('Refuse half of a TLS configuration', {
      that: [vars.tls_certificate_file.eq('').eq(vars.tls_key_file.eq(''))],
      fail_msg: 'Set grafana_tls_certificate_file and grafana_tls_key_file, or none of them.',
      quiet: true,
    }),
    assert('Refuse a package without its checksum', {
      that: [
        vars.source.ne('package').or(vars.package_url.ne('').and(vars.package_sha256.ne(''))),
        vars.datasource_username.eq('').or(vars.datasource_password.isDefined()),
      ],
      fail_msg:
        'The source `package` needs grafana_package_url and grafana_package_sha256, and a name for the data source its password.',
      quiet: true,
    }),
  ],

  install: ({ vars }) => installTasks(vars),

  configure: ({ vars, constants, handlers, programs }) => [
    file('Make the folder of the drop-in', {
      path: '/etc/systemd/system/grafana-server.service.d',
      state: 'directory',
      ...onRoot,
    }),
    template(
      'Write the drop-in of the unit',
      {
        src: 'override.conf.j2',
        dest: '/etc/systemd/system/grafana-server.service.d/override.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { notify: handlers.restart },
    ),
    template(
      'Write the configuration of Grafana',
      { src: 'grafana.ini.j2', dest: '/etc/grafana/grafana.ini', ...owned },
      { needs: programs.grafana, noLog: true, notify: handlers.restart },
    ),
    template(
      'Write the data source',
      { src: 'datasource.yml.j2', dest: j`${constants.provisioning}/datasources/prometheus.yml`, ...owned },
      { needs: programs.grafana, noLog: true, notify: handlers.restart },
    ),
    template(
      'Write where the dashboards are',
      { src: 'dashboards.yml.j2', dest: j`${constants.provisioning}/dashboards/files.yml`, ...owned },
      { needs: programs.grafana, notify: handlers.restart },
    ),
    file(
      'Make the folder of the dashboards',
      {
        path: constants.dashboards,
        state: 'directory',
        owner: 'root',
        group: 'grafana',
        mode: '0750',
      },
      { needs: programs.grafana },
    ),
    each(vars.dashboards, {}, (source) =>
      copy(
        'Write the dashboards',
        {
          src: source,
          dest: j`${constants.dashboards}/${source.pipe('basename')}`,
          ...owned,
          validate: 'python3 -m json.tool %s /dev/null',
        },
        { comment: 'Grafana looks at the folder by itself.', needs: programs.grafana },
      ),
    ),
  ],

  service: ({ vars, programs }) =>
    runDaemon(daemon, programs.grafana, {
      url: j`${vars.tls_certificate_file.pipe('ternary', 'https', 'http')}://${vars.listen_address}:${vars.port}/api/health`,
      caFile: vars.tls_ca_file,
    }),

  example: {
    listen_address: '192.0.2.20',
    domain: 'grafana.example.net',
    datasource_url: 'http://192.0.2.20:9090',
    dashboards: ['dashboards/hosts.json'],
  },
})
