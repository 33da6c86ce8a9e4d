import type { Board } from './board.ts'

/** The console is a database of its own, which no client uses. */
const here = 'instance=~"$instance",database!="pgbouncer"'
const each = '{{instance}} {{database}}'
const rate = (metric: string) => `sum by (instance, database) (rate(${metric}{${here}}[$__rate_interval]))`

export const pools: Board = {
  name: 'pools',
  title: 'PgBouncer',
  job: 'pgbouncer',
  rows: [
    {
      title: 'Clients',
      panels: [
        {
          title: 'Served',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance, database) (pgbouncer_pools_client_active_connections{${here}})`,
              legend: each,
            },
          ],
        },
        {
          title: 'Waiting',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance, database) (pgbouncer_pools_client_waiting_connections{${here}})`,
              legend: each,
            },
          ],
        },
        {
          title: 'The longest wait',
          unit: 's',
          queries: [
            {
              expr: `max by (instance, database) (pgbouncer_pools_client_maxwait_seconds{${here}})`,
              legend: each,
            },
          ],
        },
        {
          title: 'Queries',
          unit: 'ops',
          queries: [{ expr: rate('pgbouncer_stats_queries_pooled_total'), legend: each }],
        },
        {
          title: 'Transactions',
          unit: 'ops',
          queries: [{ expr: rate('pgbouncer_stats_sql_transactions_pooled_total'), legend: each }],
        },
        {
          title: 'Time of a query',
          unit: 's',
          idle: 'there is a time only while somebody asks',
          queries: [
            {
              expr: `${rate('pgbouncer_stats_queries_duration_seconds_total')} / (${rate('pgbouncer_stats_queries_pooled_total')} > 0)`,
              legend: each,
            },
          ],
        },
      ],
    },
    {
      title: 'Connections to PostgreSQL',
      panels: [
        {
          title: 'In use',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance, database) (pgbouncer_pools_server_active_connections{${here}})`,
              legend: each,
            },
          ],
        },
        {
          title: 'Idle',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance, database) (pgbouncer_pools_server_idle_connections{${here}})`,
              legend: each,
            },
          ],
        },
        {
          title: 'Of those that it may have',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (instance, name) (pgbouncer_databases_current_connections{instance=~"$instance",name!="pgbouncer"}) / sum by (instance, name) (pgbouncer_databases_max_connections{instance=~"$instance",name!="pgbouncer"} > 0)`,
              legend: '{{instance}} {{name}}',
            },
          ],
        },
        {
          title: 'Clients waited',
          unit: 's',
          description: 'Seconds that all clients together waited, each second.',
          queries: [{ expr: rate('pgbouncer_stats_client_wait_seconds_total'), legend: each }],
        },
        {
          title: 'Received',
          unit: 'Bps',
          queries: [{ expr: rate('pgbouncer_stats_received_bytes_total'), legend: each }],
        },
        {
          title: 'Sent',
          unit: 'Bps',
          queries: [{ expr: rate('pgbouncer_stats_sent_bytes_total'), legend: each }],
        },
      ],
    },
  ],
}
