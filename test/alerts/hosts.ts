import type { AlertCase } from './case.ts'

const disk = (metric: string) =>
  `node_filesystem_${metric}{instance="db1",mountpoint="/srv",fstype="xfs",device="/dev/sdb"}`
const onDisk = { instance: 'db1', mountpoint: '/srv', fstype: 'xfs', device: '/dev/sdb' }
const memory = (available: number) => ({
  'node_memory_MemTotal_bytes{instance="db1"}': '1000+0x60',
  'node_memory_MemAvailable_bytes{instance="db1"}': `${available}+0x60`,
})
/** A link of 1000 bytes a second that carries so many of them. */
const link = (direction: string, bytes: number) => ({
  'node_network_speed_bytes{instance="s3a",device="eth0"}': '1000+0x60',
  [`node_network_${direction}_bytes_total{instance="s3a",device="eth0"}`]: `0+${bytes * 60}x60`,
})

export const hostCases: readonly AlertCase[] = [
  {
    alert: 'HostDown',
    when: 'node_exporter does not answer for a minute',
    series: { 'up{job="node",instance="db1"}': '1 0+0x5' },
    at: '3m',
    raises: { labels: { instance: 'db1', job: 'node' }, summary: 'db1 does not answer.' },
  },
  { alert: 'HostDown', when: 'it answers', series: { 'up{job="node",instance="db1"}': '1+0x5' }, at: '5m' },
  {
    alert: 'HostDown',
    when: 'one reading fails',
    series: { 'up{job="node",instance="db1"}': '1 0 1 1 1' },
    at: '2m',
  },
  {
    alert: 'HostBusy',
    when: 'both processors are idle for a fifth of half an hour',
    series: {
      'node_cpu_seconds_total{instance="db1",mode="idle",cpu="0"}': '0+12x60',
      'node_cpu_seconds_total{instance="db1",mode="idle",cpu="1"}': '0+12x60',
    },
    at: '45m',
    raises: { labels: { instance: 'db1' }, summary: 'The processors of db1 have been busy at 80%.' },
  },
  {
    alert: 'HostBusy',
    when: 'one of two processors is busy',
    series: {
      'node_cpu_seconds_total{instance="db1",mode="idle",cpu="0"}': '0+60x60',
      'node_cpu_seconds_total{instance="db1",mode="idle",cpu="1"}': '0+0x60',
    },
    at: '45m',
  },
  {
    alert: 'HostShortOfMemory',
    when: 'a twentieth of the memory is available',
    series: memory(50),
    at: '20m',
    raises: { labels: { instance: 'db1' }, summary: 'db1 uses 95% of its memory.' },
  },
  { alert: 'HostShortOfMemory', when: 'an eighth is available', series: memory(125), at: '20m' },
  {
    alert: 'HostOutOfMemory',
    when: 'the kernel ended a process',
    series: { 'node_vmstat_oom_kill{instance="db1"}': '0 0 1 1 1 1' },
    at: '5m',
    raises: { labels: { instance: 'db1' }, summary: 'The kernel of db1 ended a process for want of memory.' },
  },
  {
    alert: 'HostOutOfMemory',
    when: 'it did so before it was looked at',
    series: { 'node_vmstat_oom_kill{instance="db1"}': '7+0x10' },
    at: '9m',
  },
  {
    alert: 'DiskFillsUp',
    when: 'a disk that is more than half full loses a thousandth of its room every ten minutes',
    series: { [disk('avail_bytes')]: '450-1x80', [disk('size_bytes')]: '1000+0x80' },
    every: 10,
    at: '10h',
    raises: { labels: onDisk, summary: '/srv of db1 will be full within a week.' },
  },
  {
    alert: 'DiskFillsUp',
    when: 'it loses as much and is nearly empty',
    series: { [disk('avail_bytes')]: '900-1x80', [disk('size_bytes')]: '1000+0x80' },
    every: 10,
    at: '10h',
  },
  {
    alert: 'DiskFillsUp',
    when: 'it loses nothing',
    series: { [disk('avail_bytes')]: '450+0x80', [disk('size_bytes')]: '1000+0x80' },
    every: 10,
    at: '10h',
  },
  {
    alert: 'DiskNearlyFull',
    when: 'a twentieth is left',
    series: { [disk('avail_bytes')]: '50+0x30', [disk('size_bytes')]: '1000+0x30' },
    at: '20m',
    raises: { labels: onDisk, summary: '/srv of db1 has 5% left.' },
  },
  {
    alert: 'DiskNearlyFull',
    when: 'a fifth is left',
    series: { [disk('avail_bytes')]: '200+0x30', [disk('size_bytes')]: '1000+0x30' },
    at: '20m',
  },
  {
    alert: 'InodesNearlyGone',
    when: 'a twentieth is left',
    series: { [disk('files_free')]: '50+0x30', [disk('files')]: '1000+0x30' },
    at: '20m',
    raises: { labels: onDisk, summary: '/srv of db1 is running out of inodes.' },
  },
  {
    alert: 'InodesNearlyGone',
    when: 'the file system has none',
    series: { [disk('files_free')]: '0+0x30', [disk('files')]: '0+0x30' },
    at: '20m',
  },
  {
    alert: 'LinkSaturated',
    when: 'eight tenths of it are sent',
    series: link('transmit', 800),
    at: '30m',
    raises: { labels: { instance: 's3a', device: 'eth0' }, summary: 'eth0 of s3a carries 80% of its speed.' },
  },
  {
    alert: 'LinkSaturated',
    when: 'eight tenths of it are received',
    series: link('receive', 800),
    at: '30m',
    raises: { labels: { instance: 's3a', device: 'eth0' }, summary: 'eth0 of s3a carries 80% of its speed.' },
  },
  { alert: 'LinkSaturated', when: 'half of it is sent', series: link('transmit', 500), at: '30m' },
  {
    alert: 'LinkSaturated',
    when: 'its speed is unknown',
    series: { ...link('transmit', 800), 'node_network_speed_bytes{instance="s3a",device="eth0"}': '-1+0x60' },
    at: '30m',
  },
  {
    alert: 'ConnectionTableNearlyFull',
    when: 'nine in ten entries are used',
    series: {
      'node_nf_conntrack_entries{instance="turn1"}': '900+0x20',
      'node_nf_conntrack_entries_limit{instance="turn1"}': '1000+0x20',
    },
    at: '10m',
    raises: {
      labels: { instance: 'turn1' },
      summary: 'turn1 tracks nearly as many connections as it may.',
    },
  },
  {
    alert: 'ConnectionTableNearlyFull',
    when: 'half of them are',
    series: {
      'node_nf_conntrack_entries{instance="turn1"}': '500+0x20',
      'node_nf_conntrack_entries_limit{instance="turn1"}': '1000+0x20',
    },
    at: '10m',
  },
  {
    alert: 'ClockSkew',
    when: 'a clock is 100 ms behind',
    series: { 'node_timex_offset_seconds{instance="db1"}': '-0.1+0x20' },
    at: '10m',
    raises: { labels: { instance: 'db1' }, summary: 'The clock of db1 is off by 100ms.' },
  },
  {
    alert: 'ClockSkew',
    when: 'it is 1 ms ahead',
    series: { 'node_timex_offset_seconds{instance="db1"}': '0.001+0x20' },
    at: '10m',
  },
  {
    alert: 'ClockNotSynchronised',
    when: 'the kernel has said so for twenty minutes',
    series: { 'node_timex_sync_status{instance="db1"}': '0+0x40' },
    at: '25m',
    raises: { labels: { instance: 'db1' }, summary: 'The clock of db1 follows no other.' },
  },
  {
    alert: 'ClockNotSynchronised',
    when: 'it follows one again',
    series: { 'node_timex_sync_status{instance="db1"}': '0+0x15 1+0x10' },
    at: '25m',
  },
  {
    alert: 'UnitFailed',
    when: 'a unit stays failed',
    series: { 'node_systemd_unit_state{instance="db1",name="web.service",state="failed"}': '1+0x10' },
    at: '6m',
    raises: {
      labels: { instance: 'db1', name: 'web.service', state: 'failed' },
      summary: 'web.service of db1 has failed.',
    },
  },
  {
    alert: 'UnitFailed',
    when: 'it is active',
    series: {
      'node_systemd_unit_state{instance="db1",name="web.service",state="failed"}': '0+0x10',
      'node_systemd_unit_state{instance="db1",name="web.service",state="active"}': '1+0x10',
    },
    at: '6m',
  },
  {
    alert: 'UnitRestarts',
    when: 'a unit restarts every minute',
    series: { 'node_systemd_service_restart_total{instance="db1",name="web.service"}': '0+1x20' },
    at: '10m',
    raises: {
      labels: { instance: 'db1', name: 'web.service' },
      summary: 'web.service of db1 restarts again and again.',
    },
  },
  {
    alert: 'UnitRestarts',
    when: 'it restarted once',
    series: { 'node_systemd_service_restart_total{instance="db1",name="web.service"}': '0 1+0x20' },
    at: '10m',
  },
  {
    alert: 'TextfileUnreadable',
    when: 'a file stays broken',
    series: { 'node_textfile_scrape_error{instance="db1"}': '1+0x30' },
    at: '20m',
    raises: { labels: { instance: 'db1' }, summary: 'node_exporter of db1 cannot read what a job wrote.' },
  },
  {
    alert: 'TextfileUnreadable',
    when: 'all are whole',
    series: { 'node_textfile_scrape_error{instance="db1"}': '0+0x30' },
    at: '20m',
  },
]
