import { z } from 'zod'
import { defineRole, j, named, secret } from '#dsl'
import { assert, copy, file, get_url, systemd_service, template, uri, user } from '#modules/builtin'
import { ports } from './ports.ts'

const port = () => z.int().min(1).max(65535)

export default defineRole({
  name: 'livekit',
  summary: 'Run LiveKit, which forwards the voices and pictures of a call to its participants.',
  description: `
Participants talk to it in two ways. Signalling is HTTP and WebSocket on \`livekit_port\` and belongs behind a proxy that speaks
TLS. Media go straight to the host over UDP (\`livekit_udp_port_first\` to \`livekit_udp_port_last\`), or over
TCP (\`livekit_tcp_port\`) where UDP does not get through; no proxy can stand in front of them. Clients learn the address
from LiveKit itself (\`livekit_address\`) and need no name for it.

**UDP ports.** With \`livekit_udp_mode: mux\` all participants share the range, of which LiveKit uses as many ports as the host has
processors. With \`range\` each participant takes two ports of its own: 100 ports carry 50 participants.

**TURN.** LiveKit tells its clients which relays they may use and makes them a login with \`livekit_turn_secret\`, the relays' own
secret. Without \`livekit_stun_servers\` and relays it sends clients to servers on the internet, which an intranet does not reach.

**One node or several.** A single node keeps its rooms in memory. Nodes that share a Redis act as one.

The program is fetched from \`livekit_program_url\` and refused when its checksum is another one. Its configuration is read
by LiveKit itself before it replaces the old one. LiveKit ends with status 0 even when it cannot start, so the unit
starts it again whatever the status is. It takes all addresses of the host for \`livekit_tcp_port\`, and has no setting for that.

A restart ends the calls of the node; clients rejoin.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    program_url: z.url().describe('Where the program `livekit-server` for this host is fetched from.'),
    program_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Its checksum.'),
    address: z.string().min(1).describe('Address to bind, and under which clients find the node.'),
    use_external_ip: z
      .boolean()
      .default(false)
      .describe(
        'Whether to ask a STUN server under which address the internet sees the node. Without an answer LiveKit does not start.',
      ),
    port: port().default(ports.signal).describe('Port of signalling.'),
    tcp_port: port().default(ports.tcp).describe('Port of media over TCP.'),
    udp_mode: z
      .enum(['mux', 'range'])
      .default('mux')
      .describe('Whether participants share UDP ports or take two each.'),
    udp_port_first: port().default(ports.udpFirst).describe('First UDP port of media.'),
    udp_port_last: port().default(ports.udpLast).describe('Last UDP port of media.'),
    metrics_port: port().default(ports.metrics).describe('Port of the metrics.'),
    keys: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[A-Za-z0-9_-]+$/)
            .describe('Name of the key.'),
          secret: secret(z.string().min(32)).describe('Its secret, which tokens are signed with.'),
        }),
      )
      .min(1)
      .describe('Keys of the services that hand out tokens.'),
    stun_servers: z
      .array(z.string())
      .default([])
      .describe('`host:port` of servers that tell clients their own address.'),
    turn_servers: z
      .array(
        z.object({
          host: z.string().describe('Name of the relay, as its certificate says it.'),
          port: port().describe('Its port.'),
          protocol: z.enum(['udp', 'tcp', 'tls']).describe('How clients talk to it.'),
        }),
      )
      .default([])
      .describe('Relays that clients may use.'),
    turn_secret: secret(z.string().min(16))
      .optional()
      .describe('Secret that logins at the relays are made with; needed with relays.'),
    turn_ttl: z.int().min(60).default(14_400).describe('Seconds for which such a login is good.'),
    auto_create: z
      .boolean()
      .default(false)
      .describe('Whether whoever has a token for a room that is not there makes it by joining.'),
    empty_timeout: z
      .int()
      .min(0)
      .default(300)
      .describe('Seconds that a room waits for its first participant.'),
    departure_timeout: z
      .int()
      .min(0)
      .default(20)
      .describe('Seconds that a room outlives its last participant.'),
    max_participants: z.int().min(0).default(0).describe('Participants of a room at most; 0 for any number.'),
    webhook_urls: z.array(z.url()).default([]).describe('Who is told what happens in the rooms.'),
    webhook_key: z.string().default('').describe('Name of the key that such messages are signed with.'),
    redis: z
      .object({
        address: z.string().describe('`host:port` of Redis.'),
        username: z.string().describe('Account there.'),
        password: secret(z.string()).describe('Its password.'),
        ca_file: z.string().default('').describe('CA of its certificate; empty for no TLS.'),
      })
      .optional()
      .describe('Redis that all nodes share; not set for a single node.'),
    max_tracks: z
      .int()
      .min(-1)
      .default(-1)
      .describe('Tracks in and out beyond which the node takes no further room; -1 for any number.'),
    max_bytes_per_second: z
      .number()
      .min(-1)
      .default(1_000_000_000)
      .describe('Traffic beyond which the node takes no further room; -1 for any.'),
    log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged.'),
    open_files: z.int().min(1024).default(131_072).describe('Files and sockets that LiveKit may have open.'),
    drain_timeout: z
      .int()
      .min(1)
      .default(10)
      .describe('Seconds that a stop waits for participants to leave before it ends their calls.'),
    start_timeout: z.int().min(2).default(60).describe('Seconds within which the node has to be ready.'),
  },

  constants: () => ({ keys_file: '/etc/livekit/keys.yaml', turn_secret_file: '/etc/livekit/turn.secret' }),

  programs: { livekit: '/usr/local/bin/livekit-server' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart LiveKit',
      { name: 'livekit', state: 'restarted', daemon_reload: true },
      { needs: programs.livekit },
    ),
  }),

  preflight: ({ vars }) => [
    assert('Refuse relays without the secret that logins are made with', {
      that: [vars.turn_servers.pipe('length').eq(0).or(vars.turn_secret.isDefined())],
      fail_msg: 'livekit_turn_servers needs livekit_turn_secret.',
      quiet: true,
    }),
    assert('Refuse a range of UDP ports that ends before it begins', {
      that: [vars.udp_port_first.lt(vars.udp_port_last)],
      fail_msg: 'livekit_udp_port_first must be less than livekit_udp_port_last.',
      quiet: true,
    }),
    assert('Refuse messages that nobody could check', {
      that: [
        vars.webhook_urls
          .pipe('length')
          .eq(0)
          .or(
            vars.keys
              .pipe('map', named({ attribute: 'name' }))
              .pipe('list')
              .contains(vars.webhook_key),
          ),
      ],
      fail_msg: 'livekit_webhook_key must be the name of one of livekit_keys.',
      quiet: true,
    }),
  ],

  install: ({ vars, handlers }) => [
    user('Add the account of LiveKit', {
      name: 'livekit',
      comment: 'LiveKit',
      system: true,
      create_home: false,
      home: '/nonexistent',
      shell: '/usr/sbin/nologin',
    }),
    get_url(
      'Install LiveKit',
      {
        url: vars.program_url,
        checksum: j`sha256:${vars.program_sha256}`,
        dest: '/usr/local/bin/livekit-server',
        owner: 'root',
        group: 'root',
        mode: '0755',
      },
      { notify: handlers.restart },
    ),
  ],

  configure: ({ vars, constants, handlers, programs }) => [
    file('Make the folder of the configuration', {
      path: '/etc/livekit',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the unit',
      {
        src: 'livekit.service.j2',
        dest: '/etc/systemd/system/livekit.service',
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { notify: handlers.restart },
    ),
    template(
      'Write the keys',
      { src: 'keys.yaml.j2', dest: constants.keys_file, owner: 'root', group: 'livekit', mode: '0640' },
      { needs: programs.livekit, noLog: true, notify: handlers.restart },
    ),
    copy(
      'Write the secret of the relays',
      {
        content: vars.turn_secret.defaultTo(''),
        dest: constants.turn_secret_file,
        owner: 'root',
        group: 'livekit',
        mode: '0640',
      },
      {
        needs: programs.livekit,
        when: vars.turn_secret.isDefined(),
        noLog: true,
        notify: handlers.restart,
      },
    ),
    template(
      'Write the configuration of LiveKit',
      {
        src: 'config.yaml.j2',
        dest: '/etc/livekit/config.yaml',
        owner: 'root',
        group: 'livekit',
        mode: '0640',
        validate: "/bin/sh -c 'livekit-server --config %s ports | grep -q ICE/UDP'",
      },
      {
        comment:
          'It ends with status 0 even when it cannot read its configuration, but names the ports when it can.',
        needs: programs.livekit,
        noLog: true,
        notify: handlers.restart,
      },
    ),
  ],

  service: ({ vars, programs }) => [
    systemd_service(
      'Keep LiveKit running',
      { name: 'livekit', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.livekit },
    ),
    uri(
      'Wait until the node is ready',
      { url: j`http://${vars.address}:${vars.port}/`, status_code: [200] },
      {
        comment: 'It answers 200 once it knows its own load, which it looks at every two seconds.',
        needs: programs.livekit,
        until: (health) => health.status.eq(200),
        retries: vars.start_timeout.dividedBy(2).pipe('int'),
        delay: 2,
      },
    ),
  ],

  example: {
    program_url: 'http://192.0.2.5:8081/livekit-server-1.13.5-linux-amd64',
    program_sha256: '056f6341f6bfb7cce369fdf2b716651a118ab9279b51f6e8c8f2cd1ef14c4b1d',
    address: '192.0.2.21',
    keys: [{ name: 'calls', secret: '{{ vault_livekit_calls_secret }}' }],
    stun_servers: ['turn1.example.net:3478'],
    turn_servers: [
      { host: 'turn1.example.net', port: 3478, protocol: 'udp' },
      { host: 'turn1.example.net', port: 5349, protocol: 'tls' },
    ],
    turn_secret: '{{ vault_coturn_auth_secret }}',
    webhook_urls: ['https://calls.example.net/sfu_webhook'],
    webhook_key: 'calls',
  },
})
