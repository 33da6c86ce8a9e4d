import { z } from 'zod'
import {
  all,
  ansible,
  block,
  choose,
  defineRole,
  each,
  includeEach,
  j,
  named,
  never,
  register,
  secret,
} from '#dsl'
import {
  apt,
  assert,
  command,
  debug,
  file,
  get_url,
  meta,
  pip,
  stat,
  systemd_service,
  template,
  uri,
} from '#modules/builtin'
import {
  postgresql_db,
  postgresql_membership,
  postgresql_query,
  postgresql_user,
} from '#modules/community.postgresql'
import { dropIn } from '../unit.ts'
import { pgdgRepository, pgdgVariables } from './pgdg.ts'

const port = () => z.int().min(1).max(65535)
const scalar = () => z.union([z.string(), z.number(), z.boolean()])

/** Where the socket of PostgreSQL is on Debian. */
const SOCKET = '/var/run/postgresql'
/** What Patroni says of itself. */
interface PatroniState {
  readonly timeline: number
  readonly pending_restart?: boolean
}
/** Settings of a role's sessions in one database, one line each, as ALTER ROLE wrote them. */
const OWNER_SETTINGS = `SELECT unnest(setconfig) AS line
FROM pg_db_role_setting
JOIN pg_database ON pg_database.oid = setdatabase
JOIN pg_roles ON pg_roles.oid = setrole
WHERE datname = %(database)s AND rolname = %(owner)s`
/** What Patroni needs beside its own wheel, from Debian, which keeps it safe. */
const WHEEL_DEPENDENCIES = [
  'python3-cdiff',
  'python3-click',
  'python3-dateutil',
  'python3-packaging',
  'python3-prettytable',
  'python3-psutil',
  'python3-setuptools',
  'python3-urllib3',
  'python3-venv',
  'python3-yaml',
]

