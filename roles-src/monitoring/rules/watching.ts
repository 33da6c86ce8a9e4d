import type { AlertGroup } from './alert.ts'

export const watching: AlertGroup = {
  name: 'watching',
  alerts: [
    {
      name: 'Watchdog',
      severity: 'none',
      expr: 'vector(1)',
      summary: 'Alerts work from end to end.',
      description: 'It is always raised. Whoever receives it raises the alarm when it stays away.',
    },
    {
      name: 'InstanceDown',
      severity: 'critical',
      // Hosts and Synapse have alerts of their own that say more.
      expr: 'up{job!~"node|synapse"} == 0',
      for: '1m',
      summary: '{{ $labels.job }} on {{ $labels.instance }} does not answer.',
      description:
        'Prometheus could not read its metrics for a minute: is the service up, and does the firewall admit it?',
    },
    {
      name: 'RuleFailures',
      severity: 'warning',
      expr: 'increase(prometheus_rule_evaluation_failures_total[10m]) > 0',
      summary: 'Prometheus could not work out the rules of {{ $labels.rule_group }}.',
      description: 'Alerts of that group may be missing. Its page "Rules" shows the error.',
    },
    {
      name: 'AlertsNotDelivered',
      severity: 'critical',
      expr: 'rate(alertmanager_notifications_failed_total[5m]) > 0',
      for: '10m',
      summary: 'Alertmanager cannot deliver to {{ $labels.integration }}.',
      description: 'Its journal says why. Until it is mended nobody is told of alerts.',
    },
    {
      name: 'ConfigurationNotTakenOver',
      severity: 'warning',
      expr: 'prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0',
      for: '5m',
      summary: '{{ $labels.job }} runs with an old configuration.',
      description: 'The last reload failed; the journal of the unit says why.',
    },
  ],
}
