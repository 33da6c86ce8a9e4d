import { type CapacityRow, figure, forwardedStreams, grouped } from '#topology'

/** UDP ports of a node's media. */
interface UdpPorts {
  readonly mode: 'mux' | 'range'
  readonly first: number
  readonly last: number
}

/** Ports that a participant takes of a range: one to send and one to receive. */
const PORTS_PER_PARTICIPANT = 2
/** Packets that a core forwards in a second: 762,749 on 16 cores at 85 %. */
const PACKETS_PER_CORE = 762_749 / 16 / 0.85
/** Packets a second of a person's picture in 720p (560,962 for 3,000 subscribers), and of the sound. */
const PACKETS_PER_STREAM = 560_962 / 3000 + 50

/** Participants whom the UDP ports of a node carry; undefined where they share the ports. */
export const participantsByPorts = ({ mode, first, last }: UdpPorts): number | undefined =>
  mode === 'mux' ? undefined : Math.floor((last - first + 1) / PORTS_PER_PARTICIPANT)

/** What calls need of each node, when rooms are spread evenly. */
export function callsCapacity({
  hosts,
  udpPorts,
}: {
  readonly hosts: readonly string[]
  readonly udpPorts: UdpPorts
}): readonly CapacityRow[] {
  const nodes = hosts.length
  const among = nodes > 1 ? ` ÷ ${nodes} nodes` : ''
  const participants = participantsByPorts(udpPorts)
  return hosts.flatMap((name): readonly CapacityRow[] => [
    {
      of: 'cpu',
      host: name,
      what: 'LiveKit',
      demand: (load) => ({
        value: (forwardedStreams(load) * PACKETS_PER_STREAM) / PACKETS_PER_CORE / nodes,
        formula: `${grouped(forwardedStreams(load))} streams × ${Math.round(PACKETS_PER_STREAM)} packets ÷ ${grouped(PACKETS_PER_CORE)} a core${among}`,
      }),
      source:
        "LiveKit's benchmarks on 16 cores: 762,749 packets a second at 85 %, 560,962 to 3,000 subscribers of 720p; 50 packets a second of Opus.",
      at: ['hosts', name, 'cpus'],
    },
    {
      of: 'network',
      host: name,
      what: 'media of calls',
      demand: (load) => ({
        value: (forwardedStreams(load) * load.callBitrate) / nodes,
        formula: `${grouped(load.callers)} people × ${load.callParticipants - 1} others × ${figure(load.callBitrate, 'bits/s')}${among}`,
      }),
      source: 'LiveKit forwards what each person sends to each of the others, and mixes nothing.',
      at: ['hosts', name, 'network'],
    },
    ...(participants === undefined
      ? []
      : [
          {
            of: 'limit',
            where: name,
            what: 'participants by UDP ports',
            unit: 'people',
            demand: ({ callers }) => ({
              value: callers / nodes,
              formula: `${grouped(callers)} people${among}`,
            }),
            supply: () => ({
              value: participants,
              formula: `${udpPorts.last - udpPorts.first + 1} ports ÷ ${PORTS_PER_PARTICIPANT}`,
            }),
            source: "LiveKit's documentation of ports: each participant takes two of a range.",
            at: ['services', 'livekit', 'udpPorts'],
            ruled: true,
          } satisfies CapacityRow,
        ]),
  ])
}
