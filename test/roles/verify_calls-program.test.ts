import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { specialRanges } from '../../roles-src/coturn/special-ranges.ts'
import { artifactFile, needs } from '../needs.ts'
import { temporaryFolder } from '../project/project.ts'
import { renderTemplate } from './render.ts'

const secret = 'a-secret-of-relays-and-of-livekit-alike'
const [relay, livekit] = ['10.0.5.11', '10.0.5.21']

/** A relay as the role configures it: it denies the networks of servers and allows LiveKit. */
const relayConfiguration = (folder: string) =>
  renderTemplate('coturn', 'turnserver.conf.j2', [
    {
      coturn_address: relay,
      coturn_realm: 'example.net',
      coturn_auth_secret: secret,
      coturn_certificate_file: join(folder, 'relay.crt'),
      coturn_key_file: join(folder, 'relay.key'),
      coturn_denied_peers: ['10.0.3.0-10.0.3.255', '10.0.5.0-10.0.5.255'],
      coturn_allowed_peers: [relay, livekit],
      _coturn_special_ranges: specialRanges,
    },
  ])[0] ?? ''

const livekitConfiguration = {
  port: 7880,
  bind_addresses: [livekit],
  keys: { calls: secret },
  rtc: {
    use_external_ip: false,
    node_ip: livekit,
    ips: { includes: [`${livekit}/32`] },
    tcp_port: 7881,
    udp_port: '7882-7883',
    stun_servers: [`${relay}:3478`],
    turn_servers: [
      { host: relay, port: 3478, protocol: 'udp', secret },
      { host: relay, port: 5349, protocol: 'tls', secret },
    ],
  },
  room: { auto_create: false },
}

/** Servers in a namespace and a client in another one with a link between them; all of it ends with the script. */
const script = `set -eu
cd "$1"
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
unshare --net sleep 600 &
client=$!
until [ "$(readlink /proc/$client/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set lo up
ip link add servers type veth peer name client netns $client
for address in 10.10.0.1/24 ${relay}/32 ${livekit}/32; do ip address add $address dev servers; done
ip link set servers up
in_client() { nsenter --net=/proc/$client/ns/net "$@"; }
in_client ip link set lo up
in_client ip address add 10.10.0.10/24 dev client
in_client ip link set client up
in_client ip route add default via 10.10.0.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=relay \
  -addext subjectAltName=IP:${relay} -keyout relay.key -out relay.crt 2> /dev/null
turnserver -c relay.conf --userdb "$1/relay.db" --pidfile "$1/relay.pid" > relay.log 2>&1 &
./livekit-server --config livekit.yaml > livekit.log 2>&1 &
ask() { in_client "$1/call-probe" "$2" --secret-file "$1/secret" --ca "$1/relay.crt" --timeout 60s "\${@:3}" || true; }
for i in $(seq 100); do
  if (: < /dev/tcp/${relay}/5349 && : < /dev/tcp/${livekit}/7880) 2> /dev/null; then break; fi
  sleep 0.2
done
turn='--relay-ports 49152-65535 --packets 20 --refused 10.0.3.11:5432'
ask "$1" turn --uri turn:${relay}:3478?transport=udp --through turn:${relay}:3478?transport=udp $turn
ask "$1" turn --uri turns:${relay}:5349?transport=tcp $turn
ask "$1" turn --uri turn:${relay}:3478?transport=udp --refused ${livekit}:22
room='--url ws://${livekit}:7880 --key calls --packets 100 --closed --server ${livekit} --udp-ports 7882-7883
  --tcp-port 7881 --relay-address ${relay} --relay turn:${relay}:3478,turns:${relay}:5349'
ask "$1" room --way udp $room
ask "$1" room --way tcp $room
ask "$1" room --way udp $room --udp-ports 9000
in_client nft -f closed.nft
ask "$1" room --way udp $room --shut --timeout 6s
ask "$1" room --way relay-tls $room
ask "$1" room --way any $room --tcp-port 1
in_client nft -f open.nft
ask "$1" room --way relay-udp $room
`

interface Answer {
  readonly said: string
  readonly problems: readonly string[]
  readonly packets?: number
  readonly rounds?: readonly { readonly returned: number }[]
  readonly stranger?: string
  readonly refused?: readonly { readonly answer: string }[]
  readonly publisher?: { readonly local: { readonly type: string; readonly relay?: string } }
}

/** The rules of the role, as it writes them, for the table that it makes. */
const rules = (body: string) => `table inet verify_calls\ndelete table inet verify_calls\n${body}`

describe(
  'call-probe',
  needs('root', 'ip', 'nft', 'nsenter', 'unshare', 'openssl', 'turnserver', 'call-probe and LiveKit'),
  () => {
    const folder = temporaryFolder()
    afterAll(() => folder.dispose())
    let answers: readonly Answer[] = []
    beforeAll(async () => {
      for (const [name, program] of [
        ['call_probe', 'call-probe'],
        ['livekit', 'livekit-server'],
      ] as const) {
        copyFileSync(artifactFile(name) ?? '', join(folder.path, program))
        chmodSync(join(folder.path, program), 0o755)
      }
      for (const [name, text] of [
        ['relay.conf', relayConfiguration(folder.path)],
        ['livekit.yaml', JSON.stringify(livekitConfiguration)],
        ['secret', `${secret}\n`],
        [
          'closed.nft',
          rules(
            'table inet verify_calls { set closed { type inet_proto; flags timeout; elements = { udp timeout 60s }; }\nchain output { type filter hook output priority filter; meta l4proto @closed drop; }\n}\n',
          ),
        ],
        ['open.nft', rules('')],
      ] as const)
        writeFileSync(join(folder.path, name), text, { mode: 0o600 })
      const { stdout } = await execa('unshare', ['--net', 'bash', '-c', script, 'script', folder.path])
      answers = stdout.split('\n').map((line) => parse(line)) // JSON is YAML
    }, 300_000)

    it('relays packets to clients and to other relays, and is refused where nobody may go', () => {
      for (const [index, rounds] of [
        [0, 2],
        [1, 1],
      ] as const) {
        expect(answers[index]?.said).toMatch(/^good {3}TURN /)
        expect(answers[index]?.rounds?.map(({ returned }) => returned)).toEqual(Array(rounds).fill(20))
        expect(answers[index]).toMatchObject({
          stranger: '401 Unauthorized',
          refused: [{ answer: '403 Forbidden IP' }],
        })
      }
    })

    it('finds a relay that refuses too little', () => {
      expect(answers[2]?.problems).toEqual([
        expect.stringContaining(`does not refuse the peer ${livekit}:22`),
      ])
    })

    it('makes a call over UDP and over TCP', () => {
      expect(answers[3]).toMatchObject({ packets: 100, problems: [], publisher: { local: { type: 'host' } } })
      expect(answers[4]).toMatchObject({ packets: 100, problems: [] })
    })

    it('finds media from a port that is not declared', () => {
      expect(answers[5]?.problems.join()).toMatch(/which is not among 9000/)
    })

    it('sees that UDP is closed, and calls through the relay by TLS then, also where nobody tells it to', () => {
      expect(answers[6]).toMatchObject({ packets: 0, problems: [] })
      expect(answers[7]).toMatchObject({ packets: 100, problems: [], publisher: { local: { relay: 'tls' } } })
      expect(answers[8]?.packets).toBe(100)
    })

    it('calls through the relay by UDP', () => {
      expect(answers[9]).toMatchObject({ packets: 100, problems: [], publisher: { local: { relay: 'udp' } } })
    })
  },
)
