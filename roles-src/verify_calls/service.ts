import { z } from 'zod'
import {
  artifact,
  defineService,
  type Endpoint,
  machineValues,
  type OptionsOf,
  type PlacedService,
  secretRef,
  type Topology,
} from '#topology'
import { relayName } from '../coturn/service.ts'
import { API_KEY, controlName } from '../livekit/names.ts'
import { clientsNeedCa, secretsFolder } from '../tls/service.ts'
import { serversOf } from '../verify/questions/names.ts'
import role from './role.ts'

const options = z.object({
  packets: z.int().min(1).default(500).describe('RTP packets that have to arrive in each call.'),
  closeUdp: z
    .boolean()
    .default(true)
    .describe(
      'Whether UDP is closed on the machine that calls while it calls through relays, for which its account has to be root. Where it is not, relays are used although they are not needed.',
    ),
})

/** Who stands where clients are. */
const askers = (topology: Topology) =>
  topology.service('turn') || topology.service('livekit')
    ? topology.verifiers.map(({ name }) => name).filter((name) => name === 'client')
    : []

const endpointOf = (service: PlacedService, name: string) =>
  service.endpoints.find((endpoint) => endpoint.name === name)
const rangeOf = ({ port, lastPort = port }: Endpoint) =>
  port === lastPort ? `${port}` : `${port}-${lastPort}`

/** The relays' URIs for a transport, in the order of their hosts. */
function urisOf(topology: Topology, name: 'turn' | 'tls'): readonly string[] {
  const turn = topology.service('turn')
  const port = turn && endpointOf(turn, name)?.port
  if (!turn || port === undefined) return []
  const [scheme, transport] = name === 'tls' ? ['turns', 'tcp'] : ['turn', 'udp']
  const { domain } = topology.deployment.input
  return turn.hosts.map((host) => `${scheme}:${relayName(host.name, domain)}:${port}?transport=${transport}`)
}

/** Where no relay may lead: the first port that each host of the database opens. */
function refusedPeers(topology: Topology): readonly string[] {
  const database = topology.service('database')
  const port = database?.endpoints.find(({ protocol }) => protocol === 'tcp')?.port
  if (!database || port === undefined) return []
  return database.hosts.map(({ address }) => `${address}:${port}`)
}

/** What relays have to do. */
function relayValues(topology: Topology) {
  const turn = topology.service('turn')
  if (!turn) return {}
  const udp = urisOf(topology, 'turn')
  const relay = endpointOf(turn, 'relay')
  const next = (index: number) => udp[(index + 1) % udp.length]
  return {
    relays: [udp, urisOf(topology, 'tls')].flatMap((uris) =>
      uris.map((uri, index) => ({ uri, ...(udp.length > 1 ? { through: next(index) } : {}) })),
    ),
    relay_secret: secretRef('turn_auth_secret'),
    relay_addresses: turn.hosts.map(({ address }) => address),
    ...(relay ? { relay_ports: rangeOf(relay) } : {}),
    refused_peers: [...refusedPeers(topology)],
  }
}

/** What LiveKit has to do, and through which relays. */
function callValues(topology: Topology, closeUdp: boolean) {
  const livekit = topology.service('livekit')
  const [media, tcp] = ['media', 'media_tcp'].map((name) => livekit && endpointOf(livekit, name))
  if (!livekit || !media || !tcp) return {}
  const [udpRelays, tlsRelays] = [urisOf(topology, 'turn'), urisOf(topology, 'tls')]
  const relayUdp = udpRelays.length > 0 ? ['relay-udp' as const] : []
  const withoutUdp = [...(tlsRelays.length > 0 ? ['relay-tls' as const] : []), 'tcp' as const]
  return {
    url: `wss://${controlName(topology.deployment.input.domain)}`,
    api_key: API_KEY.name,
    api_secret: secretRef(API_KEY.secret),
    servers: livekit.hosts.map(({ address }) => address),
    udp_ports: rangeOf(media),
    tcp_port: rangeOf(tcp),
    told_relays: [...udpRelays, ...tlsRelays],
    ways: ['udp' as const, ...(closeUdp ? [] : [...relayUdp, ...withoutUdp])],
    ways_without_media: closeUdp ? relayUdp : [],
    ways_without_udp: closeUdp ? withoutUdp : [],
  }
}

const service = defineService({
  name: 'verify_calls',
  summary: 'Calls that are made as clients make them, from where clients are.',
  options,

  follow: (_options, topology) => ({
    hosts: [],
    verifiers: askers(topology),
  }),

  variables: ({ packets, closeUdp }, topology) => {
    const machines = askers(topology)
    if (machines.length === 0) return []
    const program = artifact(topology, 'call_probe')
    const [resolver = ''] = serversOf(topology)
    return [
      machineValues(role, machines, () => ({
        program_url: program.url,
        program_sha256: program.sha256,
        // What an ACME server or others made is believed by whom the machine believes.
        ca_certificate_file: clientsNeedCa(topology) ? `${secretsFolder(topology)}/ca.crt` : '',
        resolver,
        packets,
        ...relayValues(topology),
        ...callValues(topology, closeUdp),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    verify_calls: OptionsOf<typeof service, Host, Vip>
  }
}
