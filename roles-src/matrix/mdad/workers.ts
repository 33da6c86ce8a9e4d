import type { DocumentEntry } from '#topology'
import { countsOf, type Options } from '../options.ts'
import { POLLS_OF_A_USER } from '../sites.ts'
import { processesOf } from '../workers.ts'
import { group } from './variables.ts'

const MB = 1024 ** 2

/** Connections of the proxy before the workers, a power of two: a long poll holds one of the client and one of the worker. */
const proxyConnections = (users: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(FEWEST_CONNECTIONS, users * POLLS_OF_A_USER * 2)))
const FEWEST_CONNECTIONS = 65_536

/** Synapse's processes and their memory. `cache` is in MB, `users` are those at the same time. */
export function workerEntries(options: Options, cache: number, users: number): readonly DocumentEntry[] {
  const connections = proxyConnections(users)
  const counts = countsOf(options)
  return [
    ...group(
      `${processesOf(counts) - 1} workers. Every count is written, since the preset has one of each for what is not.`,
      {
        matrix_synapse_workers_enabled: true,
        matrix_synapse_workers_preset: 'specialized-workers',
        matrix_synapse_workers_sync_workers_count: counts.sync,
        matrix_synapse_workers_client_reader_workers_count: counts.client_reader,
        matrix_synapse_workers_federation_sender_workers_count: counts.federation_sender,
        matrix_synapse_workers_stream_writer_events_stream_workers_count: counts.events,
        matrix_synapse_workers_room_workers_count: counts.room,
        matrix_synapse_workers_federation_reader_workers_count: counts.federation_reader,
        matrix_synapse_workers_generic_workers_count: counts.generic,
        matrix_synapse_workers_pusher_workers_count: counts.pusher,
        matrix_synapse_workers_media_repository_workers_count: counts.media_repository,
        matrix_synapse_workers_appservice_workers_count: counts.appservice,
        matrix_synapse_workers_user_dir_workers_count: counts.user_dir,
        matrix_synapse_workers_background_workers_count: counts.background,
        matrix_synapse_workers_stream_writer_typing_stream_workers_count: counts.typing,
        matrix_synapse_workers_stream_writer_to_device_stream_workers_count: counts.to_device,
        matrix_synapse_workers_stream_writer_account_data_stream_workers_count: counts.account_data,
        matrix_synapse_workers_stream_writer_receipts_stream_workers_count: counts.receipts,
        matrix_synapse_workers_stream_writer_presence_stream_workers_count: counts.presence,
        matrix_synapse_workers_stream_writer_push_rules_stream_workers_count: counts.push_rules,
        matrix_synapse_workers_stream_writer_device_lists_stream_workers_count: counts.device_lists,
        matrix_synapse_workers_stream_writer_thread_subscriptions_stream_workers_count:
          counts.thread_subscriptions,
        matrix_synapse_workers_stream_writer_quarantined_media_changes_stream_workers_count:
          counts.quarantined_media_changes,
      },
    ),
    ...group('Each user who waits for news holds two connections of the proxy before the workers.', {
      matrix_synapse_reverse_proxy_companion_worker_connections: connections,
      matrix_synapse_reverse_proxy_companion_additional_configuration_blocks: [
        `worker_rlimit_nofile ${connections * 2};`,
      ],
    }),
    ...group('Workers hear of each other through Valkey, which runs beside them and keeps nothing.', {
      valkey_enabled: true,
    }),
    ...group(`Caches of at most ${cache} MB for each process; the factor counts entries, not memory.`, {
      matrix_synapse_caches_global_factor: 10,
      matrix_synapse_cache_autotuning_max_cache_memory_usage: cache * MB,
      matrix_synapse_cache_autotuning_target_cache_memory_usage: (cache * MB * 3) / 4,
      matrix_synapse_cache_autotuning_min_cache_ttl: '5m',
    }),
  ]
}
