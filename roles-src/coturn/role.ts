import { z } from 'zod'
import { ansible, defineRole, j, never, secret } from '#dsl'
import { apt, assert, command, file, systemd_service, template } from '#modules/builtin'
import { ports } from './ports.ts'
import { specialRanges } from './special-ranges.ts'

const port = () => z.int().min(1).max(65535)
/** An address, or two with a dash between them: coturn knows no prefix lengths. */
const range = () => z.string().regex(/^[0-9a-f.:]+(-[0-9a-f.:]+)?$/)

export default defineRole({
  name: 'coturn',
  summary: 'Relay calls of devices that cannot reach each other, with TURN over UDP, TCP and TLS.',
  description: `
Clients reach the relay directly: nothing that speaks HTTP can stand in front of it. Logins follow the REST scheme. Whoever
knows \`coturn_auth_secret\` makes a login that ends by itself (\`<time of its end>:<name>\`, and as password the HMAC-SHA1 of
that), so that the relay needs no list of accounts.

**Peers.** A relay reaches whatever its host reaches, for everybody with a login. \`coturn_denied_peers\` are the networks that
hold no devices of users, such as those of servers; \`coturn_allowed_peers\` wins over it and names the servers that do take
part in calls: the other relays and the SFU. Denying all private networks, which is good advice on the internet, denies
every client of an intranet.

**Quotas.** A login may hold \`coturn_user_quota\` allocations at once, the relay \`coturn_total_quota\`. A participant takes two to
four. Each allocation takes a port of the relay's range.

A renewed certificate is read on reload, and calls go on. Any other change of the configuration restarts the relay, which
ends the calls that it carries; clients ask the next one.

coturn cannot check a configuration without running it. Unknown words stand in the journal as \`Bad configuration format\`.
Debian builds it without Prometheus, so it has no metrics of its own: measure by asking it (\`turnutils_stunclient\`,
\`turnutils_uclient\`, which the package brings).
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    address: z.string().min(1).describe('Address that clients ask and that is relayed from.'),
    external_address: z
      .string()
      .default('')
      .describe('Address under which the relay is known behind NAT; empty for none.'),
    port: port().default(ports.turn).describe('Port for clients over UDP and TCP.'),
    tls_port: port().default(ports.tls).describe('Port for clients over TLS and, where it is on, DTLS.'),
    min_port: port().default(ports.relayFirst).describe('First port that is relayed from.'),
    max_port: port().default(ports.relayLast).describe('Last port that is relayed from.'),
    realm: z
      .string()
      .regex(/^\S+$/)
      .describe('Realm of the logins, mostly the domain of the service that hands them out.'),
    server_name: z.string().default('').describe('Name of this relay; the realm unless told.'),
    auth_secret: secret(z.string().min(16)).describe('Secret that logins are made with.'),
    certificate_file: z
      .string()
      .default('')
      .describe("Certificate for the relay's own name; empty for no TLS."),
    key_file: z.string().default('').describe('Its key.'),
    key_group: z
      .string()
      .default('')
      .describe('Group that may read the key, and that the service joins; empty for none.'),
    dtls: z.boolean().default(true).describe('Whether to take DTLS, TLS over UDP, on the same port.'),
    denied_peers: z
      .array(range())
      .default([])
      .describe(
        'Addresses, or ranges such as `192.0.2.0-192.0.2.255`, that nobody may be relayed to, beside those of special use.',
      ),
    allowed_peers: z
      .array(range())
      .default([])
      .describe('Addresses or ranges that may be relayed to although they are denied.'),
    user_quota: z
      .int()
      .min(0)
      .default(12)
      .describe('Allocations of one person at most, over all of their logins; 0 for any number.'),
    total_quota: z.int().min(0).default(4800).describe('Allocations in all at most; 0 for any number.'),
    max_bps: z
      .int()
      .min(0)
      .default(0)
      .describe('Bytes a second that one allocation may take in each direction; 0 for any number.'),
    nonce_lifetime: z
      .int()
      .min(0)
      .default(600)
      .describe('Seconds until a client has to show its login again; 0 for never.'),
    open_files: z
      .int()
      .min(1024)
      .default(131_072)
      .describe('Files and sockets that the relay may have open; some four an allocation.'),
    start_timeout: z.int().min(2).default(30).describe('Seconds within which the relay has to answer.'),
  },

  constants: () => ({
    // What coturn calls a peer is whoever a client asks to be relayed to.
    special_ranges: specialRanges,
  }),

  programs: { turnserver: '/usr/bin/turnserver' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart coturn',
      { name: 'coturn', state: 'restarted', daemon_reload: true },
      { needs: programs.turnserver },
    ),
  }),

  preflight: ({ vars }) => [
    assert('Refuse ports that cannot all be had', {
      that: [
        vars.min_port.le(vars.max_port),
        vars.port.lt(vars.min_port).or(vars.port.gt(vars.max_port)),
        vars.tls_port.lt(vars.min_port).or(vars.tls_port.gt(vars.max_port)),
        vars.port.ne(vars.tls_port),
      ],
      fail_msg:
        'coturn_port and coturn_tls_port must be two, and outside of coturn_min_port to coturn_max_port.',
      quiet: true,
    }),
    assert('Refuse a quota that the ports cannot hold', {
      that: [vars.total_quota.le(vars.max_port.minus(vars.min_port).plus(1))],
      fail_msg: 'coturn_total_quota must not exceed the number of ports to relay from.',
      quiet: true,
    }),
    assert('Refuse a certificate without its key', {
      that: [vars.certificate_file.eq('').eq(vars.key_file.eq(''))],
      fail_msg: 'coturn_certificate_file and coturn_key_file belong together.',
      quiet: true,
    }),
  ],

  install: () => [
    apt(
      'Install coturn',
      { name: ['coturn'], state: 'present', policy_rc_d: 101 },
      {
        comment: 'Exit code 101 keeps the package from starting an open relay on every address of the host.',
      },
    ),
  ],

  configure: ({ handlers, programs }) => [
    file('Make the folder of the drop-in', {
      path: '/etc/systemd/system/coturn.service.d',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the drop-in of the unit',
      {
        src: 'override.conf.j2',
        dest: '/etc/systemd/system/coturn.service.d/override.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { notify: handlers.restart },
    ),
    template(
      'Write the configuration of coturn',
      {
        src: 'turnserver.conf.j2',
        dest: '/etc/turnserver.conf',
        owner: 'root',
        group: 'turnserver',
        mode: '0640',
      },
      { needs: programs.turnserver, noLog: true, notify: handlers.restart },
    ),
  ],

  service: ({ vars, programs }) => [
    systemd_service(
      'Keep coturn running',
      { name: 'coturn', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.turnserver },
    ),
    command(
      'Wait until the relay answers',
      { argv: ['turnutils_stunclient', '-p', j`${vars.port}`, vars.address] },
      {
        comment: 'In check mode nothing is asked, and nothing would be told.',
        when: ansible.checkMode.not(),
        until: (answer) => answer.rc.eq(0),
        retries: vars.start_timeout.dividedBy(2).pipe('int'),
        delay: 2,
        changedWhen: never('It only asks.'),
      },
    ),
  ],

  example: {
    address: '192.0.2.11',
    realm: 'example.net',
    server_name: 'turn1.example.net',
    certificate_file: '/etc/tls/coturn/coturn.crt',
    key_file: '/etc/tls/coturn/coturn.key',
    key_group: 'tls-coturn',
    denied_peers: ['198.51.100.0-198.51.100.255'],
    allowed_peers: ['198.51.100.21'],
  },
})
