import { ansible, choose, defineRole, j, register } from '#dsl'
import { assert, file, meta, stat, systemd_service, template, uri } from '#modules/builtin'
import { dropIn } from '../unit.ts'
import { installTasks } from './install.ts'
import { type PatroniState, provisionTasks } from './provision.ts'
import { variables } from './variables.ts'

export default defineRole({
  name: 'patroni',
  summary: 'Run PostgreSQL as one writer and its standbys, with failover by Patroni and etcd.',
  description: `
The members agree through etcd on who writes. The first host of the first run makes the cluster, the others copy it.
Run this role on one host at a time (\`serial: 1\`): a restart then never meets two members at once.

**Versions.** Patroni before 4.0.6 is refused. Debian 12's 3.0.2 overwrites the leader's key in etcd without looking:
a writer that was cut off and comes back makes two writers on one timeline, and acknowledged commits are lost. Up to
4.0.5 it believes members of etcd that lag behind.

**Settings.** What is one host's own (memory, logs, access) stands in \`/etc/patroni/config.yml\` and is taken over by
a reload. What all members share (\`patroni_dcs_parameters\` and the timings) lives in etcd; the role compares it at
every run and corrects it through Patroni's interface. A value that needs a restart of PostgreSQL is reported, never
forced: \`patronictl -c /etc/patroni/config.yml restart <scope> <member>\`, the standbys first.

**Access.** The superuser has no password and no way in over the network: root and \`postgres\` reach it through the
socket (\`psql -U postgres\`). Patroni's interface shows its state to all who reach it; what changes anything wants a
password and, with TLS, a certificate of the same CA.

**Secrets.** The passwords of \`patroni_users\`, of replication and of rewinding are set on the writer at every run
where they differ. Give poolers the new password at the same time.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: variables,

  constants: ({ vars }) => ({
    tls: vars.tls_certificate_file.ne(''),
    url: j`${choose<string>(vars.tls_certificate_file.ne(''), 'https', 'http')}://${vars.address}:${vars.rest_port}`,
    program: choose<string>(vars.source.eq('wheels'), '/opt/patroni/bin/patroni', '/usr/bin/patroni'),
    data_folder: j`/var/lib/postgresql/${vars.postgresql_version}/main`,
    // Patroni's check of its configuration connects to every etcd it is told of; one member may be down for a while.
    etcd_for_validation: vars.etcd_hosts
      .pipe('select', 'match', j`${vars.address.pipe('regex_escape')}:`)
      .pipe('join', ',')
      .pipe<string>('default', vars.etcd_hosts.pipe('join', ','), true),
    dcs: {
      ttl: vars.ttl,
      loop_wait: vars.loop_wait,
      retry_timeout: vars.retry_timeout,
      failsafe_mode: vars.failsafe_mode,
      synchronous_mode: vars.synchronous_mode,
      synchronous_mode_strict: vars.synchronous_mode_strict,
      synchronous_node_count: vars.synchronous_node_count,
      maximum_lag_on_failover: vars.maximum_lag_on_failover,
      primary_start_timeout: vars.primary_start_timeout,
      postgresql: { use_pg_rewind: true, use_slots: true, parameters: vars.dcs_parameters },
    },
  }),

  programs: { pg_ctlcluster: '/usr/bin/pg_ctlcluster' },

  handlers: ({ vars, constants }) => ({
    // First, so that a first run starts Patroni once: the reload after it finds a running member.
    restart: [
      systemd_service(
        'Restart Patroni',
        { name: 'patroni', state: 'restarted', daemon_reload: true },
        { when: ansible.checkMode.not() },
      ),
      uri(
        'Wait until PostgreSQL runs again',
        { url: j`${constants.url}/health`, ca_path: vars.tls_ca_file, status_code: [200] },
        {
          until: (health) => health.status.eq(200),
          retries: vars.start_timeout.dividedBy(5).pipe('int'),
          delay: 5,
        },
      ),
    ],
    reload: systemd_service(
      'Reload Patroni',
      { name: 'patroni', state: 'reloaded' },
      { when: ansible.checkMode.not() },
    ),
  }),

  preflight: ({ vars }) => [
    assert('Refuse timings that Patroni cannot keep', {
      that: [vars.loop_wait.plus(vars.retry_timeout.times(2)).le(vars.ttl)],
      fail_msg: 'patroni_loop_wait + 2 * patroni_retry_timeout must not exceed patroni_ttl.',
      quiet: true,
    }),
    assert('Refuse half of a TLS configuration', {
      that: [
        vars.tls_certificate_file.eq('').eq(vars.tls_ca_file.eq('')),
        vars.tls_certificate_file.eq('').eq(vars.tls_key_file.eq('')),
      ],
      fail_msg:
        'Set patroni_tls_ca_file, patroni_tls_certificate_file and patroni_tls_key_file, or none of them.',
      quiet: true,
    }),
  ],

  install: (context) => installTasks(context),

  configure: ({ vars, constants, handlers }) => [
    file('Make the folder of the data', {
      path: j`/var/lib/postgresql/${vars.postgresql_version}`,
      state: 'directory',
      owner: 'postgres',
      group: 'postgres',
      mode: '0750',
    }),
    template(
      'Write what runs before Patroni',
      {
        src: 'record-recovery.sh.j2',
        dest: '/usr/local/sbin/patroni-record-recovery',
        owner: 'root',
        group: 'root',
        mode: '0755',
        validate: '/bin/sh -n %s',
      },
      {
        comment:
          'A standby that was killed records how far it came, so that Patroni sees whether to rewind it.',
      },
    ),
    dropIn({ name: 'patroni' }, handlers.restart),
    file('Make the folder of the configuration', {
      path: '/etc/patroni',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the configuration of Patroni',
      {
        src: 'config.yml.j2',
        dest: '/etc/patroni/config.yml',
        owner: 'root',
        group: 'postgres',
        mode: '0640',
        validate: j`env PATRONI_ETCD3_HOSTS=${constants.etcd_for_validation} ${constants.program} --validate-config --ignore-listen-port %s`,
      },
      { noLog: true, notify: handlers.reload },
    ),
  ],

  service: ({ vars, constants }) => {
    const program = register('program', stat('Look for Patroni', { path: constants.program }))
    return [
      meta('Take over changes before PostgreSQL is waited for', { free_form: 'flush_handlers' }),
      program,
      systemd_service(
        'Keep Patroni running',
        { name: 'patroni', state: 'started', enabled: true, daemon_reload: true },
        {
          comment: 'In check mode there is no unit before Patroni is installed.',
          when: ansible.checkMode.not().or(program.stat.exists),
        },
      ),
      uri(
        'Wait until PostgreSQL runs',
        { url: j`${constants.url}/health`, ca_path: vars.tls_ca_file, status_code: [200] },
        {
          comment: 'Patroni answers 200 when PostgreSQL accepts connections, and knows its timeline then.',
          until: (health) => [health.status.eq(200), health.at<PatroniState>('json').timeline.isDefined()],
          retries: vars.start_timeout.dividedBy(5).pipe('int'),
          delay: 5,
        },
      ),
    ]
  },

  provision: (context) => provisionTasks(context),

  example: {
    member: 'db1',
    address: '192.0.2.11',
    members: ['192.0.2.11', '192.0.2.12', '192.0.2.13'],
    etcd_hosts: ['192.0.2.11:2379', '192.0.2.12:2379', '192.0.2.13:2379'],
    clients: [{ database: 'app', user: 'app', address: '192.0.2.0/24' }],
    users: [{ name: 'app', password: '{{ vault_app_password }}' }],
    databases: [{ name: 'app', owner: 'app' }],
  },
})
