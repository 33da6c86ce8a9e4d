import type { Board } from './board.ts'

export const overview: Board = {
  name: 'overview',
  title: 'Overview',
  job: 'prometheus',
  rows: [
    {
      title: 'Now',
      panels: [
        { title: 'Targets that answer', unit: 'none', now: true, queries: [{ expr: 'sum(up)', legend: '' }] },
        {
          title: 'Targets that do not',
          unit: 'none',
          now: true,
          queries: [{ expr: 'count(up == 0) or vector(0)', legend: '' }],
        },
        {
          title: 'Critical alerts',
          unit: 'none',
          now: true,
          queries: [
            { expr: 'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)', legend: '' },
          ],
        },
        {
          title: 'Warnings',
          unit: 'none',
          now: true,
          queries: [
            { expr: 'count(ALERTS{alertstate="firing",severity="warning"}) or vector(0)', legend: '' },
          ],
        },
        {
          title: 'Failed probes',
          unit: 'none',
          now: true,
          queries: [{ expr: 'count(probe_success == 0) or vector(0)', legend: '' }],
        },
        {
          title: 'Next certificate ends in',
          unit: 'dtdurations',
          now: true,
          queries: [{ expr: 'min(probe_ssl_earliest_cert_expiry - time())', legend: '' }],
        },
      ],
    },
    {
      title: 'What clients see',
      panels: [
        {
          title: 'Alerts',
          unit: 'none',
          stacked: true,
          queries: [{ expr: 'count by (alertname) (ALERTS{alertstate="firing"})', legend: '{{alertname}}' }],
        },
        {
          title: 'Probes that succeed',
          unit: 'bool_yes_no',
          queries: [{ expr: 'probe_success', legend: '{{job}} {{instance}}' }],
        },
        {
          title: 'Time of a probe',
          unit: 's',
          queries: [{ expr: 'probe_duration_seconds', legend: '{{job}} {{instance}}' }],
        },
      ],
    },
    {
      title: 'Prometheus itself',
      panels: [
        {
          title: 'Series',
          unit: 'short',
          queries: [{ expr: 'prometheus_tsdb_head_series', legend: '{{instance}}' }],
        },
        {
          title: 'Samples taken',
          unit: 'ops',
          queries: [
            {
              expr: 'rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval])',
              legend: '{{instance}} {{type}}',
            },
          ],
        },
        {
          title: 'Time to read a target, the slowest',
          unit: 's',
          queries: [{ expr: 'topk(5, scrape_duration_seconds)', legend: '{{job}} {{instance}}' }],
        },
      ],
    },
  ],
}
