import type { AlertCase } from './case.ts'

const MB = 1024 ** 2
/** Values of a metric of Patroni on three members of one cluster. */
const members = (metric: string, ...values: readonly string[]) =>
  Object.fromEntries(values.map((value, i) => [`${metric}{scope="main",instance="db${i + 1}"}`, value]))
const lag = (megabytes: number) => ({
  ...members('patroni_xlog_location', `${500 * MB}+0x20`, '0+0x20'),
  ...members('patroni_xlog_replayed_location', '0+0x20', `${(500 - megabytes) * MB}+0x20`),
  ...members('patroni_replica', '0+0x20', '1+0x20'),
})
const connections = (count: number) => ({
  'pg_stat_activity_count{instance="db1",datname="app",state="active"}': `${count - 20}+0x20`,
  'pg_stat_activity_count{instance="db1",datname="app",state="idle"}': '20+0x20',
  'pg_settings_max_connections{instance="db1",server="a"}': '500+0x20',
})
const slot = (megabytes: number) => ({
  'pg_replication_slots_pg_wal_lsn_diff{instance="db1",slot_name="db2"}': `${megabytes * MB}+0x20`,
  'pg_settings_max_wal_size_bytes{instance="db1",server="a"}': `${1024 * MB}+0x20`,
})
const fsync = (slow: number) => ({
  'etcd_disk_wal_fsync_duration_seconds_bucket{instance="db1",le="0.064"}': `0+${100 - slow}x30`,
  'etcd_disk_wal_fsync_duration_seconds_bucket{instance="db1",le="0.256"}': '0+100x30',
  'etcd_disk_wal_fsync_duration_seconds_bucket{instance="db1",le="+Inf"}': '0+100x30',
})
const host = (job: string) => ({ [`up{job="${job}",instance="db1"}`]: '1+0x60' })
const idle = (share: number) => ({
  'node_cpu_seconds_total{instance="db1",mode="idle",cpu="0"}': `0+${share * 60}x60`,
})
const memory = (available: number) => ({
  'node_memory_MemTotal_bytes{instance="db1"}': '1000+0x60',
  'node_memory_MemAvailable_bytes{instance="db1"}': `${available}+0x60`,
})

