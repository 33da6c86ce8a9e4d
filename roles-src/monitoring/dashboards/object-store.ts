import type { Board } from './board.ts'

const here = 'instance=~"$instance"'

/** Every node tells of the whole cluster; what they say of it is taken once, from the one that sees most. */
export const objectStore: Board = {
  name: 'object-store',
  title: 'Object store',
  job: 'object_store',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Drives',
          unit: 'none',
          now: true,
          queries: [{ expr: 'max(minio_cluster_drive_online_total)', legend: '' }],
        },
        {
          title: 'Drives offline',
          unit: 'none',
          now: true,
          queries: [{ expr: 'max(minio_cluster_drive_offline_total)', legend: '' }],
        },
        {
          title: 'Nodes',
          unit: 'none',
          now: true,
          queries: [{ expr: 'max(minio_cluster_nodes_online_total)', legend: '' }],
        },
        {
          title: 'Drives to spare',
          unit: 'none',
          now: true,
          description: 'As many more may fail before writes stop.',
          queries: [
            {
              expr: 'min(minio_cluster_health_erasure_set_online_drives - minio_cluster_health_erasure_set_write_quorum)',
              legend: '',
            },
          ],
        },
        {
          title: 'Room in use',
          unit: 'percentunit',
          now: true,
          queries: [
            {
              expr: '1 - max(minio_cluster_capacity_usable_free_bytes) / max(minio_cluster_capacity_usable_total_bytes)',
              legend: '',
            },
          ],
        },
        {
          title: 'Objects',
          unit: 'short',
          now: true,
          queries: [{ expr: 'max(minio_cluster_usage_object_total)', legend: '' }],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests',
          unit: 'reqps',
          stacked: true,
          queries: [
            { expr: 'sum by (api) (rate(minio_s3_requests_total[$__rate_interval]))', legend: '{{api}}' },
          ],
        },
        {
          title: 'Failed',
          unit: 'reqps',
          queries: [
            {
              expr: 'sum(rate(minio_s3_requests_4xx_errors_total[$__rate_interval])) or vector(0)',
              legend: 'by clients',
            },
            {
              expr: 'sum(rate(minio_s3_requests_5xx_errors_total[$__rate_interval])) or vector(0)',
              legend: 'by the store',
            },
          ],
        },
        {
          title: 'Now in work',
          unit: 'short',
          queries: [
            { expr: `sum by (instance) (minio_s3_requests_incoming_total{${here}})`, legend: '{{instance}}' },
          ],
        },
        {
          title: 'Received',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(minio_s3_traffic_received_bytes{job="object_store_node",${here}}[$__rate_interval])) or sum by (instance) (rate(minio_s3_traffic_received_bytes{${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Sent',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(minio_s3_traffic_sent_bytes{${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Between nodes',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(minio_inter_node_traffic_sent_bytes{${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Drives',
      panels: [
        {
          title: 'Drive in use',
          unit: 'percentunit',
          queries: [
            {
              expr: `1 - minio_node_drive_free_bytes{${here}} / minio_node_drive_total_bytes{${here}}`,
              legend: '{{instance}} {{drive}}',
            },
          ],
        },
        {
          title: 'Time of an operation',
          unit: 'µs',
          queries: [
            {
              expr: `max by (instance, drive) (minio_node_drive_latency_us{${here}})`,
              legend: '{{instance}} {{drive}}',
            },
          ],
        },
        {
          title: 'Memory of the server',
          unit: 'bytes',
          queries: [{ expr: `minio_node_process_resident_memory_bytes{${here}}`, legend: '{{instance}}' }],
        },
      ],
    },
  ],
}
