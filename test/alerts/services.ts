import type { AlertCase } from './case.ts'

const DAY_IN_HOURS = 24
const onCluster = (metric: string, ...values: readonly string[]) =>
  Object.fromEntries(values.map((value, i) => [`${metric}{instance="s3${'abcd'[i]}"}`, value]))
const set = (online: number) => ({
  'minio_cluster_health_erasure_set_online_drives{instance="s3a",pool="0",set="0"}': `${online}+0x5`,
  'minio_cluster_health_erasure_set_write_quorum{instance="s3a",pool="0",set="0"}': '12+0x5',
})
const answers = (failed: number) => ({
  'minio_s3_requests_5xx_errors_total{instance="s3a",api="putobject"}': `0+${failed}x30`,
  'minio_s3_requests_total{instance="s3a",api="putobject"}': '0+100x30',
})
const packets = (dropped: number) => ({
  'livekit_node_packet_total{instance="sfu",type="dropped"}': `0+${dropped}x30`,
  'livekit_node_packet_total{instance="sfu",type="out"}': '0+1000x30',
})
const joins = (failed: number) => ({
  'livekit_participant_join_total{instance="sfu",state="signal_failed"}': `0+${failed}x60`,
  'livekit_participant_join_total{instance="sfu",state="signal_connected"}': `0+${10 - failed}x60`,
})
/** Ten syncs a minute, with so many seconds of work and of waiting each. */
const syncs = (work: number) => ({
  'synapse_http_server_response_count_total{index="sync-0",servlet="SyncRestServlet"}': '0+10x60',
  ...Object.fromEntries(
    ['ru_utime', 'ru_stime', 'db_txn_duration', 'db_sched_duration'].map((part) => [
      `synapse_http_server_response_${part}_seconds_total{index="sync-0",servlet="SyncRestServlet"}`,
      `0+${(work / 4) * 10}x60`,
    ]),
  ),
})
const buckets = (metric: string, labels: string, slow: number) => ({
  [`${metric}_bucket{${labels},le="0.1"}`]: `0+${100 - slow}x60`,
  [`${metric}_bucket{${labels},le="5"}`]: '0+100x60',
  [`${metric}_bucket{${labels},le="+Inf"}`]: '0+100x60',
})
const sliding = (slow: number) =>
  buckets('synapse_sliding_sync_processing_time', 'index="sync-0",initial="False"', slow)
const sending = (slow: number) =>
  buckets(
    'synapse_http_server_response_time_seconds',
    'index="main",servlet="RoomSendEventRestServlet",code="200"',
    slow,
  )
const scheduling = (slow: number) => buckets('synapse_storage_schedule_time', 'index="main"', slow)
const pushes = (failed: number) => ({
  'synapse_http_httppusher_http_pushes_failed_total{index="pusher-0"}': `0+${failed}x60`,
  'synapse_http_httppusher_http_pushes_processed_total{index="pusher-0"}': `0+${10 - failed}x60`,
})
/** A job that ended when time began, looked at after so many hours. */
const endedOnce = (series: string, hours: number) => ({
  series: { [series]: '0+0x1000' },
  every: 60,
  at: `${hours}h`,
})

