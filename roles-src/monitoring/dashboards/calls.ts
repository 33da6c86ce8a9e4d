import type { Board } from './board.ts'

const here = 'instance=~"$instance"'
const rate = (metric: string, labels: string) =>
  `sum by (instance) (rate(${metric}{${labels}}[$__rate_interval]))`

export const calls: Board = {
  name: 'calls',
  title: 'LiveKit and TURN',
  job: 'livekit',
  rows: [
    {
      title: 'Calls',
      panels: [
        {
          title: 'Rooms',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(livekit_room_total{${here}})`, legend: '' }],
        },
        {
          title: 'Participants',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(livekit_participant_total{${here}})`, legend: '' }],
        },
        {
          title: 'Packets dropped in an hour',
          unit: 'none',
          now: true,
          queries: [
            { expr: `sum(increase(livekit_node_packet_total{type="dropped",${here}}[1h]))`, legend: '' },
          ],
        },
        {
          title: 'Rooms and participants',
          unit: 'short',
          queries: [
            { expr: `livekit_room_total{${here}}`, legend: '{{instance}} rooms' },
            { expr: `livekit_participant_total{${here}}`, legend: '{{instance}} participants' },
          ],
        },
        {
          title: 'Tracks',
          unit: 'short',
          queries: [
            { expr: `sum by (kind) (livekit_track_published_total{${here}})`, legend: '{{kind}} published' },
            {
              expr: `sum by (kind) (livekit_track_subscribed_total{${here}})`,
              legend: '{{kind}} subscribed',
            },
          ],
        },
        {
          title: 'Attempts to join',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (state) (rate(livekit_participant_join_total{${here}}[$__rate_interval]))`,
              legend: '{{state}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Media',
      panels: [
        {
          title: 'Received and sent',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance, direction) (rate(livekit_packet_bytes{${here}}[$__rate_interval]))`,
              legend: '{{instance}} {{direction}}',
            },
          ],
        },
        {
          title: 'Packets',
          unit: 'pps',
          queries: [
            {
              expr: `sum by (instance, direction) (rate(livekit_packet_total{${here}}[$__rate_interval]))`,
              legend: '{{instance}} {{direction}}',
            },
          ],
        },
        {
          title: 'Asked for again',
          unit: 'pps',
          idle: 'no packet of a call was lost yet',
          queries: [
            {
              expr: `sum by (direction) (rate(livekit_nack_total{${here}}[$__rate_interval]))`,
              legend: '{{direction}}',
            },
          ],
        },
        {
          title: 'Packets of the host',
          unit: 'pps',
          queries: [
            {
              expr: `sum by (type) (rate(livekit_node_packet_total{${here}}[$__rate_interval]))`,
              legend: '{{type}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Relays',
      panels: [
        {
          title: 'TURN answers',
          unit: 'bool_yes_no',
          queries: [{ expr: 'probe_success{service="turn"}', legend: '{{instance}} {{endpoint}}' }],
        },
        {
          title: 'Time to answer',
          unit: 's',
          queries: [{ expr: 'probe_duration_seconds{service="turn"}', legend: '{{instance}} {{endpoint}}' }],
        },
        {
          title: 'Traffic of the relays',
          unit: 'Bps',
          queries: [
            {
              expr:
                rate('node_network_transmit_bytes_total', 'device!="lo"') +
                ' and on (instance) probe_success{service="turn"}',
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Redis',
      panels: [
        { title: 'Answers', unit: 'bool_yes_no', queries: [{ expr: 'redis_up', legend: '{{instance}}' }] },
        {
          title: 'Clients',
          unit: 'short',
          queries: [{ expr: 'redis_connected_clients', legend: '{{instance}}' }],
        },
        {
          title: 'Commands',
          unit: 'ops',
          queries: [
            { expr: 'rate(redis_commands_processed_total[$__rate_interval])', legend: '{{instance}}' },
          ],
        },
        {
          title: 'Memory',
          unit: 'bytes',
          queries: [{ expr: 'redis_memory_used_bytes', legend: '{{instance}}' }],
        },
      ],
    },
  ],
}
