import type { AlertGroup } from './alert.ts'

/** Seconds of processor and database that requests of a kind take, without the time for which they wait on purpose. */
const work = (servlet: string) =>
  [
    'synapse_http_server_response_ru_utime_seconds_total',
    'synapse_http_server_response_ru_stime_seconds_total',
    'synapse_http_server_response_db_txn_duration_seconds_total',
    'synapse_http_server_response_db_sched_duration_seconds_total',
  ]
    .map((metric) => `sum(rate(${metric}{servlet="${servlet}"}[5m]))`)
    .join(' + ')
const count = (servlet: string) =>
  `sum(rate(synapse_http_server_response_count_total{servlet="${servlet}"}[5m]))`

export const synapse: AlertGroup = {
  name: 'synapse',
  job: 'synapse',
  alerts: [
    {
      name: 'SynapseProcessDown',
      severity: 'critical',
      expr: 'up{job="synapse"} == 0',
      for: '1m',
      summary: 'The process {{ $labels.index }} of Synapse does not answer.',
      description: 'What it serves fails or is slow. Other workers of its kind go on.',
    },
    {
      name: 'SyncSlow',
      severity: 'warning',
      // The time of a sync is mostly that for which the client asked to wait, so that its percentiles say nothing.
      expr: `(${work('SyncRestServlet')}) / ${count('SyncRestServlet')} > 0.3`,
      for: '15m',
      summary: 'A sync takes {{ $value | humanizeDuration }} of work on average.',
      description: 'More than 300 ms: add sync workers, or processors (architecture, 8.1).',
    },
    {
      name: 'SlidingSyncSlow',
      severity: 'warning',
      expr: [
        'histogram_quantile(0.95,',
        'sum by (le) (rate(synapse_sliding_sync_processing_time_bucket{initial="False"}[5m]))) > 0.3',
      ].join(' '),
      for: '15m',
      summary: 'One sliding sync in twenty takes longer than {{ $value | humanizeDuration }}.',
      description: 'More than 300 ms: add sync workers, or processors (architecture, 8.1).',
    },
    {
      name: 'SendingSlow',
      severity: 'warning',
      expr: [
        'histogram_quantile(0.99,',
        'sum by (le) (rate(synapse_http_server_response_time_seconds_bucket{servlet="RoomSendEventRestServlet",code="200"}[5m]))) > 1',
      ].join(' '),
      for: '15m',
      summary: 'One message in a hundred takes longer than {{ $value | humanizeDuration }} to be sent.',
      description: 'Events are kept too slowly: look at the event persisters and at the database.',
    },
    {
      name: 'QueriesWait',
      severity: 'warning',
      expr: 'histogram_quantile(0.95, sum by (index, le) (rate(synapse_storage_schedule_time_bucket[5m]))) > 0.1',
      for: '10m',
      summary: 'Queries of {{ $labels.index }} wait {{ $value | humanizeDuration }} for a connection.',
      description: 'The pool of that process is used up, or the pooler behind it is.',
    },
    {
      name: 'BackgroundUpdatesPending',
      severity: 'warning',
      expr: 'max by (database_name) (synapse_background_update_status) < 3',
      for: '24h',
      summary: 'Updates of the database {{ $labels.database_name }} have not ended for a day.',
      description: 'They slow the database, and the next upgrade of Synapse may wait for them.',
    },
    {
      name: 'PushesFail',
      severity: 'warning',
      expr: [
        'sum(rate(synapse_http_httppusher_http_pushes_failed_total[15m])) /',
        '(sum(rate(synapse_http_httppusher_http_pushes_failed_total[15m])) +',
        'sum(rate(synapse_http_httppusher_http_pushes_processed_total[15m]))) > 0.2',
      ].join(' '),
      for: '15m',
      summary: '{{ $value | humanizePercentage }} of the notifications to phones fail.',
      description: 'The push gateway does not answer or refuses them.',
    },
  ],
}
