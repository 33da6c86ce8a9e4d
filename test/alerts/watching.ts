import type { AlertCase } from './case.ts'

const DAY = 86_400
const probe = (job: string, success: string) => ({
  [`probe_success{job="${job}",instance="web",vip="front"}`]: success,
})
const certificate = (days: number) => ({
  // Time begins at 0 here.
  'probe_ssl_earliest_cert_expiry{job="https",instance="https://www.example.org/"}': `${days * DAY}+0x120`,
})
const onPage = { job: 'https', instance: 'https://www.example.org/' }

export const watchingCases: readonly AlertCase[] = [
  {
    alert: 'Watchdog',
    when: 'nothing is wrong',
    series: {},
    at: '0m',
    raises: { summary: 'Alerts work from end to end.' },
  },
  {
    alert: 'InstanceDown',
    when: 'a target does not answer for a minute',
    series: { 'up{job="etcd",instance="db1"}': '1 0+0x5' },
    at: '3m',
    raises: { labels: { job: 'etcd', instance: 'db1' }, summary: 'etcd on db1 does not answer.' },
  },
  {
    alert: 'InstanceDown',
    when: 'a host or a process of Synapse does not answer, which have alerts of their own',
    series: { 'up{job="node",instance="db1"}': '0+0x5', 'up{job="synapse",instance="app"}': '0+0x5' },
    at: '5m',
  },
  {
    alert: 'RuleFailures',
    when: 'a group of rules fails',
    series: { 'prometheus_rule_evaluation_failures_total{instance="mon",rule_group="hosts"}': '0 0 1 1 1' },
    at: '4m',
    raises: {
      labels: { instance: 'mon', rule_group: 'hosts' },
      summary: 'Prometheus could not work out the rules of hosts.',
    },
  },
  {
    alert: 'RuleFailures',
    when: 'it has failed long ago',
    series: { 'prometheus_rule_evaluation_failures_total{instance="mon",rule_group="hosts"}': '3+0x20' },
    at: '15m',
  },
  {
    alert: 'AlertsNotDelivered',
    when: 'messages fail for ten minutes',
    series: { 'alertmanager_notifications_failed_total{instance="mon",integration="webhook"}': '0+1x30' },
    at: '15m',
    raises: {
      labels: { instance: 'mon', integration: 'webhook' },
      summary: 'Alertmanager cannot deliver to webhook.',
    },
  },
  {
    alert: 'AlertsNotDelivered',
    when: 'one failed',
    series: { 'alertmanager_notifications_failed_total{instance="mon",integration="webhook"}': '0 1+0x30' },
    at: '15m',
  },
  {
    alert: 'ConfigurationNotTakenOver',
    when: 'the last reload of Prometheus failed',
    series: { 'prometheus_config_last_reload_successful{instance="mon",job="prometheus"}': '0+0x10' },
    at: '6m',
    raises: {
      labels: { instance: 'mon', job: 'prometheus' },
      summary: 'prometheus runs with an old configuration.',
    },
  },
  {
    alert: 'ConfigurationNotTakenOver',
    when: 'that of Alertmanager did',
    series: { 'alertmanager_config_last_reload_successful{instance="mon",job="alertmanager"}': '0+0x10' },
    at: '6m',
    raises: {
      labels: { instance: 'mon', job: 'alertmanager' },
      summary: 'alertmanager runs with an old configuration.',
    },
  },
  {
    alert: 'ConfigurationNotTakenOver',
    when: 'both succeeded',
    series: {
      'prometheus_config_last_reload_successful{instance="mon",job="prometheus"}': '1+0x10',
      'alertmanager_config_last_reload_successful{instance="mon",job="alertmanager"}': '1+0x10',
    },
    at: '6m',
  },
  {
    alert: 'VipOwnedByNobody',
    when: 'no connection to a virtual IP succeeds',
    series: probe('vip', '1 0 0 0'),
    at: '2m',
    raises: {
      labels: { job: 'vip', instance: 'web', vip: 'front' },
      summary: 'web of the virtual IP "front" accepts no connection.',
    },
  },
  { alert: 'VipOwnedByNobody', when: 'they do', series: probe('vip', '1+0x5'), at: '4m' },
  {
    alert: 'ProbeFailed',
    when: 'a TURN server does not end its handshake',
    series: probe('tls', '1 0+0x5'),
    at: '3m',
    raises: {
      labels: { job: 'tls', instance: 'web', vip: 'front' },
      summary: 'web does not answer as clients expect.',
    },
  },
  {
    alert: 'ProbeFailed',
    when: 'only a virtual IP fails, which has an alert of its own',
    series: probe('vip', '0+0x5'),
    at: '3m',
  },
  {
    alert: 'CertificateExpiresSoon',
    when: 'it ends in ten days',
    series: certificate(10),
    at: '90m',
    raises: {
      labels: onPage,
      summary: 'The certificate of https://www.example.org/ ends in 9d 22h 30m 0s.',
    },
  },
  { alert: 'CertificateExpiresSoon', when: 'it ends in thirty', series: certificate(30), at: '90m' },
  {
    alert: 'CertificateExpires',
    when: 'it ends tomorrow',
    series: certificate(1),
    at: '1h',
    raises: { labels: onPage, summary: 'The certificate of https://www.example.org/ ends in 23h 0m 0s.' },
  },
  { alert: 'CertificateExpires', when: 'it ends in ten days', series: certificate(10), at: '1h' },
  {
    alert: 'HAProxyBackendDown',
    when: 'neither servers nor their reserves are up',
    series: {
      'haproxy_backend_active_servers{instance="lb1",proxy="writer"}': '1 0+0x5',
      'haproxy_backend_backup_servers{instance="lb1",proxy="writer"}': '1 0+0x5',
      'haproxy_server_status{instance="lb1",proxy="writer",server="db1",state="UP"}': '1 0+0x5',
      'haproxy_server_status{instance="lb1",proxy="writer",server="db1",state="DOWN"}': '0 1+0x5',
    },
    at: '2m',
    raises: { labels: { instance: 'lb1', proxy: 'writer' }, summary: 'writer of lb1 has no server.' },
  },
  {
    alert: 'HAProxyBackendDown',
    when: 'a backend that only counts has no server',
    series: {
      'haproxy_backend_active_servers{instance="lb1",proxy="https:logins"}': '0+0x5',
      'haproxy_backend_backup_servers{instance="lb1",proxy="https:logins"}': '0+0x5',
    },
    at: '2m',
  },
  {
    alert: 'HAProxyBackendDown',
    when: 'a reserve is up',
    series: {
      'haproxy_backend_active_servers{instance="lb1",proxy="writer"}': '0+0x5',
      'haproxy_backend_backup_servers{instance="lb1",proxy="writer"}': '1+0x5',
      'haproxy_server_status{instance="lb1",proxy="writer",server="db2",state="UP"}': '1+0x5',
    },
    at: '2m',
  },
  {
    alert: 'HAProxyNearlyFull',
    when: 'nine in ten connections are taken',
    series: {
      'haproxy_process_current_connections{instance="lb1"}': '900+0x10',
      'haproxy_process_max_connections{instance="lb1"}': '1000+0x10',
    },
    at: '6m',
    raises: {
      labels: { instance: 'lb1' },
      summary: 'HAProxy of lb1 has 90% of the connections that it may.',
    },
  },
  {
    alert: 'HAProxyNearlyFull',
    when: 'half of them are',
    series: {
      'haproxy_process_current_connections{instance="lb1"}': '500+0x10',
      'haproxy_process_max_connections{instance="lb1"}': '1000+0x10',
    },
    at: '6m',
  },
  {
    alert: 'HAProxyBackendErrors',
    when: 'one answer in ten is an error of the server',
    series: {
      'haproxy_backend_http_responses_total{instance="lb1",proxy="web",code="5xx"}': '0+60x30',
      'haproxy_backend_http_responses_total{instance="lb1",proxy="web",code="2xx"}': '0+540x30',
    },
    at: '20m',
    raises: {
      labels: { instance: 'lb1', proxy: 'web' },
      summary: '10% of the answers of web are errors of the server.',
    },
  },
  {
    alert: 'HAProxyBackendErrors',
    when: 'one in a hundred is',
    series: {
      'haproxy_backend_http_responses_total{instance="lb1",proxy="web",code="5xx"}': '0+6x30',
      'haproxy_backend_http_responses_total{instance="lb1",proxy="web",code="2xx"}': '0+594x30',
    },
    at: '20m',
  },
]
