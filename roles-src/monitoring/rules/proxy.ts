import type { AlertGroup } from './alert.ts'

export const proxy: AlertGroup = {
  name: 'proxy',
  job: 'haproxy',
  alerts: [
    {
      name: 'HAProxyBackendDown',
      severity: 'critical',
      // A backend that only counts requests never has a server.
      expr: '(haproxy_backend_active_servers + haproxy_backend_backup_servers == 0) and on (instance, proxy) haproxy_server_status',
      for: '15s',
      summary: '{{ $labels.proxy }} of {{ $labels.instance }} has no server.',
      description: 'Every server behind it fails its check: clients get errors.',
    },
    {
      name: 'HAProxyNearlyFull',
      severity: 'warning',
      expr: 'haproxy_process_current_connections / haproxy_process_max_connections > 0.8',
      for: '5m',
      summary:
        'HAProxy of {{ $labels.instance }} has {{ $value | humanizePercentage }} of the connections that it may.',
      description: 'Further clients wait when all are taken: raise the maximum, which wants memory.',
    },
    {
      name: 'HAProxyBackendErrors',
      severity: 'warning',
      expr: [
        'sum by (instance, proxy) (rate(haproxy_backend_http_responses_total{code="5xx"}[5m]))',
        '/ sum by (instance, proxy) (rate(haproxy_backend_http_responses_total[5m])) > 0.05',
      ].join(' '),
      for: '10m',
      summary:
        '{{ $value | humanizePercentage }} of the answers of {{ $labels.proxy }} are errors of the server.',
      description: 'Answers of 5xx, more than one in twenty.',
    },
  ],
}
