import type { Board } from './board.ts'

const here = 'instance=~"$instance"'
const each = '{{instance}} {{proxy}}'
const rate = (metric: string, more = '') =>
  `sum by (instance, proxy) (rate(${metric}{${here}${more}}[$__rate_interval]))`

export const proxy: Board = {
  name: 'proxy',
  title: 'HAProxy',
  job: 'haproxy',
  rows: [
    {
      title: 'Clients',
      panels: [
        {
          title: 'Connections',
          unit: 'short',
          queries: [{ expr: `haproxy_process_current_connections{${here}}`, legend: '{{instance}}' }],
        },
        {
          title: 'Connections of those that it may have',
          unit: 'percentunit',
          queries: [
            {
              expr: `haproxy_process_current_connections{${here}} / haproxy_process_max_connections{${here}}`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Sessions',
          unit: 'short',
          queries: [{ expr: `haproxy_frontend_current_sessions{${here},proxy!="stats"}`, legend: each }],
        },
        {
          title: 'New sessions',
          unit: 'ops',
          queries: [{ expr: rate('haproxy_frontend_sessions_total', ',proxy!="stats"'), legend: each }],
        },
        {
          title: 'Received',
          unit: 'Bps',
          queries: [{ expr: rate('haproxy_frontend_bytes_in_total'), legend: each }],
        },
        {
          title: 'Sent',
          unit: 'Bps',
          queries: [{ expr: rate('haproxy_frontend_bytes_out_total'), legend: each }],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests',
          unit: 'reqps',
          queries: [{ expr: rate('haproxy_frontend_http_requests_total'), legend: each }],
        },
        {
          title: 'Answers',
          unit: 'reqps',
          stacked: true,
          queries: [
            {
              expr: `sum by (code) (rate(haproxy_frontend_http_responses_total{${here}}[$__rate_interval]))`,
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Refused',
          unit: 'reqps',
          description: 'By a rule of the proxy itself.',
          queries: [{ expr: rate('haproxy_frontend_requests_denied_total'), legend: each }],
        },
      ],
    },
    {
      title: 'Servers',
      panels: [
        {
          title: 'Servers that are up',
          unit: 'none',
          queries: [
            {
              expr: `haproxy_backend_active_servers{${here}} + haproxy_backend_backup_servers{${here}}`,
              legend: each,
            },
          ],
        },
        {
          title: 'Server down',
          unit: 'none',
          description: 'For the writer of the database all but one are down on purpose.',
          queries: [
            {
              expr: `haproxy_server_status{state="DOWN",${here}}`,
              legend: '{{instance}} {{proxy}} {{server}}',
            },
          ],
        },
        {
          title: 'Waiting for a server',
          unit: 'short',
          queries: [{ expr: `haproxy_backend_current_queue{${here}}`, legend: each }],
        },
        {
          title: 'Time to connect',
          unit: 's',
          queries: [{ expr: `haproxy_backend_connect_time_average_seconds{${here}}`, legend: each }],
        },
        {
          title: 'Time to answer',
          unit: 's',
          queries: [{ expr: `haproxy_backend_response_time_average_seconds{${here}}`, legend: each }],
        },
        {
          title: 'Failed connections',
          unit: 'ops',
          queries: [{ expr: rate('haproxy_backend_connection_errors_total'), legend: each }],
        },
      ],
    },
  ],
}