export default defineRole({
  name: 'patroni',
  summary: 'Run PostgreSQL as one writer and its standbys, with failover by Patroni and etcd.',
  description: `
The members agree through etcd on who writes. The first host of the first run makes the cluster, the others copy it.
Run this role on one host at a time (\`serial: 1\`): a restart then never meets two members at once.

**Versions.** Patroni before 4.0.6 is refused. Debian 12's 3.0.2 overwrites the leader's key in etcd without looking:
a writer that was cut off and comes back makes two writers on one timeline, and acknowledged commits are lost.

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

  vars: {
    source: z
      .enum(['pgdg', 'debian', 'wheels'])
      .default('pgdg')
      .describe("Where Patroni comes from: PostgreSQL's own archive, Debian, or Python wheels."),
    postgresql_source: z
      .enum(['pgdg', 'debian'])
      .default('pgdg')
      .describe("Where PostgreSQL comes from: its own archive or Debian's."),
    ...pgdgVariables,
    wheels: z
      .array(
        z.object({
          name: z.string().describe('Name of the Python distribution.'),
          version: z.string().describe('Its version.'),
          url: z.string().describe('Where the wheel is served; the last part is the file name.'),
          sha256: z.string().length(64).describe('SHA-256 of the wheel.'),
        }),
      )
      .default([])
      .describe(
        'Wheels for the source `wheels`: Patroni, and what Debian lacks of its needs. All else comes from Debian.',
      ),
    minimum_version: z
      .string()
      .default('4.0.6')
      .describe('Older versions of Patroni are refused: they lose acknowledged commits.'),
    postgresql_version: z.int().min(14).max(18).default(16).describe('Major version of PostgreSQL.'),

    scope: z.string().default('postgresql').describe('Name of the cluster in etcd.'),
    member: z.string().describe('Name of this member, unique in the cluster.'),
    address: z.string().describe('Address of this host, to which PostgreSQL and Patroni bind.'),
    port: port().default(5432).describe('Port of PostgreSQL.'),
    rest_port: port().default(8008).describe("Port of Patroni's interface."),
    members: z.array(z.string()).min(1).describe('Addresses of all members, this host included.'),
    etcd_hosts: z
      .array(z.string().regex(/^.+:[0-9]+$/))
      .min(1)
      .describe('The members of etcd, each as `address:port`.'),

    tls_ca_file: z.string().default('').describe('CA of all certificates below; empty for no TLS at all.'),
    tls_certificate_file: z
      .string()
      .default('')
      .describe("Certificate of this host for PostgreSQL, Patroni's interface and as a client of etcd."),
    tls_key_file: z.string().default('').describe('Key of the certificate.'),
    tls_group: z
      .string()
      .default('')
      .describe('Group that may read the key, and that the service joins; empty for none.'),

    ttl: z.int().min(20).default(20).describe('Seconds after which a silent leader loses its key.'),
    loop_wait: z.int().min(1).default(5).describe('Seconds between two looks at the cluster.'),
    retry_timeout: z
      .int()
      .min(3)
      .default(5)
      .describe(
        'Seconds that etcd or PostgreSQL may take; loop_wait + 2 * retry_timeout must not exceed ttl.',
      ),
    failsafe_mode: z
      .boolean()
      .default(true)
      .describe('Keep writing while etcd has no quorum, as long as all members are reached.'),
    synchronous_mode: z
      .boolean()
      .default(true)
      .describe('Acknowledge commits when a standby has them, so that a failover loses none.'),
    synchronous_mode_strict: z
      .boolean()
      .default(false)
      .describe('Stop writes rather than go on without a synchronous standby.'),
    synchronous_node_count: z.int().min(1).default(1).describe('Standbys that must have a commit.'),
    maximum_lag_on_failover: z
      .int()
      .min(0)
      .default(1048576)
      .describe('Bytes that a standby may be behind to become the writer, without synchronous mode.'),
    primary_start_timeout: z
      .int()
      .min(0)
      .default(60)
      .describe('Seconds that a crashed writer has to recover before a standby takes over.'),
    watchdog_mode: z
      .enum(['off', 'automatic', 'required'])
      .default('automatic')
      .describe(
        'Watchdog that resets a host whose Patroni hangs; `off` where the host has no kernel of its own.',
      ),

    dcs_parameters: z
      .record(z.string(), scalar())
      .default({ max_connections: 200, max_worker_processes: 8, wal_log_hints: 'on' })
      .describe(
        'Parameters of PostgreSQL that all members share and that Patroni takes from etcd alone, such as max_connections.',
      ),
    parameters: z
      .record(z.string(), scalar())
      .default({})
      .describe(
        'All other parameters of PostgreSQL, as in postgresql.conf; they may differ from host to host.',
      ),
    clients: z
      .array(
        z.object({
          database: z.string().describe('Database that may be used.'),
          user: z.string().describe('Role that may log in.'),
          address: z.string().describe('Address or network, with a prefix length.'),
        }),
      )
      .default([])
      .describe(
        'Who may log in over the network, with a password (and over TLS where there is a certificate).',
      ),

    users: z
      .array(
        z.object({
          name: z.string().describe('Name of the role.'),
          password: secret(z.string()).describe('Its password.'),
          member_of: z
            .array(z.string())
            .default([])
            .describe('Roles whose rights it has, such as `pg_monitor`; any other membership is ended.'),
        }),
      )
      .default([])
      .describe(
        'Roles that log in; their rights are those of the databases that they own and of `member_of`.',
      ),
    databases: z
      .array(
        z.object({
          name: z.string().describe('Name of the database.'),
          owner: z.string().describe('Role that owns it.'),
          settings: z
            .record(z.string(), z.string())
            .default({})
            .describe(
              "Settings of the owner's sessions in this database (ALTER ROLE ... IN DATABASE ... SET).",
            ),
        }),
      )
      .default([])
      .describe('Databases, in UTF-8 with the collation C.'),

    replication_password: secret(z.string()).describe('Password of the role `replicator`.'),
    rewind_password: secret(z.string()).describe('Password of the role `rewinder`.'),
    rest_password: secret(z.string()).describe("Password of the account `patroni` of Patroni's interface."),
    start_timeout: z
      .int()
      .min(30)
      .default(600)
      .describe('Seconds that PostgreSQL may take to run, a copy of the whole database included.'),
  },

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

  install: ({ vars, constants, programs, handlers }) => {
    const pgdg = pgdgRepository({
      wanted: vars.postgresql_source.eq('pgdg').or(vars.source.eq('pgdg')),
      mirror: vars.pgdg_mirror,
      key: vars.pgdg_key,
    })
    const unknown = 'In check mode the packages of an archive that is not there yet are unknown.'
    const packaged = vars.source.ne('wheels')
    const wheelFolder = register(
      'wheel_folder',
      file('Make the folder of the wheels', {
        path: '/opt/patroni/wheels',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
    )
    const folderThereOrMade = all(ansible.checkMode, wheelFolder.isChanged()).not()
    const candidate = register(
      'candidate',
      command(
        'Ask apt which Patroni it would install',
        { argv: ['apt-cache', 'policy', 'patroni'] },
        {
          when: [packaged, pgdg.ready],
          environment: { LC_ALL: 'C' },
          changedWhen: never('It only asks.'),
          checkMode: false,
        },
      ),
    )
    const version = register(
      'version',
      command(
        'Ask Patroni for its version',
        { argv: [constants.program, '--version'], removes: constants.program },
        { changedWhen: never('It only asks.'), checkMode: false },
      ),
    )
    const tooOld = j`Patroni ${vars.minimum_version} or newer is needed: older ones lose acknowledged commits when a writer that was cut off returns. Take it from another patroni_source.`
    return [
      file('Make the folder of the settings of PostgreSQL packages', {
        path: '/etc/postgresql-common',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
      template(
        'Make no cluster when PostgreSQL is installed',
        {
          src: 'createcluster.conf.j2',
          dest: '/etc/postgresql-common/createcluster.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { comment: 'Before the packages, since they would make one: Patroni makes its own.' },
      ),
      pgdg.tasks,
      apt(
        'Install PostgreSQL',
        { name: [j`postgresql-${vars.postgresql_version}`], state: 'present', update_cache: pgdg.added },
        { comment: unknown, when: pgdg.ready },
      ),
      candidate,
      assert(
        'Refuse to install a Patroni that loses acknowledged commits',
        {
          that: [
            candidate.stdout
              .pipe('regex_search', '(?<=Candidate: )[0-9.]+')
              .pipe<string>('default', '0', true)
              .versionAtLeast(vars.minimum_version),
          ],
          fail_msg: tooOld,
          quiet: true,
        },
        { when: candidate.isSkipped().not() },
      ),
      apt(
        'Install Patroni',
        { name: ['patroni', 'python3-etcd', 'python3-psycopg2'], state: 'present' },
        { comment: unknown, when: [packaged, pgdg.ready] },
      ),
      block(
        'Install Patroni from wheels',
        [
          apt('Install what Patroni needs', {
            name: ['python3-etcd', 'python3-psycopg2', ...WHEEL_DEPENDENCIES],
            state: 'present',
          }),
          wheelFolder,
          each(vars.wheels, { as: 'wheel', label: (wheel) => wheel.name }, (wheel) =>
            get_url(
              'Fetch the wheels',
              {
                url: wheel.url,
                dest: j`/opt/patroni/wheels/${wheel.url.pipe('basename')}`,
                checksum: j`sha256:${wheel.sha256}`,
                owner: 'root',
                group: 'root',
                mode: '0644',
              },
              { comment: 'In check mode there is nowhere to put them yet.', when: folderThereOrMade },
            ),
          ),
          each(vars.wheels, { as: 'wheel', label: (wheel) => wheel.name }, (wheel) =>
            pip(
              'Install the wheels',
              {
                name: [j`${wheel.name}==${wheel.version}`],
                virtualenv: '/opt/patroni',
                virtualenv_command: '/usr/bin/python3 -m venv',
                virtualenv_site_packages: true,
              },
              {
                comment:
                  'Options of pip as variables: with extra_args check mode would always report a change.',
                environment: {
                  PIP_NO_INDEX: '1',
                  PIP_FIND_LINKS: '/opt/patroni/wheels',
                  PIP_NO_DEPS: '1',
                  PIP_DISABLE_PIP_VERSION_CHECK: '1',
                },
                when: folderThereOrMade,
                notify: handlers.restart,
              },
            ),
          ),
          file('Let people find its command', {
            path: '/usr/local/bin/patronictl',
            src: '/opt/patroni/bin/patronictl',
            state: 'link',
            // In check mode there is nothing yet to lead to.
            force: true,
            owner: 'root',
            group: 'root',
          }),
          template(
            'Write the unit of Patroni',
            {
              src: 'patroni.service.j2',
              dest: '/etc/systemd/system/patroni.service',
              owner: 'root',
              group: 'root',
              mode: '0644',
            },
            { notify: handlers.restart },
          ),
        ],
        { when: vars.source.eq('wheels') },
      ),
      version,
      assert(
        'Refuse a Patroni that loses acknowledged commits',
        {
          that: [version.stdout.pipe('regex_search', '[0-9]+[0-9.]+').versionAtLeast(vars.minimum_version)],
          fail_msg: tooOld,
          quiet: true,
        },
        { when: version.stdout.defaultTo('').is('match', 'patroni [0-9]') },
      ),
      systemd_service(
        "Leave starting PostgreSQL to Patroni, not to Debian's unit",
        { name: 'postgresql', enabled: false },
        { needs: programs.pg_ctlcluster },
      ),
    ]
  },

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

  provision: ({ vars, constants }) => {
    const socket = { login_unix_socket: SOCKET, login_user: 'postgres', login_port: vars.port }
    const leader = register(
      'leader',
      uri(
        'Ask whether this host is the writer',
        { url: j`${constants.url}/primary`, ca_path: vars.tls_ca_file, status_code: [200, 503, -1] },
        { changedWhen: never('It only asks.'), checkMode: false },
      ),
    )
    const settings = register(
      'settings',
      uri(
        'Read the settings that all members share',
        { url: j`${constants.url}/config`, ca_path: vars.tls_ca_file, status_code: [200, -1] },
        { changedWhen: never('It only asks.'), checkMode: false },
      ),
    )
    const writes = leader.status.defaultTo(0).eq(200)
    const current = settings.at<Readonly<Record<string, unknown>>>('json')
    const state = leader.at<PatroniState>('json')
    const corrected = current.pipe('combine', constants.dcs, named({ recursive: true }))
    return [
      leader,
      settings,
      uri(
        'Correct the settings that all members share',
        {
          url: j`${constants.url}/config`,
          method: 'PATCH',
          body: constants.dcs,
          body_format: 'json',
          url_username: 'patroni',
          url_password: vars.rest_password,
          force_basic_auth: true,
          ca_path: vars.tls_ca_file,
          client_cert: vars.tls_certificate_file,
          client_key: vars.tls_key_file,
          status_code: [200],
        },
        {
          when: [settings.status.defaultTo(0).eq(200), corrected.ne(current)],
          changedWhen: (answer) => answer.status.eq(200),
          noLog: true,
        },
      ),
      debug(
        'Say that parameters wait for a restart of PostgreSQL',
        {
          msg: j`Parameters wait for a restart of this member: patronictl -c /etc/patroni/config.yml restart ${vars.scope} ${vars.member}`,
        },
        { when: [state.isDefined(), state.pending_restart.defaultTo(false).pipe('bool')] },
      ),
      block(
        'Tell the writer of its roles and databases',
        [
          postgresql_user(
            'Keep the password of replication',
            {
              ...socket,
              name: 'replicator',
              password: vars.replication_password,
              role_attr_flags: 'LOGIN,REPLICATION,NOSUPERUSER,NOCREATEDB,NOCREATEROLE',
            },
            { noLog: true },
          ),
          postgresql_user(
            'Keep the password of rewinding',
            {
              ...socket,
              name: 'rewinder',
              password: vars.rewind_password,
              role_attr_flags: 'LOGIN,NOREPLICATION,NOSUPERUSER,NOCREATEDB,NOCREATEROLE',
            },
            { noLog: true },
          ),
          each(vars.users, { as: 'account', label: (account) => account.name }, (account) =>
            postgresql_user(
              'Keep the roles of clients',
              {
                ...socket,
                name: account.name,
                password: account.password,
                role_attr_flags: 'LOGIN,NOREPLICATION,NOSUPERUSER,NOCREATEDB,NOCREATEROLE',
              },
              { noLog: true },
            ),
          ),
          each(vars.users, { as: 'account', label: (account) => account.name }, (account) =>
            postgresql_membership(
              'Keep the memberships of clients',
              {
                ...socket,
                login_db: 'postgres',
                target_roles: [account.name],
                groups: account.member_of.defaultTo([]),
                state: 'exact',
                fail_on_role: ansible.checkMode.not(),
              },
              { comment: 'In check mode the role may not be there yet.', noLog: true },
            ),
          ),
          includeEach(
            'Keep each database',
            'database',
            vars.databases,
            { as: 'database', label: (database) => database.name },
            (database) => {
              const created = register(
                'created',
                postgresql_db('Make the database', {
                  ...socket,
                  name: database.name,
                  owner: database.owner,
                  encoding: 'UTF-8',
                  lc_collate: 'C',
                  lc_ctype: 'C',
                  template: 'template0',
                  state: 'present',
                }),
              )
              const known = register(
                'known',
                postgresql_query("Read the settings of the owner's sessions", {
                  ...socket,
                  login_db: 'postgres',
                  query: OWNER_SETTINGS,
                  named_args: { database: database.name, owner: database.owner },
                }),
              )
              const lines = known
                .at<readonly { readonly line: string }[]>('query_result')
                .pipe('map', named({ attribute: 'line' }))
                .pipe('list')
              const wanted = database.settings.pipe<readonly { key: string; value: string }[]>('dict2items')
              return [
                created,
                known,
                each(wanted, { as: 'setting', label: (setting) => setting.key }, (setting) =>
                  postgresql_query(
                    "Correct the settings of the owner's sessions",
                    {
                      ...socket,
                      login_db: 'postgres',
                      query: j`ALTER ROLE "${database.owner}" IN DATABASE "${database.name}" SET ${setting.key} TO %(value)s`,
                      named_args: { value: setting.value },
                    },
                    {
                      comment: 'Not in check mode while the database is not there.',
                      when: [
                        ansible.checkMode.not().or(created.isChanged().not()),
                        j`${setting.key}=${setting.value}`.notIn(lines),
                      ],
                    },
                  ),
                ),
              ]
            },
          ),
        ],
        { when: writes },
      ),
    ]
  },

  example: {
    member: 'db1',
    address: '192.0.2.11',
    members: ['192.0.2.11', '192.0.2.12', '192.0.2.13'],
    etcd_hosts: ['192.0.2.11:2379', '192.0.2.12:2379', '192.0.2.13:2379'],
    clients: [{ database: 'app', user: 'app', address: '192.0.2.0/24' }],
    databases: [{ name: 'app', owner: 'app' }],
  },
})
