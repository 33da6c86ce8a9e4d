import { z } from 'zod'

const some = () => z.int().min(0)

/** Synapse's processes beside the main one, by what each of them does. */
export const workerCounts = z.strictObject({
  sync: some().describe('Long polls of clients for what is new; a user stays with one of them.'),
  client_reader: some().describe('What clients read otherwise.'),
  room: some().describe('What clients send to rooms.'),
  generic: some().describe('All four of sync, client_reader, room and federation_reader in one.'),
  federation_reader: some().describe('What other servers send.'),
  federation_sender: some().describe('What goes to other servers.'),
  media_repository: some().describe('Uploads, downloads and thumbnails.'),
  pusher: some().describe('Notifications to phones.'),
  appservice: some().describe('Events for bridges and bots.'),
  user_dir: some().describe('Search of users.'),
  background: some().describe('Work by the clock: retention, statistics.'),
  events: some().describe('Writing of events.'),
  typing: some().describe('Who is typing.'),
  to_device: some().describe('Messages between devices, such as keys of encryption.'),
  account_data: some().describe("Users' settings."),
  receipts: some().describe('What was read.'),
  presence: some().describe('Who is there.'),
  push_rules: some().describe('What users want to be notified of.'),
  device_lists: some().describe("Users' devices and their keys."),
  thread_subscriptions: some().describe('Threads that users follow.'),
  quarantined_media_changes: some().describe('Media that were taken out of circulation.'),
})
export type WorkerCounts = z.output<typeof workerCounts>
export type Worker = keyof WorkerCounts

const NONE: WorkerCounts = {
  sync: 0,
  client_reader: 0,
  room: 0,
  generic: 0,
  federation_reader: 0,
  federation_sender: 0,
  media_repository: 0,
  pusher: 0,
  appservice: 0,
  user_dir: 0,
  background: 0,
  events: 0,
  typing: 0,
  to_device: 0,
  account_data: 0,
  receipts: 0,
  presence: 0,
  push_rules: 0,
  device_lists: 0,
  thread_subscriptions: 0,
  quarantined_media_changes: 0,
}

/**
 * Layouts by name. `seed` is the seed's list and nothing else: the main process serves media, typing, receipts, devices and
 * pushes as well. `balanced` has a process for each of these, and none for federation, which is off.
 */
export const PROFILES = {
  seed: { ...NONE, sync: 8, client_reader: 4, federation_sender: 4, events: 2 },
  balanced: {
    ...NONE,
    sync: 8,
    client_reader: 4,
    room: 4,
    media_repository: 2,
    events: 2,
    pusher: 1,
    appservice: 1,
    user_dir: 1,
    background: 1,
    typing: 1,
    to_device: 1,
    account_data: 1,
    receipts: 1,
    presence: 1,
    push_rules: 1,
    device_lists: 1,
    quarantined_media_changes: 1,
  },
} as const satisfies Record<string, WorkerCounts>

/** Streams in the order in which MDAD numbers their writers. */
const STREAMS = [
  'events',
  'typing',
  'to_device',
  'account_data',
  'receipts',
  'presence',
  'push_rules',
  'device_lists',
  'thread_subscriptions',
  'quarantined_media_changes',
] as const satisfies readonly Worker[]

/** The others, and how MDAD calls them. */
const NAMES = {
  room: 'room-worker',
  sync: 'sync-worker',
  client_reader: 'client-reader',
  federation_reader: 'federation-reader',
  generic: 'generic-worker',
  federation_sender: 'federation-sender',
  pusher: 'pusher',
  appservice: 'appservice',
  user_dir: 'user-dir',
  background: 'background',
  media_repository: 'media-repository',
} as const satisfies Record<Exclude<Worker, (typeof STREAMS)[number]>, string>

/** The workers by the names under which MDAD publishes their metrics, such as `sync-worker-0`. */
export function workerIds(counts: WorkerCounts): readonly { readonly worker: Worker; readonly id: string }[] {
  const times = (n: number) => Array.from({ length: n }, (_, index) => index)
  // Object.entries loses the names of the keys.
  const named = (Object.entries(NAMES) as [keyof typeof NAMES, string][]).flatMap(([worker, name]) =>
    times(counts[worker]).map((index) => ({ worker, id: `${name}-${index}` })),
  )
  const writers = STREAMS.flatMap((stream) => times(counts[stream]).map(() => stream))
  return [
    ...named,
    ...writers.map((stream, index) => ({ worker: stream, id: `stream-writer-${index}-${stream}` })),
  ]
}

/** Processes of Synapse in all, the main one among them. */
export const processesOf = (counts: WorkerCounts): number =>
  1 + Object.values(counts).reduce((sum, count) => sum + count, 0)
