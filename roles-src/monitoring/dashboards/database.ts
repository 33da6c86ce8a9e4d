import type { Board } from './board.ts'

const here = 'instance=~"$instance"'
/** Databases of people; the templates have no clients. */
const data = `${here},datname!~"template.*"`

export const database: Board = {
  name: 'database',
  title: 'PostgreSQL and Patroni',
  job: 'patroni',
  rows: [
    {
      title: 'Who writes',
      panels: [
        {
          title: 'Writers',
          unit: 'none',
          now: true,
          queries: [{ expr: 'sum(patroni_primary)', legend: '' }],
        },
        {
          title: 'Standbys',
          unit: 'none',
          now: true,
          queries: [{ expr: 'sum(patroni_replica)', legend: '' }],
        },
        {
          title: 'Synchronous standbys',
          unit: 'none',
          now: true,
          queries: [{ expr: 'sum(patroni_sync_standby)', legend: '' }],
        },
        {
          title: 'Timeline',
          unit: 'none',
          now: true,
          description: 'One more for each change of the writer.',
          queries: [{ expr: 'max(patroni_postgres_timeline)', legend: '' }],
        },
        {
          title: 'Members that wait for a restart',
          unit: 'none',
          now: true,
          queries: [{ expr: 'sum(patroni_pending_restart)', legend: '' }],
        },
        {
          title: 'Failover paused',
          unit: 'bool_yes_no',
          now: true,
          queries: [{ expr: 'max(patroni_is_paused)', legend: '' }],
        },
        {
          title: 'The writer',
          unit: 'none',
          queries: [{ expr: `patroni_primary{${here}}`, legend: '{{instance}}' }],
        },
        {
          title: 'Behind the writer',
          unit: 'bytes',
          queries: [
            {
              expr: `max by (scope) (patroni_xlog_location) - on (scope) group_right patroni_xlog_replayed_location{${here}} and on (instance) patroni_replica == 1`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Since etcd was seen',
          unit: 's',
          queries: [{ expr: `time() - patroni_dcs_last_seen{${here}}`, legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Work',
      panels: [
        {
          title: 'Connections',
          unit: 'short',
          stacked: true,
          queries: [
            {
              expr: `sum by (instance, state) (pg_stat_activity_count{${here}}) > 0`,
              legend: '{{instance}} {{state}}',
            },
          ],
        },
        {
          title: 'Connections of those that it may have',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (instance) (pg_stat_activity_count{${here}}) / max by (instance) (pg_settings_max_connections{${here}})`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Transactions',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance, datname) (rate(pg_stat_database_xact_commit{${data}}[$__rate_interval]) + rate(pg_stat_database_xact_rollback{${data}}[$__rate_interval]))`,
              legend: '{{instance}} {{datname}}',
            },
          ],
        },
        {
          title: 'Longest transaction',
          unit: 's',
          queries: [
            { expr: `max by (instance) (pg_stat_activity_max_tx_duration{${here}})`, legend: '{{instance}}' },
          ],
        },
        {
          title: 'Found in memory',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (instance) (rate(pg_stat_database_blks_hit{${data}}[$__rate_interval])) / (sum by (instance) (rate(pg_stat_database_blks_hit{${data}}[$__rate_interval]) + rate(pg_stat_database_blks_read{${data}}[$__rate_interval])) > 0)`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Rows written',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance) (rate(pg_stat_database_tup_inserted{${data}}[$__rate_interval]) + rate(pg_stat_database_tup_updated{${data}}[$__rate_interval]) + rate(pg_stat_database_tup_deleted{${data}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Deadlocks and conflicts',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance) (rate(pg_stat_database_deadlocks{${data}}[$__rate_interval]))`,
              legend: '{{instance}} deadlocks',
            },
            {
              expr: `sum by (instance) (rate(pg_stat_database_conflicts{${data}}[$__rate_interval]))`,
              legend: '{{instance}} conflicts',
            },
          ],
        },
        {
          title: 'Locks',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance, mode) (pg_locks_count{${here}}) > 0`,
              legend: '{{instance}} {{mode}}',
            },
          ],
        },
        {
          title: 'Files for sorting',
          unit: 'Bps',
          description: 'Queries that need more than work_mem.',
          queries: [
            {
              expr: `sum by (instance) (rate(pg_stat_database_temp_bytes{${data}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Room',
      panels: [
        {
          title: 'Size of the databases',
          unit: 'bytes',
          queries: [{ expr: `max by (datname) (pg_database_size_bytes{${data}})`, legend: '{{datname}}' }],
        },
        {
          title: 'Log written',
          unit: 'Bps',
          queries: [
            { expr: 'max by (scope) (rate(patroni_xlog_location[$__rate_interval]))', legend: '{{scope}}' },
          ],
        },
        {
          title: 'Log held by slots',
          unit: 'bytes',
          queries: [
            { expr: `pg_replication_slots_pg_wal_lsn_diff{${here}}`, legend: '{{instance}} {{slot_name}}' },
          ],
        },
        {
          title: 'Segments archived',
          unit: 'ops',
          queries: [
            {
              expr: `rate(pg_stat_archiver_archived_count{${here}}[$__rate_interval])`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
  ],
}
