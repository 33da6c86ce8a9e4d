import type { AlertGroup } from './alert.ts'

const DAY = 86_400

export const probes: AlertGroup = {
  name: 'probes',
  alerts: [
    {
      name: 'VipOwnedByNobody',
      severity: 'critical',
      expr: 'probe_success{job="vip"} == 0',
      for: '10s',
      summary: '{{ $labels.instance }} of the virtual IP "{{ $labels.vip }}" accepts no connection.',
      description:
        'No host holds the address, or the proxy behind it is down: systemctl status keepalived haproxy.',
    },
    {
      name: 'ProbeFailed',
      severity: 'critical',
      expr: 'probe_success{job!="vip"} == 0',
      for: '1m',
      summary: '{{ $labels.instance }} does not answer as clients expect.',
      description: 'The page of the blackbox exporter, /probe?debug=true, says at which step it fails.',
    },
    {
      name: 'CertificateExpiresSoon',
      severity: 'warning',
      expr: `probe_ssl_earliest_cert_expiry - time() < 14 * ${DAY}`,
      for: '1h',
      summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}.',
      description: 'The playbook renews what ends within 30 days: it has not been run, or could not sign.',
    },
    {
      name: 'CertificateExpires',
      severity: 'critical',
      expr: `probe_ssl_earliest_cert_expiry - time() < 2 * ${DAY}`,
      for: '10m',
      summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}.',
      description: 'Clients refuse the service from then on.',
    },
  ],
}
