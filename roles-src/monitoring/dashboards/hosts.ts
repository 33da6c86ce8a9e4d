import type { Board } from './board.ts'

const here = 'instance=~"$instance"'
const disks = `${here},fstype!~"tmpfs|ramfs"`

export const hosts: Board = {
  name: 'hosts',
  title: 'Hosts',
  job: 'node',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Hosts that answer',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(up{job="node",${here}})`, legend: '' }],
        },
        {
          title: 'Processors',
          unit: 'none',
          now: true,
          queries: [{ expr: `count(node_cpu_seconds_total{mode="idle",${here}})`, legend: '' }],
        },
        {
          title: 'Memory',
          unit: 'bytes',
          now: true,
          queries: [{ expr: `sum(node_memory_MemTotal_bytes{${here}})`, legend: '' }],
        },
        {
          title: 'Failed units',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(node_systemd_unit_state{state="failed",${here}})`, legend: '' }],
        },
        {
          title: 'Restarts in an hour',
          unit: 'none',
          now: true,
          queries: [{ expr: `sum(increase(node_systemd_service_restart_total{${here}}[1h]))`, legend: '' }],
        },
        {
          title: 'Up for at least',
          unit: 'dtdurations',
          now: true,
          queries: [{ expr: `min(time() - node_boot_time_seconds{${here}})`, legend: '' }],
        },
      ],
    },
    {
      title: 'Processors and memory',
      panels: [
        {
          title: 'Processors busy',
          unit: 'percentunit',
          queries: [
            {
              expr: `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'What they do',
          unit: 'percentunit',
          stacked: true,
          queries: [
            {
              expr: `avg by (mode) (rate(node_cpu_seconds_total{mode!="idle",${here}}[$__rate_interval]))`,
              legend: '{{mode}}',
            },
          ],
        },
        {
          title: 'Load for each processor',
          unit: 'short',
          queries: [
            {
              expr: `node_load5{${here}} / on (instance) count by (instance) (node_cpu_seconds_total{mode="idle",${here}})`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Memory in use',
          unit: 'percentunit',
          queries: [
            {
              expr: `1 - node_memory_MemAvailable_bytes{${here}} / node_memory_MemTotal_bytes{${here}}`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Waiting for memory',
          unit: 'percentunit',
          queries: [
            {
              expr: `rate(node_pressure_memory_waiting_seconds_total{${here}}[$__rate_interval])`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Waiting for processors',
          unit: 'percentunit',
          queries: [
            {
              expr: `rate(node_pressure_cpu_waiting_seconds_total{${here}}[$__rate_interval])`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Disks',
      panels: [
        {
          title: 'Disk in use',
          unit: 'percentunit',
          queries: [
            {
              expr: `1 - node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes{${disks}}`,
              legend: '{{instance}} {{mountpoint}}',
            },
          ],
        },
        {
          title: 'Read',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(node_disk_read_bytes_total{${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Written',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(node_disk_written_bytes_total{${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Waiting for disks',
          unit: 'percentunit',
          queries: [
            {
              expr: `rate(node_pressure_io_waiting_seconds_total{${here}}[$__rate_interval])`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Network and clock',
      panels: [
        {
          title: 'Received',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(node_network_receive_bytes_total{device!="lo",${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Sent',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo",${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Dropped',
          unit: 'pps',
          queries: [
            {
              expr: `sum by (instance) (rate(node_network_receive_drop_total{device!="lo",${here}}[$__rate_interval]) + rate(node_network_transmit_drop_total{device!="lo",${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'TCP connections',
          unit: 'short',
          queries: [{ expr: `node_netstat_Tcp_CurrEstab{${here}}`, legend: '{{instance}}' }],
        },
        {
          title: 'TCP retransmitted',
          unit: 'pps',
          queries: [
            { expr: `rate(node_netstat_Tcp_RetransSegs{${here}}[$__rate_interval])`, legend: '{{instance}}' },
          ],
        },
        {
          title: 'Clock off by',
          unit: 's',
          idleInRehearsal: 'its hosts may not ask the kernel how its clock is kept',
          queries: [{ expr: `node_timex_offset_seconds{${here}}`, legend: '{{instance}}' }],
        },
      ],
    },
  ],
}
