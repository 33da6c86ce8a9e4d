import type { AlertGroup } from './alert.ts'

const MB = 1024 ** 2

export const store: AlertGroup = {
  name: 'etcd',
  job: 'etcd',
  alerts: [
    {
      name: 'EtcdNoLeader',
      severity: 'critical',
      expr: 'etcd_server_has_leader == 0',
      for: '15s',
      summary: 'etcd of {{ $labels.instance }} has no leader.',
      description:
        'Without a majority nothing can be written. The database goes on by its failsafe mode, but cannot fail over.',
    },
    {
      name: 'EtcdSlowFsync',
      severity: 'warning',
      expr: 'histogram_quantile(0.99, sum by (instance, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[5m]))) > 0.1',
      for: '10m',
      summary: 'etcd of {{ $labels.instance }} waits {{ $value | humanizeDuration }} for its disk.',
      description:
        'One write in a hundred takes longer than 100 ms. Slow disks end leases and cause failovers.',
    },
    {
      name: 'EtcdNearlyFull',
      severity: 'warning',
      expr: 'etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes > 0.8',
      for: '10m',
      summary: 'etcd of {{ $labels.instance }} has filled {{ $value | humanizePercentage }} of its quota.',
      description: 'It refuses writes when all is filled: compact and defragment.',
    },
  ],
}

const patroni: AlertGroup = {
  name: 'patroni',
  job: 'patroni',
  alerts: [
    {
      name: 'PatroniNoPrimary',
      severity: 'critical',
      expr: 'sum by (scope) (patroni_primary) < 1',
      for: '30s',
      summary: 'The database cluster {{ $labels.scope }} has no writer.',
      description: 'A failover takes some 25 seconds; this has taken longer: patronictl list.',
    },
    {
      name: 'PatroniTwoPrimaries',
      severity: 'critical',
      expr: 'sum by (scope) (patroni_primary) > 1',
      for: '10s',
      summary: 'Two members of {{ $labels.scope }} say that they write.',
      description: 'Stop the one that clients do not use, before anything else.',
    },
    {
      name: 'PatroniFailsafeOrDcsStale',
      severity: 'warning',
      expr: 'time() - patroni_dcs_last_seen > 60',
      for: '30s',
      summary: 'Patroni of {{ $labels.instance }} has not reached etcd for {{ $value | humanizeDuration }}.',
      description:
        'The writer goes on as long as it reaches all members (failsafe mode); there is no failover meanwhile.',
    },
    {
      name: 'PatroniNoSyncStandby',
      severity: 'warning',
      expr: 'sum by (scope) (patroni_sync_standby) < 1',
      for: '5m',
      summary: '{{ $labels.scope }} has no synchronous standby.',
      description: 'Commits are on one host only: should it be lost, so are they.',
    },
    {
      name: 'StandbyBehind',
      severity: 'warning',
      expr: [
        'max by (scope) (patroni_xlog_location) - on (scope) group_right patroni_xlog_replayed_location',
        `> ${64 * MB} and on (instance) patroni_replica == 1`,
      ].join(' '),
      for: '5m',
      summary: '{{ $labels.instance }} is {{ $value | humanize1024 }}B behind the writer.',
      description:
        'More than 64 MB for five minutes: its disk or network is too slow, or replication is broken.',
    },
    {
      name: 'FailoverPaused',
      severity: 'warning',
      expr: 'max by (scope) (patroni_is_paused) == 1',
      for: '1h',
      summary: 'Patroni of {{ $labels.scope }} has been paused for an hour.',
      description: 'Nothing fails over while it is: patronictl resume, when maintenance is done.',
    },
  ],
}

const postgresql: AlertGroup = {
  name: 'postgresql',
  job: 'postgresql',
  alerts: [
    {
      name: 'PostgresDown',
      severity: 'critical',
      expr: 'pg_up == 0',
      for: '1m',
      summary: 'PostgreSQL of {{ $labels.instance }} does not let the exporter in.',
      description: 'It does not run, or it refuses the account of the exporter.',
    },
    {
      name: 'PostgresConnectionsHigh',
      severity: 'warning',
      expr: 'sum by (instance) (pg_stat_activity_count) > 0.8 * max by (instance) (pg_settings_max_connections)',
      for: '5m',
      summary: 'PostgreSQL of {{ $labels.instance }} has {{ $value }} connections.',
      description:
        'More than four in five of those that it may have, which are 400 of 500 (architecture, 8.1).',
    },
    {
      name: 'SlotHoldsLog',
      severity: 'warning',
      expr: 'pg_replication_slots_pg_wal_lsn_diff > on (instance) group_left pg_settings_max_wal_size_bytes',
      for: '10m',
      summary:
        'The slot {{ $labels.slot_name }} of {{ $labels.instance }} holds {{ $value | humanize1024 }}B of log.',
      description: 'More than max_wal_size: its standby is gone or far behind, and the log fills the disk.',
    },
    {
      name: 'ArchivingFails',
      severity: 'critical',
      expr: 'increase(pg_stat_archiver_failed_count[15m]) > 0',
      for: '15m',
      summary: 'PostgreSQL of {{ $labels.instance }} cannot archive its log.',
      description:
        'Until it can, no moment after the last archived segment can be restored, and the log fills the disk.',
    },
    {
      name: 'DatabaseHostBusy',
      severity: 'warning',
      expr: [
        '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 0.7',
        'and on (instance) up{job="postgresql"}',
      ].join(' '),
      for: '10m',
      summary:
        'The processors of the database host {{ $labels.instance }} are busy at {{ $value | humanizePercentage }}.',
      description: 'Sustained load above 70 % is the sign to add processors (architecture, 8.1).',
    },
    {
      name: 'DatabaseHostShortOfMemory',
      severity: 'warning',
      expr: [
        '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.85',
        'and on (instance) up{job="postgresql"}',
      ].join(' '),
      for: '15m',
      summary:
        'The database host {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory.',
      description: 'Above 85 % little is left to cache files in (architecture, 8.1).',
    },
  ],
}

export const database: readonly AlertGroup[] = [patroni, postgresql]

export const connectionPools: AlertGroup = {
  name: 'pgbouncer',
  job: 'pgbouncer',
  alerts: [
    {
      name: 'PgBouncerDown',
      severity: 'critical',
      expr: 'pgbouncer_up == 0',
      for: '1m',
      summary: 'PgBouncer of {{ $labels.instance }} does not let the exporter in.',
      description: 'It does not run, or it refuses the account of the exporter.',
    },
    {
      name: 'PgBouncerClientsWaiting',
      severity: 'warning',
      expr: 'pgbouncer_pools_client_waiting_connections > 0',
      for: '2m',
      summary: 'Clients of {{ $labels.database }} wait for a connection at {{ $labels.instance }}.',
      description: 'The pool is used up: long transactions hold it, or it is too small.',
    },
  ],
}
