import type { AlertGroup } from './alert.ts'

/** File systems that hold data of the host. */
const DISKS = 'fstype!~"tmpfs|ramfs|overlay"'
const free = `node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes{${DISKS}}`
const memory = '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes'
/** The share of a link that one direction takes; links of unknown speed are left out. */
const link = (direction: 'receive' | 'transmit') =>
  `rate(node_network_${direction}_bytes_total{device!="lo"}[5m]) / (node_network_speed_bytes > 0) > 0.7`

export const hosts: AlertGroup = {
  name: 'hosts',
  job: 'node',
  alerts: [
    {
      name: 'HostDown',
      severity: 'critical',
      expr: 'up{job="node"} == 0',
      for: '1m',
      summary: '{{ $labels.instance }} does not answer.',
      description: 'Other alerts of this host are held back while this one lasts.',
    },
    {
      name: 'HostBusy',
      severity: 'warning',
      expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 0.7',
      for: '30m',
      summary:
        'The processors of {{ $labels.instance }} have been busy at {{ $value | humanizePercentage }}.',
      description: 'Sustained load above 70 % is the sign to add processors (architecture, 8.1).',
    },
    {
      name: 'HostShortOfMemory',
      severity: 'warning',
      expr: `${memory} > 0.9`,
      for: '15m',
      summary: '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory.',
      description: 'Above 90 %: add memory, or lower what its services may take (architecture, 8.1).',
    },
    {
      name: 'HostOutOfMemory',
      severity: 'critical',
      expr: 'increase(node_vmstat_oom_kill[15m]) > 0',
      summary: 'The kernel of {{ $labels.instance }} ended a process for want of memory.',
      description: 'journalctl -k says which. A service that lost a process may look alive and not be.',
    },
    {
      name: 'DiskFillsUp',
      severity: 'warning',
      expr: `predict_linear(node_filesystem_avail_bytes{${DISKS}}[6h], 7 * 86400) < 0 and ${free} < 0.5`,
      for: '1h',
      summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} will be full within a week.',
      description: 'At the rate of the last six hours. Look for what grows before it is urgent.',
    },
    {
      name: 'DiskNearlyFull',
      severity: 'critical',
      expr: `${free} < 0.1`,
      for: '15m',
      summary:
        '{{ $labels.mountpoint }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} left.',
      description: 'A full disk stops databases, stores and logs.',
    },
    {
      name: 'InodesNearlyGone',
      severity: 'warning',
      expr: `node_filesystem_files_free{${DISKS}} / (node_filesystem_files{${DISKS}} > 0) < 0.1`,
      for: '15m',
      summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} is running out of inodes.',
      description: 'No file can be made there when they are gone, however much room there is.',
    },
    {
      name: 'LinkSaturated',
      severity: 'warning',
      expr: `${link('receive')} or ${link('transmit')}`,
      for: '15m',
      summary:
        '{{ $labels.device }} of {{ $labels.instance }} carries {{ $value | humanizePercentage }} of its speed.',
      description: 'Above 70 % of a link, sustained, is the sign for a faster one (architecture, 8.1).',
    },
    {
      name: 'ConnectionTableNearlyFull',
      severity: 'warning',
      expr: 'node_nf_conntrack_entries / node_nf_conntrack_entries_limit > 0.8',
      for: '5m',
      summary: '{{ $labels.instance }} tracks nearly as many connections as it may.',
      description:
        'New connections are dropped when the table is full: raise net.netfilter.nf_conntrack_max.',
    },
    {
      name: 'ClockSkew',
      severity: 'warning',
      expr: 'abs(node_timex_offset_seconds) > 0.05',
      for: '5m',
      summary: 'The clock of {{ $labels.instance }} is off by {{ $value | humanizeDuration }}.',
      description: 'Certificates, leases and logs need clocks that agree: chronyc sources.',
    },
    {
      name: 'ClockNotSynchronised',
      severity: 'warning',
      expr: 'max_over_time(node_timex_sync_status[10m]) == 0',
      for: '10m',
      summary: 'The clock of {{ $labels.instance }} follows no other.',
      description: 'chronyd is down or reaches none of its sources: chronyc sources.',
    },
    {
      name: 'UnitFailed',
      severity: 'warning',
      expr: 'node_systemd_unit_state{state="failed"} == 1',
      for: '5m',
      summary: '{{ $labels.name }} of {{ $labels.instance }} has failed.',
      description: 'systemctl status and journalctl -u say why.',
    },
    {
      name: 'UnitRestarts',
      severity: 'warning',
      expr: 'increase(node_systemd_service_restart_total[30m]) > 3',
      summary: '{{ $labels.name }} of {{ $labels.instance }} restarts again and again.',
      description:
        'More than three times in half an hour. Containers that run under systemd are among the units.',
    },
    {
      name: 'TextfileUnreadable',
      severity: 'warning',
      expr: 'node_textfile_scrape_error == 1',
      for: '15m',
      summary: 'node_exporter of {{ $labels.instance }} cannot read what a job wrote.',
      description: 'A file in its folder of metrics is broken; its journal says which.',
    },
  ],
}
