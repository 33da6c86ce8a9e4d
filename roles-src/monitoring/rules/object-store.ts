import type { AlertGroup } from './alert.ts'

/** Every node tells of the whole cluster as it sees it: the worst view counts, and a node that is alone is not believed alone. */
export const objectStore: AlertGroup = {
  name: 'object-store',
  job: 'object_store',
  alerts: [
    {
      name: 'DrivesOffline',
      severity: 'warning',
      expr: 'max(minio_cluster_drive_offline_total) > 0',
      for: '5m',
      summary: '{{ $value }} drives of the object store are offline.',
      description: 'Nothing is lost, and the next failures weigh more: replace them.',
    },
    {
      name: 'NodesOffline',
      severity: 'warning',
      expr: 'max(minio_cluster_nodes_offline_total) > 0',
      for: '5m',
      summary: '{{ $value }} nodes of the object store are offline.',
      description: 'All of their drives are missing from every erasure set.',
    },
    {
      name: 'ErasureSetWithoutMargin',
      severity: 'critical',
      expr: [
        'min by (pool, set) (minio_cluster_health_erasure_set_online_drives',
        '- minio_cluster_health_erasure_set_write_quorum) < 1',
      ].join(' '),
      for: '1m',
      summary: 'The erasure set {{ $labels.set }} of pool {{ $labels.pool }} has no drive to spare.',
      description: 'Another lost drive stops writes. One lost node of four with four drives each does this.',
    },
    {
      name: 'ObjectStoreNearlyFull',
      severity: 'warning',
      expr: 'min(minio_cluster_capacity_usable_free_bytes / minio_cluster_capacity_usable_total_bytes) < 0.2',
      for: '1h',
      summary: 'The object store has {{ $value | humanizePercentage }} of its room left.',
      description: 'Shorten what is kept, or add a pool of drives.',
    },
    {
      name: 'ObjectStoreErrors',
      severity: 'warning',
      expr: 'sum(rate(minio_s3_requests_5xx_errors_total[5m])) / sum(rate(minio_s3_requests_total[5m])) > 0.01',
      for: '10m',
      summary: '{{ $value | humanizePercentage }} of the requests to the object store fail.',
      description: 'Answers of 5xx, more than one in a hundred.',
    },
  ],
}
