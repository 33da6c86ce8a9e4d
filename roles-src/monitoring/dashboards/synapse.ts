import type { Board } from './board.ts'

const job = 'job="synapse"'
const perProcess = (metric: string) => `sum by (index) (rate(${metric}{${job}}[$__rate_interval]))`
const quantile = (share: number, metric: string, labels: string) =>
  `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket{${job}${labels}}[$__rate_interval])))`
/** Seconds of processor and database that requests take each second, without the time for which they wait on purpose. */
const work = ['ru_utime', 'ru_stime', 'db_txn_duration', 'db_sched_duration']
  .map((part) => `rate(synapse_http_server_response_${part}_seconds_total{${job}}[$__rate_interval])`)
  .join(' + ')

export const synapse: Board = {
  name: 'synapse',
  title: 'Synapse',
  job: 'synapse',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Processes that answer',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(up{${job}})`, legend: '' }],
        },
        {
          title: 'Processes that do not',
          unit: 'none',
          now: true,
          queries: [{ expr: `count(up{${job}} == 0) or vector(0)`, legend: '' }],
        },
        {
          title: 'Requests',
          unit: 'reqps',
          now: true,
          queries: [{ expr: `sum(rate(synapse_http_server_response_count_total{${job}}[5m]))`, legend: '' }],
        },
        {
          title: 'Messages',
          unit: 'ops',
          now: true,
          queries: [
            { expr: `sum(rate(synapse_storage_events_persisted_events_total{${job}}[5m]))`, legend: '' },
          ],
        },
        {
          title: 'Updates of the database done',
          unit: 'bool_yes_no',
          now: true,
          queries: [{ expr: `max(synapse_background_update_status{${job}}) == bool 3`, legend: '' }],
        },
        {
          title: 'Users who wait for news',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(synapse_notifier_users{${job}})`, legend: '' }],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'Processor',
          unit: 'percentunit',
          description: 'A process of Synapse cannot use more than one.',
          queries: [{ expr: perProcess('process_cpu_seconds_total'), legend: '{{index}}' }],
        },
        {
          title: 'Memory',
          unit: 'bytes',
          queries: [{ expr: `process_resident_memory_bytes{${job}}`, legend: '{{index}}' }],
        },
        {
          title: 'Open files',
          unit: 'short',
          queries: [{ expr: `process_open_fds{${job}}`, legend: '{{index}}' }],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Most asked for',
          unit: 'reqps',
          queries: [
            {
              expr: `topk(10, sum by (servlet) (rate(synapse_http_server_response_count_total{${job}}[$__rate_interval])))`,
              legend: '{{servlet}}',
            },
          ],
        },
        {
          title: 'Most work',
          unit: 'percentunit',
          description: 'Processor and database, without waiting on purpose.',
          queries: [{ expr: `topk(10, sum by (servlet) (${work}))`, legend: '{{servlet}}' }],
        },
        {
          title: 'Answers',
          unit: 'reqps',
          stacked: true,
          queries: [
            {
              expr: `sum by (code) (rate(synapse_http_server_responses_total{${job}}[$__rate_interval]))`,
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Time to send a message',
          unit: 's',
          queries: [
            {
              expr: quantile(
                0.5,
                'synapse_http_server_response_time_seconds',
                ',servlet="RoomSendEventRestServlet"',
              ),
              legend: 'half',
            },
            {
              expr: quantile(
                0.99,
                'synapse_http_server_response_time_seconds',
                ',servlet="RoomSendEventRestServlet"',
              ),
              legend: 'one in a hundred',
            },
          ],
        },
        {
          title: 'Work of a sync',
          unit: 's',
          queries: [
            {
              expr: `sum by (servlet) (${work.replaceAll('{job="synapse"}', '{job="synapse",servlet=~"SyncRestServlet|SlidingSyncRestServlet"}')}) / sum by (servlet) (rate(synapse_http_server_response_count_total{${job},servlet=~"SyncRestServlet|SlidingSyncRestServlet"}[$__rate_interval]))`,
              legend: '{{servlet}}',
            },
          ],
        },
        {
          title: 'Requests in work',
          unit: 'short',
          queries: [
            {
              expr: `sum by (index) (synapse_http_server_in_flight_requests_count{${job}})`,
              legend: '{{index}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Database and caches',
      panels: [
        {
          title: 'Transactions',
          unit: 'ops',
          queries: [
            { expr: perProcess('synapse_storage_transaction_time_count_total'), legend: '{{index}}' },
          ],
        },
        {
          title: 'Time in the database',
          unit: 'percentunit',
          queries: [{ expr: perProcess('synapse_storage_transaction_time_sum_total'), legend: '{{index}}' }],
        },
        {
          title: 'Waiting for a connection, one in twenty',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (index, le) (rate(synapse_storage_schedule_time_bucket{${job}}[$__rate_interval])))`,
              legend: '{{index}}',
            },
          ],
        },
        {
          title: 'Found in caches',
          unit: 'percentunit',
          queries: [
            {
              expr: `${perProcess('synapse_util_caches_cache_hits')} / (${perProcess('synapse_util_caches_cache')} > 0)`,
              legend: '{{index}}',
            },
          ],
        },
        {
          title: 'Entries of caches',
          unit: 'short',
          queries: [{ expr: `sum by (index) (synapse_util_caches_cache_size{${job}})`, legend: '{{index}}' }],
        },
        {
          title: 'Notifications to phones',
          unit: 'ops',
          queries: [
            {
              expr: `sum(rate(synapse_http_httppusher_http_pushes_processed_total{${job}}[$__rate_interval])) or vector(0)`,
              legend: 'sent',
            },
            {
              expr: `sum(rate(synapse_http_httppusher_http_pushes_failed_total{${job}}[$__rate_interval])) or vector(0)`,
              legend: 'failed',
            },
          ],
        },
      ],
    },
  ],
}
