import { z } from 'zod'
import { defineRole, secret } from '#dsl'
import { apt, file, template, user } from '#modules/builtin'
import { pgdgRepository, pgdgVariables } from '../patroni/pgdg.ts'
import { dropIn, keepRunning, unitHandlers } from '../unit.ts'

const unit = { name: 'pgbouncer', title: 'PgBouncer' }

const seconds = () => z.int().min(0)

/** Connections of clients to one pooler at most, unless the role is told. */
export const MOST_CLIENTS = 1000

export default defineRole({
  name: 'pgbouncer',
  summary: 'Pool the connections of many clients into few of PostgreSQL.',
  description: `
PgBouncer runs as an account of its own and not as \`postgres\`, the account that Debian's unit names: who breaks into the
pooler does not own the database beside it.

The passwords stand in \`userlist.txt\` as they are, readable by that account alone. The other two ways give more away. SCRAM
secrets in their place serve as well as the password for whoever reads them, and have to be copied out of the database.
\`auth_query\` wants a role that may read the password of every role. A file with the few roles that clients use is the least.

Console: \`runuser -u pgbouncer -- psql -h /run/pgbouncer -p 6432 -U pgbouncer pgbouncer\`.

PgBouncer cannot check a configuration without running it. A reload with a wrong line keeps the old settings and says so
in the journal. Where it listens stands in \`listen.ini\`, the one file whose changes need a restart.

Settings of a role (\`ALTER ROLE ... SET\`) reach pooled connections after \`RECONNECT\` in the console.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    source: z
      .enum(['debian', 'pgdg'])
      .default('debian')
      .describe("Where the package comes from: Debian or PostgreSQL's own archive."),
    ...pgdgVariables,
    listen_addresses: z
      .array(z.string())
      .min(1)
      .default(['127.0.0.1'])
      .describe(
        "Addresses to bind. Never the wildcard where a virtual IP has the same port: name the host's own and loopback.",
      ),
    port: z.int().min(1).max(65535).default(6432).describe('Port to bind.'),
    databases: z
      .array(
        z.object({
          name: z.string().describe('Name that clients ask for.'),
          host: z.string().describe('Address of the server: the writer, wherever it is.'),
          port: z.int().min(1).max(65535).default(5432).describe('Port of the server.'),
          dbname: z.string().describe('Name of the database on the server.'),
          pool_mode: z
            .enum(['session', 'transaction', 'statement'])
            .default('transaction')
            .describe('When a connection goes back to the pool.'),
          pool_size: z.int().min(1).describe('Connections to the server for each user.'),
          max_db_connections: z
            .int()
            .min(1)
            .describe('Connections to the server at most, for all users together and with the reserve.'),
        }),
      )
      .default([])
      .describe('What clients may ask for.'),
    users: z
      .array(
        z.object({
          name: z.string().describe('Name of the role.'),
          password: secret(z.string()).describe('Its password, with which PgBouncer logs in as well.'),
        }),
      )
      .default([])
      .describe('Roles that may log in.'),
    stats_users: z
      .array(z.string())
      .default([])
      .describe('Users who may read statistics in the console, such as that of an exporter.'),
    max_client_connections: z.int().min(10).default(MOST_CLIENTS).describe('Connections of clients at most.'),
    min_pool_size: z.int().min(0).default(0).describe('Connections to the server that stay open when idle.'),
    reserve_pool_size: z
      .int()
      .min(0)
      .default(0)
      .describe('Further connections of a pool while clients have waited for two seconds.'),
    query_wait_timeout: seconds()
      .default(30)
      .describe('Seconds that a query may wait for a connection before the client gets an error.'),
    server_login_retry: seconds()
      .default(1)
      .describe('Seconds between attempts to log in; it adds to the time of a failover.'),
    server_connect_timeout: seconds().default(3).describe('Seconds that connecting to a server may take.'),
    server_lifetime: seconds().default(3600).describe('Seconds after which an idle connection is renewed.'),
    server_idle_timeout: seconds().default(300).describe('Seconds after which an idle connection is closed.'),
    idle_transaction_timeout: seconds()
      .default(600)
      .describe('Seconds that a client may be idle in a transaction.'),
    server_tls_mode: z
      .enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'])
      .default('prefer')
      .describe('TLS to PostgreSQL.'),
    tls_ca_file: z.string().default('').describe('CA certificates that PostgreSQL is checked against.'),
    tls_certificate_file: z
      .string()
      .default('')
      .describe('Certificate shown to clients; empty for no TLS with clients.'),
    tls_key_file: z.string().default('').describe('Key of the certificate.'),
    tls_group: z
      .string()
      .default('')
      .describe('Group that may read the key, and that the service joins; empty for none.'),
    client_tls_mode: z
      .enum(['disable', 'allow', 'prefer', 'require'])
      .default('prefer')
      .describe('TLS with clients, where there is a certificate.'),
  },

  programs: { pgbouncer: '/usr/sbin/pgbouncer' },

  handlers: ({ programs }) => unitHandlers(unit, programs.pgbouncer),

  install: ({ vars }) => {
    const pgdg = pgdgRepository({
      wanted: vars.source.eq('pgdg'),
      mirror: vars.pgdg_mirror,
      key: vars.pgdg_key,
    })
    return [
      pgdg.tasks,
      user('Add the account of PgBouncer', {
        name: 'pgbouncer',
        comment: 'PgBouncer',
        system: true,
        create_home: false,
        home: '/nonexistent',
        shell: '/usr/sbin/nologin',
      }),
      apt(
        'Install PgBouncer',
        { name: ['pgbouncer'], state: 'present', update_cache: pgdg.added },
        {
          comment: 'In check mode the packages of an archive that is not there yet are unknown.',
          when: pgdg.ready,
        },
      ),
    ]
  },

  configure: ({ handlers }) => [
    dropIn(unit, handlers.restart),
    file('Keep the configuration from others', {
      path: '/etc/pgbouncer',
      state: 'directory',
      owner: 'root',
      group: 'pgbouncer',
      mode: '0750',
    }),
    template(
      'Write where PgBouncer listens',
      {
        src: 'listen.ini.j2',
        dest: '/etc/pgbouncer/listen.ini',
        owner: 'root',
        group: 'pgbouncer',
        mode: '0640',
      },
      { notify: handlers.restart },
    ),
    template(
      'Write the passwords of the users',
      {
        src: 'userlist.txt.j2',
        dest: '/etc/pgbouncer/userlist.txt',
        owner: 'root',
        group: 'pgbouncer',
        mode: '0640',
      },
      { noLog: true, notify: handlers.reload },
    ),
    template(
      'Write the configuration of PgBouncer',
      {
        src: 'pgbouncer.ini.j2',
        dest: '/etc/pgbouncer/pgbouncer.ini',
        owner: 'root',
        group: 'pgbouncer',
        mode: '0640',
      },
      { notify: handlers.reload },
    ),
  ],

  service: ({ programs }) => [keepRunning(unit, programs.pgbouncer)],

  example: {
    listen_addresses: ['192.0.2.11', '127.0.0.1'],
    databases: [{ name: 'app', host: '192.0.2.10', dbname: 'app', pool_size: 50, max_db_connections: 60 }],
    users: [{ name: 'app', password: '{{ vault_app_password }}' }],
    server_tls_mode: 'verify-full',
    tls_ca_file: '/etc/tls/pgbouncer/ca.crt',
  },
})
