import type { Board } from './board.ts'

const here = 'instance=~"$instance"'
const rate = (metric: string) => `rate(${metric}{${here}}[$__rate_interval])`
const quantile = (metric: string) =>
  `histogram_quantile(0.99, sum by (instance, le) (rate(${metric}_bucket{${here}}[$__rate_interval])))`

export const store: Board = {
  name: 'etcd',
  title: 'etcd',
  job: 'etcd',
  rows: [
    {
      title: 'Members',
      panels: [
        {
          title: 'Members with a leader',
          unit: 'none',
          now: true,
          queries: [{ expr: 'sum(etcd_server_has_leader)', legend: '' }],
        },
        {
          title: 'Leader changes in a day',
          unit: 'none',
          now: true,
          queries: [{ expr: 'max(increase(etcd_server_leader_changes_seen_total[1d]))', legend: '' }],
        },
        {
          title: 'Room in use',
          unit: 'percentunit',
          now: true,
          queries: [
            { expr: 'max(etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes)', legend: '' },
          ],
        },
        {
          title: 'The leader',
          unit: 'none',
          queries: [{ expr: `etcd_server_is_leader{${here}}`, legend: '{{instance}}' }],
        },
        {
          title: 'Committed',
          unit: 'ops',
          queries: [{ expr: rate('etcd_server_proposals_committed_total'), legend: '{{instance}}' }],
        },
        {
          title: 'Failed or waiting',
          unit: 'short',
          queries: [
            { expr: rate('etcd_server_proposals_failed_total'), legend: '{{instance}} failed' },
            { expr: `etcd_server_proposals_pending{${here}}`, legend: '{{instance}} waiting' },
          ],
        },
      ],
    },
    {
      title: 'Disk and network',
      panels: [
        {
          title: 'Time of a write, one in a hundred',
          unit: 's',
          description: 'Above 100 ms leases end and failovers follow.',
          queries: [{ expr: quantile('etcd_disk_wal_fsync_duration_seconds'), legend: '{{instance}}' }],
        },
        {
          title: 'Time of a commit, one in a hundred',
          unit: 's',
          queries: [{ expr: quantile('etcd_disk_backend_commit_duration_seconds'), legend: '{{instance}}' }],
        },
        {
          title: 'Time between members, one in a hundred',
          unit: 's',
          queries: [{ expr: quantile('etcd_network_peer_round_trip_time_seconds'), legend: '{{instance}}' }],
        },
        {
          title: 'Size of the data',
          unit: 'bytes',
          queries: [{ expr: `etcd_mvcc_db_total_size_in_bytes{${here}}`, legend: '{{instance}}' }],
        },
        {
          title: 'Slow',
          unit: 'ops',
          queries: [
            { expr: rate('etcd_server_slow_apply_total'), legend: '{{instance}} writes' },
            { expr: rate('etcd_server_slow_read_indexes_total'), legend: '{{instance}} reads' },
          ],
        },
        {
          title: 'To clients',
          unit: 'Bps',
          queries: [{ expr: rate('etcd_network_client_grpc_sent_bytes_total'), legend: '{{instance}}' }],
        },
      ],
    },
  ],
}
