import { z } from 'zod'
import { defineRole, j, secret } from '#dsl'
import { assert, copy, file, get_url, systemd_service, template, uri, user } from '#modules/builtin'
import { ports } from './ports.ts'

/** A server's name in Matrix, which may carry a port. */
const serverName = () => z.string().regex(/^[A-Za-z0-9.:[\]-]+$/)

export default defineRole({
  name: 'lk_jwt_service',
  summary: 'Hand out tokens for calls on LiveKit to users of Matrix, with lk-jwt-service.',
  description: `
A user's client shows a token of its homeserver (OpenID). The service asks that homeserver whose it is, makes the room in LiveKit
where the user may do that, and answers with a token for it. Without it no call of Element Call works.

It speaks HTTP and belongs behind a proxy with TLS, which has to pass on \`/get_token\`, \`/sfu/get\` (older clients),
\`/delegate_delayed_leave\`, \`/sfu_webhook\` and \`/healthz\`. It believes the CAs that the host trusts, so an internal CA must be
among them.

**Who may make rooms.** Users of \`lk_jwt_service_full_access_homeservers\` may; others join rooms that are there. LiveKit has to be set not to
make rooms by itself (\`room.auto_create: false\`), or it does so for everybody.

**Leaving.** When a client vanishes, the service ends its membership in the call in its place. LiveKit tells it who left: name
\`<public address>/sfu_webhook\` among LiveKit's webhooks, signed with the same key. What it has to do later is in
memory, or in Redis where \`lk_jwt_service_redis\` is set, and then outlives a restart.

Key and secret are in files that only the service reads; the unit hands over the password of Redis in its environment.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    program_url: z.url().describe('Where the program `lk-jwt-service` for this host is fetched from.'),
    program_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Its checksum.'),
    address: z.string().min(1).describe('Address to bind.'),
    port: z.int().min(1).max(65535).default(ports.http).describe('Port to bind.'),
    livekit_url: z
      .string()
      .regex(/^wss?:\/\/\S+$/)
      .describe(
        'Where clients find LiveKit, such as `wss://calls.example.net`; the service asks there, too.',
      ),
    livekit_key: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .describe("Name of LiveKit's key."),
    livekit_secret: secret(z.string().min(32)).describe('Its secret.'),
    full_access_homeservers: z
      .array(serverName())
      .min(1)
      .describe('Names of the Matrix servers whose users may make rooms.'),
    client_api_overrides: z
      .array(
        z.object({
          server: serverName().describe('Name of the Matrix server.'),
          url: z
            .string()
            .regex(/^[^\s,=]+$/)
            .describe('Where its client API is, such as `https://matrix.example.net`.'),
        }),
      )
      .default([])
      .describe('Servers whose client API is not asked for with their `.well-known`.'),
    sanity_check_interval: z
      .int()
      .min(0)
      .default(60)
      .describe(
        'Seconds between two looks whether participants are still there, for messages of LiveKit that got lost; 0 for none.',
      ),
    can_update_own_metadata: z
      .boolean()
      .default(false)
      .describe('Whether participants may change their own name and attributes in a call.'),
    log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged.'),
    redis: z
      .object({
        address: z.string().describe('`host:port` of Redis.'),
        username: z.string().describe('Account there.'),
        password: secret(z.string()).describe('Its password.'),
        tls: z.boolean().default(true).describe('Whether it speaks TLS.'),
      })
      .optional()
      .describe('Where its state outlives a restart; in memory unless set.'),
    start_timeout: z.int().min(2).default(30).describe('Seconds within which the service has to answer.'),
  },

  constants: () => ({ folder: '/etc/lk-jwt-service' }),

  programs: { lk_jwt_service: '/usr/local/bin/lk-jwt-service' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart lk-jwt-service',
      { name: 'lk-jwt-service', state: 'restarted', daemon_reload: true },
      { needs: programs.lk_jwt_service },
    ),
  }),

  preflight: ({ vars }) => [
    assert('Refuse to let the users of every server make rooms', {
      that: [vars.full_access_homeservers.contains('*').not()],
      fail_msg: 'lk_jwt_service_full_access_homeservers must name servers, not *.',
      quiet: true,
    }),
  ],

  install: ({ vars, handlers }) => [
    user('Add the account of lk-jwt-service', {
      name: 'lk-jwt-service',
      comment: 'lk-jwt-service',
      system: true,
      create_home: false,
      home: '/nonexistent',
      shell: '/usr/sbin/nologin',
    }),
    get_url(
      'Install lk-jwt-service',
      {
        url: vars.program_url,
        checksum: j`sha256:${vars.program_sha256}`,
        dest: '/usr/local/bin/lk-jwt-service',
        owner: 'root',
        group: 'root',
        mode: '0755',
      },
      { notify: handlers.restart },
    ),
  ],

  configure: ({ vars, constants, handlers, programs }) => {
    const secretFile = { owner: 'root', group: 'lk-jwt-service', mode: '0640' }
    return [
      file('Make the folder of the configuration', {
        path: constants.folder,
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
      template(
        'Write the unit',
        {
          src: 'lk-jwt-service.service.j2',
          dest: '/etc/systemd/system/lk-jwt-service.service',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: handlers.restart },
      ),
      copy(
        "Write the name of LiveKit's key",
        { content: vars.livekit_key, dest: j`${constants.folder}/key`, ...secretFile },
        { needs: programs.lk_jwt_service, notify: handlers.restart },
      ),
      copy(
        "Write the secret of LiveKit's key",
        { content: vars.livekit_secret, dest: j`${constants.folder}/secret`, ...secretFile },
        { needs: programs.lk_jwt_service, noLog: true, notify: handlers.restart },
      ),
      template(
        'Write the settings of lk-jwt-service',
        {
          src: 'environment.j2',
          dest: j`${constants.folder}/environment`,
          owner: 'root',
          group: 'root',
          mode: '0600',
        },
        { needs: programs.lk_jwt_service, noLog: true, notify: handlers.restart },
      ),
    ]
  },

  service: ({ vars, programs }) => [
    systemd_service(
      'Keep lk-jwt-service running',
      { name: 'lk-jwt-service', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.lk_jwt_service },
    ),
    uri(
      'Wait until the service answers',
      { url: j`http://${vars.address}:${vars.port}/healthz`, status_code: [200] },
      {
        needs: programs.lk_jwt_service,
        until: (health) => health.status.eq(200),
        retries: vars.start_timeout.dividedBy(2).pipe('int'),
        delay: 2,
      },
    ),
  ],

  example: {
    program_url: 'http://192.0.2.5:8081/lk-jwt-service-0.6.0-linux-amd64',
    program_sha256: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    address: '192.0.2.21',
    livekit_url: 'wss://calls.example.net',
    livekit_key: 'calls',
    full_access_homeservers: ['example.net'],
    client_api_overrides: [{ server: 'example.net', url: 'https://matrix.example.net' }],
  },
})
