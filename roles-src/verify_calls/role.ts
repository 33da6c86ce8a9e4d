import { z } from 'zod'
import {
  ansible,
  block,
  choose,
  defineRole,
  type Expr,
  each,
  j,
  lookup,
  named,
  never,
  register,
  secret,
  type TaskItem,
  value,
} from '#dsl'
import { assert, command, copy, debug, file, get_url, set_fact, tempfile } from '#modules/builtin'

const ports = () => z.string().regex(/^\d+(-\d+)?$/)
const peer = () => z.string().regex(/^\d{1,3}(\.\d{1,3}){3}:\d+$/)
const uri = () => z.string().regex(/^turns?:[^:\s]+:\d+\?transport=(udp|tcp)$/)
const way = () => z.enum(['udp', 'tcp', 'relay-udp', 'relay-tls'])

/** The table in which UDP is closed, and how it goes whether it is there or not. */
const TABLE = 'inet verify_calls'
const WITHOUT_TABLE = `table ${TABLE}\ndelete table ${TABLE}\n`

/** Seconds in which a call that cannot come about has to have shown it. */
const SHUT_AFTER = 8

export default defineRole({
  name: 'verify_calls',
  summary: 'Make calls as clients do, directly and through relays, and print what became of them.',
  description: `
It runs on a machine that stands where clients are, and asks with a program of its own, \`call-probe\`:

- Each of \`verify_calls_relays\` lends an address over its transport (with \`turns:\`, its certificate is checked). Packets go
  through it to a socket of the machine and to an allocation at a second relay, and come back; a wrong password is refused,
  and so are the peers of \`verify_calls_refused_peers\`.
- At \`verify_calls_url\` two participants meet in a room that the token of the first one makes; another token makes none. One
  publishes, and \`verify_calls_packets\` RTP packets have to reach the other one. Over which addresses and ports the media
  went is printed, and compared with those that are declared. This is repeated for each way:

| ways | UDP of the machine |
| --- | --- |
| \`verify_calls_ways\` | open |
| \`verify_calls_ways_without_media\` | closed to \`verify_calls_servers\`; that it is, is tried first |
| \`verify_calls_ways_without_udp\` | closed to everybody |

\`udp\` and \`tcp\` lead to LiveKit itself. With \`relay-udp\` and \`relay-tls\` the participants use nothing but the relays that
LiveKit tells them of, with the logins that it makes.

All is asked, whatever the answers are; then a line for each is printed, and the play fails with those that are not good.

To close UDP the machine needs nftables, and the account has to be root. It is a table of its own, which is removed
whatever happens; where a run is killed, it closes nothing any more after \`verify_calls_closed_for\` seconds. The program and
the secrets lie in a temporary folder that only the account can read while they are needed. Check mode asks nothing.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    program_url: z.url().describe('Where the program `call-probe` for this machine is fetched from.'),
    program_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Its checksum.'),
    ca_certificate_file: z
      .string()
      .default('')
      .describe('File on the controller with the CA that is believed; those of the machine unless told.'),
    resolver: z
      .string()
      .default('')
      .describe('Name server that is asked, over TCP; as the machine does unless told.'),
    timeout: z.int().min(5).default(30).describe('Seconds that each question may take.'),

    relays: z
      .array(
        z.object({
          uri: uri().describe('The relay, as clients are told of it.'),
          through: uri().optional().describe('A second relay, at which the peer of the packets is, too.'),
        }),
      )
      .default([])
      .describe('Relays, one for each transport.'),
    relay_secret: secret(z.string().min(1))
      .optional()
      .describe('Secret that logins for the relays are made with.'),
    relay_addresses: z.array(z.string()).default([]).describe('Addresses that relays lend.'),
    relay_ports: ports().default('49152-65535').describe('Ports that they lend.'),
    refused_peers: z
      .array(peer())
      .default([])
      .describe('Addresses and ports to which no relay may lead, such as those of a database.'),

    url: z.string().default('').describe('LiveKit, as clients are told of it; empty for no calls.'),
    api_key: z.string().default('').describe('Name of the key that tokens are signed with.'),
    api_secret: secret(z.string().min(1)).optional().describe('Its secret.'),
    servers: z.array(z.string()).default([]).describe('Addresses from which LiveKit sends media.'),
    udp_ports: ports().default('7882-7897').describe('UDP ports of LiveKit.'),
    tcp_port: ports().default('7881').describe('TCP port of its media.'),
    told_relays: z.array(uri()).default([]).describe('Relays that LiveKit has to tell its clients of.'),
    packets: z.int().min(1).default(500).describe('RTP packets that have to arrive in each call.'),
    ways: z.array(way()).default(['udp']).describe('Ways that are tried as the machine is.'),
    ways_without_media: z
      .array(way())
      .default([])
      .describe('Ways that are tried while UDP is closed to `verify_calls_servers`.'),
    ways_without_udp: z
      .array(way())
      .default([])
      .describe('Ways that are tried while UDP is closed to everybody.'),
    closed_for: z.int().min(30).default(600).describe('Seconds for which UDP is closed at most.'),
    fail_later: z
      .boolean()
      .default(false)
      .describe(
        'Leave it to a later play to fail where the fact `verify_calls_wrong` is not empty, so that other questions are asked before.',
      ),
  },

  service: ({ vars }) => {
    const folder = register(
      'folder',
      tempfile(
        'Make a folder for the program',
        { state: 'directory', suffix: '.verify_calls' },
        { changedWhen: never('It is removed again.') },
      ),
    )
    const inFolder = (name: string) => value<string>([folder.path, name]).pipe<string>('path_join')
    const ca = choose<string>(vars.ca_certificate_file.eq(''), '', inFolder('ca.crt'))
    const calls = vars.url.ne('')
    const asked = {
      changedWhen: never('It asks, and the room that it makes ends by itself.'),
      failedWhen: (result: Expr<{ readonly rc: number }>) => result.rc.notIn([0, 1]),
    }
    /** A file that only the account can read, for as long as it is needed. */
    const write = (name: string, to: string, content: Expr<string>, when: Expr<boolean>) =>
      copy(
        name,
        { dest: inFolder(to), content, mode: '0600' },
        { when, changedWhen: never('It is removed again.') },
      )
    const common = (secretFile: string) => [
      ...['--secret-file', inFolder(secretFile), '--ca', ca, '--resolver', vars.resolver],
    ]
    const call = (name: string, chosen: Expr<string>, seconds: Expr<number> | number, shut: boolean) =>
      command(
        name,
        {
          argv: [
            ...[inFolder('call-probe'), 'room', ...common('api_secret'), '--timeout', j`${seconds}s`],
            ...['--url', vars.url, '--key', vars.api_key, '--way', chosen, '--closed'],
            ...['--packets', vars.packets.pipe('string'), '--server', vars.servers.pipe('join', ',')],
            ...['--udp-ports', vars.udp_ports, '--tcp-port', vars.tcp_port],
            ...['--relay', vars.told_relays.pipe('join', ',')],
            ...['--relay-address', vars.relay_addresses.pipe('join', ',')],
            ...(shut ? ['--shut'] : []),
          ],
        },
        { when: calls, ...asked },
      )
    const callsBy = (result: string, name: string, list: Expr<readonly z.output<ReturnType<typeof way>>[]>) =>
      register(
        result,
        each(list, { as: 'way' }, (chosen) => call(name, chosen, vars.timeout, false)),
      )

    const relays = register(
      'relays',
      each(vars.relays, { as: 'relay', label: (relay) => relay.uri }, (relay) =>
        command(
          'Ask the relays',
          {
            argv: [
              ...[
                inFolder('call-probe'),
                'turn',
                ...common('relay_secret'),
                '--timeout',
                j`${vars.timeout}s`,
              ],
              ...['--uri', relay.uri, '--through', relay.through.defaultTo('')],
              ...['--relay-ports', vars.relay_ports, '--refused', vars.refused_peers.pipe('join', ',')],
            ],
          },
          asked,
        ),
      ),
    )
    const open = callsBy('open', 'Make calls', vars.ways)
    const shut = register('shut', call('See that UDP is closed', value('udp'), SHUT_AFTER, true))
    const withoutMedia = callsBy(
      'without_media',
      'Make calls without UDP to LiveKit',
      vars.ways_without_media,
    )
    const withoutUdp = callsBy('without_udp', 'Make calls without UDP', vars.ways_without_udp)
    /** Tasks while UDP that `match` matches is closed. The closing ends by itself where nobody is left to end it. */
    const closed = (
      name: string,
      to: string,
      match: Expr<string> | string,
      when: Expr<boolean>,
      tasks: readonly TaskItem[],
    ) => [
      block(
        name,
        [
          command(
            `Close UDP${to}`,
            {
              argv: ['/usr/sbin/nft', '-f', '-'],
              stdin: j`${WITHOUT_TABLE}table ${TABLE} {
  set closed {
    type inet_proto
    flags timeout
    elements = { udp timeout ${vars.closed_for}s }
  }
  chain output {
    type filter hook output priority filter
    ${match} meta l4proto @closed drop
  }
}
`,
            },
            { changedWhen: never('It is opened again.') },
          ),
          ...tasks,
        ],
        {
          when: calls.and(when),
          always: [
            command(
              `Open UDP${to} again`,
              { argv: ['/usr/sbin/nft', '-f', '-'], stdin: WITHOUT_TABLE },
              { changedWhen: never('It was closed for these calls.') },
            ),
          ],
        },
      ),
    ]
    const answers = relays.results
      .pipe<string[]>('list')
      .plus(open.results)
      .plus(value([shut]))
      .plus(withoutMedia.results.defaultTo([]))
      .plus(withoutUdp.results.defaultTo([]))
      .pipe('selectattr', 'stdout', 'defined')
      .pipe('map', named({ attribute: 'stdout' }))
      .pipe('map', 'from_json')
    const said = answers.pipe('map', named({ attribute: 'said' }))
    const wrong = answers
      .pipe('selectattr', 'problems')
      .pipe('map', named({ attribute: 'said' }))
      .pipe<string[]>('list')
    return [
      debug(
        'Say that check mode asks nothing',
        { msg: 'Check mode asks nothing: run it without --check, it changes nothing that lasts.' },
        { when: ansible.checkMode },
      ),
      block(
        'Ask and say what came back',
        [
          folder,
          get_url(
            'Fetch the program',
            {
              url: vars.program_url,
              checksum: j`sha256:${vars.program_sha256}`,
              dest: inFolder('call-probe'),
              mode: '0700',
            },
            { changedWhen: never('It is removed again.') },
          ),
          write(
            'Write the CA',
            'ca.crt',
            lookup('ansible.builtin.file', vars.ca_certificate_file),
            vars.ca_certificate_file.ne(''),
          ),
          write(
            'Write the secret of the relays',
            'relay_secret',
            vars.relay_secret.defaultTo(''),
            vars.relay_secret.isDefined(),
          ),
          write(
            'Write the secret of the key',
            'api_secret',
            vars.api_secret.defaultTo(''),
            vars.api_secret.isDefined(),
          ),
          relays,
          open,
          closed(
            'Call without UDP to LiveKit',
            ' to LiveKit',
            j`ip daddr { ${vars.servers.pipe('join', ', ')} }`,
            vars.ways_without_media.pipe('length').gt(0),
            [shut, withoutMedia],
          ),
          closed('Call without UDP', '', 'oifname != "lo"', vars.ways_without_udp.pipe('length').gt(0), [
            withoutUdp,
          ]),
          debug('Say what was asked and what came back', { msg: said.pipe('join') }),
          set_fact('Keep what is wrong', { verify_calls_wrong: wrong }),
          assert(
            'Say what is wrong',
            { that: [wrong.pipe('length').eq(0)], fail_msg: wrong.pipe('join'), quiet: true },
            { when: vars.fail_later.not() },
          ),
        ],
        {
          when: ansible.checkMode.not(),
          always: [
            file(
              'Remove the program and the secrets',
              { path: folder.path, state: 'absent' },
              { when: folder.path.isDefined(), changedWhen: never('It was made for this run.') },
            ),
          ],
        },
      ),
    ]
  },

  example: {
    program_url: 'http://192.0.2.5:8081/call-probe-1.0.0-linux-amd64',
    program_sha256: '6248fa53ca4a6e5f1959545114443dc33b5a3dccf3875824589be044f8e79a6c',
    relays: [
      {
        uri: 'turn:turn1.example.net:3478?transport=udp',
        through: 'turn:turn2.example.net:3478?transport=udp',
      },
      { uri: 'turns:turn1.example.net:5349?transport=tcp' },
    ],
    relay_secret: '{{ vault_coturn_auth_secret }}',
    relay_addresses: ['192.0.2.11', '192.0.2.12'],
    refused_peers: ['198.51.100.11:5432'],
    url: 'wss://calls.example.net',
    api_key: 'calls',
    api_secret: '{{ vault_livekit_calls_secret }}',
    servers: ['192.0.2.21'],
    told_relays: ['turn:turn1.example.net:3478?transport=udp'],
    ways_without_media: ['relay-udp'],
    ways_without_udp: ['relay-tls', 'tcp'],
  },
})