export const serviceCases: readonly AlertCase[] = [
  {
    alert: 'DrivesOffline',
    when: 'one node sees one missing',
    series: onCluster('minio_cluster_drive_offline_total', '0+0x20', '1+0x20'),
    at: '8m',
    raises: { summary: '1 drives of the object store are offline.' },
  },
  {
    alert: 'DrivesOffline',
    when: 'none is missing',
    series: onCluster('minio_cluster_drive_offline_total', '0+0x20', '0+0x20'),
    at: '8m',
  },
  {
    alert: 'NodesOffline',
    when: 'the others see one missing',
    series: onCluster('minio_cluster_nodes_offline_total', '1+0x20', '1+0x20', '1+0x20'),
    at: '8m',
    raises: { summary: '1 nodes of the object store are offline.' },
  },
  {
    alert: 'NodesOffline',
    when: 'none is missing',
    series: onCluster('minio_cluster_nodes_offline_total', '0+0x20'),
    at: '8m',
  },
  {
    alert: 'ErasureSetWithoutMargin',
    when: 'four of sixteen drives are missing',
    series: set(12),
    at: '3m',
    raises: {
      labels: { pool: '0', set: '0' },
      summary: 'The erasure set 0 of pool 0 has no drive to spare.',
    },
  },
  { alert: 'ErasureSetWithoutMargin', when: 'three are', series: set(13), at: '3m' },
  {
    alert: 'ObjectStoreNearlyFull',
    when: 'a tenth of its room is left',
    series: {
      ...onCluster('minio_cluster_capacity_usable_free_bytes', '100+0x90'),
      ...onCluster('minio_cluster_capacity_usable_total_bytes', '1000+0x90'),
    },
    at: '70m',
    raises: { summary: 'The object store has 10% of its room left.' },
  },
  {
    alert: 'ObjectStoreNearlyFull',
    when: 'half of it is',
    series: {
      ...onCluster('minio_cluster_capacity_usable_free_bytes', '500+0x90'),
      ...onCluster('minio_cluster_capacity_usable_total_bytes', '1000+0x90'),
    },
    at: '70m',
  },
  {
    alert: 'ObjectStoreErrors',
    when: 'one request in twenty fails',
    series: answers(5),
    at: '20m',
    raises: { summary: '5% of the requests to the object store fail.' },
  },
  { alert: 'ObjectStoreErrors', when: 'none does', series: answers(0), at: '20m' },
  {
    alert: 'MediaDropped',
    when: 'two packets in a hundred are dropped',
    series: packets(20),
    at: '15m',
    raises: { labels: { instance: 'sfu' }, summary: 'The host of LiveKit drops 2% of its packets.' },
  },
  { alert: 'MediaDropped', when: 'one in a thousand is', series: packets(1), at: '15m' },
  {
    alert: 'CallsFail',
    when: 'half of the attempts fail',
    series: joins(5),
    at: '30m',
    raises: { labels: { instance: 'sfu' }, summary: '50% of the attempts to join a call fail.' },
  },
  { alert: 'CallsFail', when: 'none does', series: joins(0), at: '30m' },
  {
    alert: 'RedisDown',
    when: 'the exporter is not let in',
    series: { 'redis_up{instance="cache"}': '1 0+0x5' },
    at: '3m',
    raises: { labels: { instance: 'cache' }, summary: 'Redis of cache does not let the exporter in.' },
  },
  { alert: 'RedisDown', when: 'it is', series: { 'redis_up{instance="cache"}': '1+0x5' }, at: '3m' },
  {
    alert: 'RedisNearlyFull',
    when: 'it has filled what it may',
    series: {
      'redis_memory_used_bytes{instance="cache"}': '95+0x20',
      'redis_memory_max_bytes{instance="cache"}': '100+0x20',
    },
    at: '8m',
    raises: { labels: { instance: 'cache' }, summary: 'Redis of cache has filled 95% of its memory.' },
  },
  {
    alert: 'RedisNearlyFull',
    when: 'it may take all that there is',
    series: {
      'redis_memory_used_bytes{instance="cache"}': '95+0x20',
      'redis_memory_max_bytes{instance="cache"}': '0+0x20',
    },
    at: '8m',
  },
  {
    alert: 'SynapseProcessDown',
    when: 'a worker does not answer',
    series: {
      'up{job="synapse",instance="app",index="sync-0"}': '1 0+0x5',
      'up{job="synapse",instance="app",index="main"}': '1+0x5',
    },
    at: '3m',
    raises: {
      labels: { job: 'synapse', instance: 'app', index: 'sync-0' },
      summary: 'The process sync-0 of Synapse does not answer.',
    },
  },
  {
    alert: 'SynapseProcessDown',
    when: 'all answer',
    series: { 'up{job="synapse",instance="app",index="main"}': '1+0x5' },
    at: '3m',
  },
  {
    alert: 'SyncSlow',
    when: 'a sync is half a second of work',
    series: syncs(0.5),
    at: '30m',
    raises: { summary: 'A sync takes 500ms of work on average.' },
  },
  { alert: 'SyncSlow', when: 'it is a tenth of a second', series: syncs(0.1), at: '30m' },
  {
    alert: 'SlidingSyncSlow',
    when: 'one in ten is slow',
    series: sliding(10),
    at: '30m',
    raises: { summary: 'One sliding sync in twenty takes longer than 2.55s.' },
  },
  { alert: 'SlidingSyncSlow', when: 'one in a hundred is', series: sliding(1), at: '30m' },
  {
    alert: 'SendingSlow',
    when: 'one message in fifty is slow',
    series: sending(2),
    at: '30m',
    raises: { summary: 'One message in a hundred takes longer than 2.55s to be sent.' },
  },
  { alert: 'SendingSlow', when: 'none is', series: sending(0), at: '30m' },
  {
    alert: 'QueriesWait',
    when: 'one query in ten waits long',
    series: scheduling(10),
    at: '30m',
    raises: { labels: { index: 'main' }, summary: 'Queries of main wait 2.55s for a connection.' },
  },
  { alert: 'QueriesWait', when: 'none does', series: scheduling(0), at: '30m' },
  {
    alert: 'BackgroundUpdatesPending',
    when: 'they run for more than a day',
    series: { 'synapse_background_update_status{database_name="master",index="main"}': '2+0x60' },
    every: 30,
    at: '25h',
    raises: {
      labels: { database_name: 'master' },
      summary: 'Updates of the database master have not ended for a day.',
    },
  },
  {
    alert: 'BackgroundUpdatesPending',
    when: 'the main process has done them, and workers may not',
    series: {
      'synapse_background_update_status{database_name="master",index="main"}': '3+0x60',
      'synapse_background_update_status{database_name="master",index="sync-0"}': '0+0x60',
    },
    every: 30,
    at: '25h',
  },
  {
    alert: 'PushesFail',
    when: 'half of them fail',
    series: pushes(5),
    at: '40m',
    raises: { summary: '50% of the notifications to phones fail.' },
  },
  { alert: 'PushesFail', when: 'one in ten does', series: pushes(1), at: '40m' },
  {
    alert: 'BackupTooOld',
    when: 'the last one ended three days ago',
    ...endedOnce('pgbackrest_last_timestamp_seconds{instance="bak",stanza="main"}', 3 * DAY_IN_HOURS),
    raises: {
      labels: { instance: 'bak', stanza: 'main' },
      summary: 'The last backup of main is 3d 0h 0m 0s old.',
    },
  },
  {
    alert: 'BackupTooOld',
    when: 'it ended yesterday',
    ...endedOnce('pgbackrest_last_timestamp_seconds{instance="bak",stanza="main"}', DAY_IN_HOURS),
  },
  {
    alert: 'FullBackupTooOld',
    when: 'the last one ended forty days ago',
    ...endedOnce('pgbackrest_last_full_timestamp_seconds{instance="bak",stanza="main"}', 40 * DAY_IN_HOURS),
    raises: {
      labels: { instance: 'bak', stanza: 'main' },
      summary: 'The last full backup of main is 40d 0h 0m 0s old.',
    },
  },
  {
    alert: 'FullBackupTooOld',
    when: 'it ended five weeks ago',
    ...endedOnce('pgbackrest_last_full_timestamp_seconds{instance="bak",stanza="main"}', 35 * DAY_IN_HOURS),
  },
  {
    alert: 'RepositoryBroken',
    when: 'pgBackRest says that it is',
    series: { 'pgbackrest_stanza_status{instance="bak",stanza="main"}': '3+0x30' },
    at: '20m',
    raises: {
      labels: { instance: 'bak', stanza: 'main' },
      summary: 'pgBackRest says that something is wrong with main.',
    },
  },
  {
    alert: 'RepositoryBroken',
    when: 'all is well',
    series: { 'pgbackrest_stanza_status{instance="bak",stanza="main"}': '0+0x30' },
    at: '20m',
  },
  {
    alert: 'MediaCopyTooOld',
    when: 'the last one ended three days ago',
    ...endedOnce(
      'bucket_copy_last_success_timestamp_seconds{instance="bak",bucket="media"}',
      3 * DAY_IN_HOURS,
    ),
    raises: {
      labels: { instance: 'bak', bucket: 'media' },
      summary: 'The last copy of the bucket media is 3d 0h 0m 0s old.',
    },
  },
  {
    alert: 'MediaCopyTooOld',
    when: 'it ended yesterday',
    ...endedOnce('bucket_copy_last_success_timestamp_seconds{instance="bak",bucket="media"}', DAY_IN_HOURS),
  },
]