export const databaseCases: readonly AlertCase[] = [
  {
    alert: 'EtcdNoLeader',
    when: 'a member knows of none',
    series: { 'etcd_server_has_leader{instance="db1"}': '1 0+0x5' },
    at: '2m',
    raises: { labels: { instance: 'db1' }, summary: 'etcd of db1 has no leader.' },
  },
  {
    alert: 'EtcdNoLeader',
    when: 'it knows of one',
    series: { 'etcd_server_has_leader{instance="db1"}': '1+0x5' },
    at: '2m',
  },
  {
    alert: 'EtcdSlowFsync',
    when: 'two writes in a hundred take long',
    series: fsync(2),
    at: '20m',
    raises: { labels: { instance: 'db1' }, summary: 'etcd of db1 waits 160ms for its disk.' },
  },
  { alert: 'EtcdSlowFsync', when: 'none does', series: fsync(0), at: '20m' },
  {
    alert: 'EtcdNearlyFull',
    when: 'nine tenths of the quota are used',
    series: {
      'etcd_mvcc_db_total_size_in_bytes{instance="db1"}': '900+0x20',
      'etcd_server_quota_backend_bytes{instance="db1"}': '1000+0x20',
    },
    at: '15m',
    raises: { labels: { instance: 'db1' }, summary: 'etcd of db1 has filled 90% of its quota.' },
  },
  {
    alert: 'EtcdNearlyFull',
    when: 'a tenth is',
    series: {
      'etcd_mvcc_db_total_size_in_bytes{instance="db1"}': '100+0x20',
      'etcd_server_quota_backend_bytes{instance="db1"}': '1000+0x20',
    },
    at: '15m',
  },
  {
    alert: 'PatroniNoPrimary',
    when: 'no member writes',
    series: members('patroni_primary', '1 0+0x5', '0+0x5', '0+0x5'),
    at: '2m',
    raises: { labels: { scope: 'main' }, summary: 'The database cluster main has no writer.' },
  },
  {
    alert: 'PatroniNoPrimary',
    when: 'another one takes over',
    series: members('patroni_primary', '1 0+0x5', '0 1+0x5', '0+0x5'),
    at: '2m',
  },
  {
    alert: 'PatroniTwoPrimaries',
    when: 'two members write',
    series: members('patroni_primary', '1+0x5', '0 1+0x5', '0+0x5'),
    at: '2m',
    raises: { labels: { scope: 'main' }, summary: 'Two members of main say that they write.' },
  },
  {
    alert: 'PatroniTwoPrimaries',
    when: 'each of two clusters has a writer',
    series: {
      'patroni_primary{scope="main",instance="db1"}': '1+0x5',
      'patroni_primary{scope="other",instance="db9"}': '1+0x5',
    },
    at: '2m',
  },
  {
    alert: 'PatroniFailsafeOrDcsStale',
    when: 'a member has not seen etcd for three minutes',
    series: { 'patroni_dcs_last_seen{scope="main",instance="db1"}': '0+0x10' },
    at: '3m',
    raises: {
      labels: { scope: 'main', instance: 'db1' },
      summary: 'Patroni of db1 has not reached etcd for 3m 0s.',
    },
  },
  {
    alert: 'PatroniFailsafeOrDcsStale',
    when: 'it sees it all the time',
    series: { 'patroni_dcs_last_seen{scope="main",instance="db1"}': '0+60x10' },
    at: '5m',
  },
  {
    alert: 'PatroniNoSyncStandby',
    when: 'no member is one for five minutes',
    series: members('patroni_sync_standby', '0+0x20', '1 0+0x20', '0+0x20'),
    at: '8m',
    raises: { labels: { scope: 'main' }, summary: 'main has no synchronous standby.' },
  },
  {
    alert: 'PatroniNoSyncStandby',
    when: 'one is',
    series: members('patroni_sync_standby', '0+0x20', '0+0x20', '1+0x20'),
    at: '8m',
  },
  {
    alert: 'StandbyBehind',
    when: 'a standby misses 100 MB',
    series: lag(100),
    at: '8m',
    raises: { labels: { scope: 'main', instance: 'db2' }, summary: 'db2 is 100MiB behind the writer.' },
  },
  { alert: 'StandbyBehind', when: 'it misses 10 MB', series: lag(10), at: '8m' },
  {
    alert: 'FailoverPaused',
    when: 'it has been for an hour',
    series: members('patroni_is_paused', '1+0x80', '1+0x80'),
    at: '65m',
    raises: { labels: { scope: 'main' }, summary: 'Patroni of main has been paused for an hour.' },
  },
  {
    alert: 'FailoverPaused',
    when: 'it was for half an hour',
    series: members('patroni_is_paused', '1+0x30 0+0x50', '1+0x30 0+0x50'),
    at: '65m',
  },
  {
    alert: 'PostgresDown',
    when: 'the exporter is not let in',
    series: { 'pg_up{instance="db1"}': '1 0+0x5' },
    at: '3m',
    raises: { labels: { instance: 'db1' }, summary: 'PostgreSQL of db1 does not let the exporter in.' },
  },
  { alert: 'PostgresDown', when: 'it is', series: { 'pg_up{instance="db1"}': '1+0x5' }, at: '3m' },
  {
    alert: 'PostgresConnectionsHigh',
    when: '450 of 500 are taken, whatever their state',
    series: connections(450),
    at: '8m',
    raises: { labels: { instance: 'db1' }, summary: 'PostgreSQL of db1 has 450 connections.' },
  },
  { alert: 'PostgresConnectionsHigh', when: '400 are', series: connections(400), at: '8m' },
  {
    alert: 'SlotHoldsLog',
    when: 'it holds twice max_wal_size',
    series: slot(2048),
    at: '15m',
    raises: {
      labels: { instance: 'db1', slot_name: 'db2' },
      summary: 'The slot db2 of db1 holds 2GiB of log.',
    },
  },
  { alert: 'SlotHoldsLog', when: 'it holds a tenth of it', series: slot(100), at: '15m' },
  {
    alert: 'ArchivingFails',
    when: 'segments fail again and again',
    series: { 'pg_stat_archiver_failed_count{instance="db1"}': '0+1x60' },
    at: '40m',
    raises: { labels: { instance: 'db1' }, summary: 'PostgreSQL of db1 cannot archive its log.' },
  },
  {
    alert: 'ArchivingFails',
    when: 'one failed half an hour ago',
    series: { 'pg_stat_archiver_failed_count{instance="db1"}': '0 1+0x60' },
    at: '40m',
  },
  {
    alert: 'DatabaseHostBusy',
    when: 'a host of the database is idle for a fifth of the time',
    series: { ...host('postgresql'), ...idle(0.2) },
    at: '30m',
    raises: {
      labels: { instance: 'db1' },
      summary: 'The processors of the database host db1 are busy at 80%.',
    },
  },
  {
    alert: 'DatabaseHostBusy',
    when: 'another host is',
    series: { ...host('haproxy'), ...idle(0.2) },
    at: '30m',
  },
  {
    alert: 'DatabaseHostShortOfMemory',
    when: 'an eighth of the memory of a host of the database is available',
    series: { ...host('postgresql'), ...memory(125) },
    at: '30m',
    raises: { labels: { instance: 'db1' }, summary: 'The database host db1 uses 87.5% of its memory.' },
  },
  {
    alert: 'DatabaseHostShortOfMemory',
    when: 'a fifth is',
    series: { ...host('postgresql'), ...memory(200) },
    at: '30m',
  },
  {
    alert: 'PgBouncerDown',
    when: 'the exporter is not let in',
    series: { 'pgbouncer_up{instance="db1"}': '1 0+0x5' },
    at: '3m',
    raises: { labels: { instance: 'db1' }, summary: 'PgBouncer of db1 does not let the exporter in.' },
  },
  { alert: 'PgBouncerDown', when: 'it is', series: { 'pgbouncer_up{instance="db1"}': '1+0x5' }, at: '3m' },
  {
    alert: 'PgBouncerClientsWaiting',
    when: 'clients wait for two minutes',
    series: {
      'pgbouncer_pools_client_waiting_connections{instance="db1",database="app",user="app"}': '0 3+0x5',
    },
    at: '4m',
    raises: {
      labels: { instance: 'db1', database: 'app', user: 'app' },
      summary: 'Clients of app wait for a connection at db1.',
    },
  },
  {
    alert: 'PgBouncerClientsWaiting',
    when: 'they wait for a moment',
    series: {
      'pgbouncer_pools_client_waiting_connections{instance="db1",database="app",user="app"}': '0 3 0 0 0',
    },
    at: '4m',
  },
]
