import { z } from 'zod'
import { ansible, defineRole, named, never, secret } from '#dsl'
import { apt, assert, command, file, systemd_service, template } from '#modules/builtin'

export default defineRole({
  name: 'redis',
  summary: 'Run a Redis that keeps what it holds in memory only, with an account and rights for each client.',
  description: `
For what programs share while they run: who is where, messages, queues. Nothing is written to disk, so that a restart empties
it, and a full memory refuses writes instead of forgetting keys.

There is no login without a name: the account \`default\` is off. Each entry of \`redis_users\` says with Redis' own words what
it may do. The file of the accounts holds hashes of the passwords. \`admin\` may do everything; its password is in a
file that only root reads, and with it \`redis-admin\` opens a console on the host:

    redis-admin info clients

With a certificate, all connections are TLS. Redis reads a renewed certificate when it is told to, which a reload of the unit
does; clients stay connected.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    listen_addresses: z
      .array(z.string())
      .min(1)
      .default(['127.0.0.1'])
      .describe("Addresses to bind: the host's own and loopback, which the console uses."),
    port: z.int().min(1).max(65535).default(6379).describe('Port to bind.'),
    admin_password: secret(z.string().min(16)).describe('Password of the account `admin`.'),
    users: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[A-Za-z0-9_-]+$/)
            .describe('Name of the account.'),
          password: secret(z.string().min(16)).describe('Its password.'),
          rules: z
            .array(z.string().regex(/^\S+$/))
            .min(1)
            .describe('What it may do, such as `~app:*`, `&*` and `+@all`.'),
        }),
      )
      .default([])
      .describe('Accounts of clients.'),
    max_memory_mb: z.int().min(16).default(256).describe('Megabytes beyond which writes are refused.'),
    max_clients: z.int().min(10).default(10_000).describe('Connections at most.'),
    certificate_file: z.string().default('').describe('Certificate shown to clients; empty for no TLS.'),
    key_file: z.string().default('').describe('Its key.'),
    ca_file: z
      .string()
      .default('')
      .describe('CA that signed it, which the console believes; needed with a certificate.'),
    key_group: z
      .string()
      .default('')
      .describe('Group that may read the key, and that the service joins; empty for none.'),
    start_timeout: z.int().min(2).default(30).describe('Seconds within which Redis has to answer.'),
  },

  constants: () => ({ admin: '/etc/redis/admin', console: '/usr/local/sbin/redis-admin' }),

  programs: { redis: '/usr/bin/redis-server' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart Redis',
      { name: 'redis-server', state: 'restarted', daemon_reload: true },
      { needs: programs.redis },
    ),
  }),

  preflight: ({ vars }) => [
    assert('Refuse a certificate without key and CA', {
      that: [
        vars.certificate_file.eq('').eq(vars.key_file.eq('')),
        vars.certificate_file.eq('').eq(vars.ca_file.eq('')),
      ],
      fail_msg: 'redis_certificate_file, redis_key_file and redis_ca_file belong together.',
      quiet: true,
    }),
    assert('Refuse accounts that the role makes itself', {
      that: [
        vars.users
          .pipe('map', named({ attribute: 'name' }))
          .pipe('intersect', ['admin', 'default'])
          .pipe('length')
          .eq(0),
      ],
      fail_msg: 'redis_users must not name the accounts admin and default.',
      quiet: true,
    }),
  ],

  install: () => [
    apt(
      'Install Redis',
      { name: ['redis-server', 'redis-tools'], state: 'present', policy_rc_d: 101 },
      { comment: 'Exit code 101 keeps the package from starting a Redis without a password.' },
    ),
  ],

  configure: ({ constants, handlers, programs }) => [
    file('Make the folder of the drop-in', {
      path: '/etc/systemd/system/redis-server.service.d',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the drop-in of the unit',
      {
        src: 'override.conf.j2',
        dest: '/etc/systemd/system/redis-server.service.d/override.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { notify: handlers.restart },
    ),
    template(
      'Write the accounts',
      { src: 'users.acl.j2', dest: '/etc/redis/users.acl', owner: 'root', group: 'redis', mode: '0640' },
      { needs: programs.redis, noLog: true, notify: handlers.restart },
    ),
    template(
      'Write the configuration of Redis',
      { src: 'redis.conf.j2', dest: '/etc/redis/redis.conf', owner: 'root', group: 'redis', mode: '0640' },
      { needs: programs.redis, notify: handlers.restart },
    ),
    template(
      'Write the password of the console',
      { src: 'admin.j2', dest: constants.admin, owner: 'root', group: 'root', mode: '0600' },
      { needs: programs.redis, noLog: true },
    ),
    template('Install the console', {
      src: 'redis-admin.j2',
      dest: constants.console,
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
  ],

  service: ({ vars, constants, programs }) => [
    systemd_service(
      'Keep Redis running',
      { name: 'redis-server', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.redis },
    ),
    command(
      'Wait until Redis answers',
      { argv: [constants.console, 'ping'] },
      {
        comment: 'In check mode nothing is asked, and nothing would be told.',
        when: ansible.checkMode.not(),
        until: (answer) => answer.stdout.eq('PONG'),
        retries: vars.start_timeout.dividedBy(2).pipe('int'),
        delay: 2,
        changedWhen: never('It only asks.'),
      },
    ),
  ],

  example: {
    listen_addresses: ['192.0.2.30', '127.0.0.1'],
    users: [{ name: 'app', password: '{{ vault_redis_app_password }}', rules: ['~app:*', '+@all'] }],
    max_memory_mb: 1024,
    certificate_file: '/etc/tls/redis/redis.crt',
    key_file: '/etc/tls/redis/redis.key',
    ca_file: '/etc/tls/redis/ca.crt',
    key_group: 'tls-redis',
  },
})
