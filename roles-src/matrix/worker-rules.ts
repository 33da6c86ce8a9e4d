import { defineServiceRule, type Place, type ServiceRule, type Violation } from '#topology'
import { countsOf, type Options } from './options.ts'
import type { Worker } from './workers.ts'

/** More of them bring nothing: they all follow the one stream of events. The architecture's own limit. */
const MOST_SYNC_WORKERS = 12
/** Expected users for which Element, who make Synapse, size a host with ten processors (2,500 to 10,000, not federated). */
const MANY_USERS = 2500

/** Of these there can be one alone: two would write the same stream, do the same work twice, or be refused by MDAD. */
const SINGLE = [
  'appservice',
  'user_dir',
  'background',
  'typing',
  'to_device',
  'account_data',
  'receipts',
  'presence',
  'push_rules',
] as const satisfies readonly Worker[]

/** What the main process does itself without a worker for it, in the words of people. */
const OF_MAIN = {
  sync: 'long polls',
  client_reader: 'what clients read',
  room: 'what is sent to rooms',
  media_repository: 'uploads, downloads and thumbnails',
  pusher: 'notifications',
  user_dir: 'search of users',
  background: 'work by the clock',
  events: 'writing of events',
  typing: 'typing',
  to_device: 'keys of encryption',
  account_data: 'settings',
  receipts: 'receipts',
  push_rules: 'rules of notifications',
  device_lists: 'lists of devices',
} as const satisfies Partial<Record<Worker, string>>
/** What generic workers do in place of these. */
const OF_GENERIC: readonly Worker[] = ['sync', 'client_reader', 'room', 'federation_reader']

/** Where the count of a worker was decided: by itself, or with the profile. */
const at = ({ workers }: Options, worker: Worker): Place => [
  ...['services', 'matrix'],
  ...(workers[worker] === undefined ? ['profile'] : ['workers', worker]),
]

const relievesMain = defineServiceRule<Options>({
  code: 'MX-001',
  severity: 'warning',
  demand: `With ${MANY_USERS} users or more the main process has workers for all that clients ask often.`,
  reason:
    'The main process is one thread of Python. Whatever has no worker of its own is done there, one thing after the other, and a large upload then delays the keys without which a message cannot be read.',
  evidence:
    "Synapse's documentation, Scaling synapse via workers: what no worker is configured for is done by the main process. A media repository and every stream can have workers of their own.",
  wayOut:
    "Take the profile 'balanced', or name workers; else waive this, and watch the processor time of the main process.",
  check: (options, topology) => {
    const { users = 0 } = topology.deployment.input.expects ?? {}
    const counts = countsOf(options)
    const left = (Object.keys(OF_MAIN) as (keyof typeof OF_MAIN)[]) // Object.keys loses the names
      .filter((worker) => counts[worker] === 0 && !(counts.generic > 0 && OF_GENERIC.includes(worker)))
    return users < MANY_USERS || left.length === 0
      ? []
      : [
          {
            message: `For ${users} users the main process of Synapse alone carries ${left.map((worker) => OF_MAIN[worker]).join(', ')}.`,
            subject: 'matrix',
            at: ['services', 'matrix', 'profile'],
          },
        ]
  },
})

const noIdleFederation = defineServiceRule<Options>({
  code: 'MX-002',
  severity: 'warning',
  demand: 'While federation is off there are no workers for it.',
  reason:
    'They have nothing to do and follow every stream all the same: each costs a process with its caches, its connections to the database and the processor time of listening.',
  evidence:
    'roles-src/matrix/mdad/edge.ts: federation is off, and the whitelist of servers is empty. As measured by the makers of Synapse, a worker that only listens takes a quarter of a processor at 40 events a second.',
  wayOut: 'Set workers.federation_sender and workers.federation_reader to 0.',
  check: (options) => {
    const counts = countsOf(options)
    return (['federation_sender', 'federation_reader'] as const).flatMap((worker): readonly Violation[] =>
      counts[worker] === 0
        ? []
        : [
            {
              message: `There are ${counts[worker]} ${worker} workers, and federation is off.`,
              subject: worker,
              at: at(options, worker),
            },
          ],
    )
  },
})

const fewSyncWorkers = defineServiceRule<Options>({
  code: 'MX-003',
  severity: 'warning',
  demand: `There are at most ${MOST_SYNC_WORKERS} sync workers.`,
  reason:
    'Every one of them follows the whole stream of events: beyond some number each further one costs the database and the others as much as it takes off them.',
  evidence: "The architecture's limit, chapter Scaling: diminishing returns beyond 12 sync workers.",
  wayOut: 'Leave it at 12, and look for what is slow in the database.',
  check: (options) => {
    const { sync } = countsOf(options)
    return sync <= MOST_SYNC_WORKERS
      ? []
      : [
          {
            message: `There are ${sync} sync workers; more than ${MOST_SYNC_WORKERS} make nothing faster.`,
            subject: 'matrix',
            at: at(options, 'sync'),
          },
        ]
  },
})

const singleWriters = defineServiceRule<Options>({
  code: 'MX-004',
  severity: 'error',
  demand: `Of ${SINGLE.join(', ')} there is one worker at most.`,
  reason:
    'Synapse has one process for each of these jobs and one writer of each of these streams, but for receipts, which may have several: of these, too, MDAD, which deploys it, refuses a second.',
  evidence:
    "matrix-docker-ansible-deploy, roles/custom/matrix-synapse/tasks/validate_config.yml; Synapse's docs/workers.md, Stream writers: unless otherwise documented a stream has a single writer, and receipts supports multiple ones.",
  wayOut: 'Say 1, or 0 to leave it to the main process.',
  check: (options) => {
    const counts = countsOf(options)
    return SINGLE.filter((worker) => counts[worker] > 1).map((worker) => ({
      message: `There are ${counts[worker]} ${worker} workers, and there can be one.`,
      subject: worker,
      at: at(options, worker),
    }))
  },
})

const genericAlone = defineServiceRule<Options>({
  code: 'MX-005',
  severity: 'error',
  demand: 'Generic workers do not stand beside sync, client_reader, room and federation_reader workers.',
  reason:
    'They do the work of all four: the proxy before them could not tell to which of both a request belongs.',
  evidence:
    'matrix-docker-ansible-deploy, roles/custom/matrix-synapse/tasks/validate_config.yml refuses both together.',
  wayOut: 'Set generic to 0, or the other four.',
  check: (options) => {
    const counts = countsOf(options)
    const others = OF_GENERIC.filter((worker) => counts[worker] > 0)
    return counts.generic === 0 || others.length === 0
      ? []
      : [
          {
            message: `There are generic workers and workers for ${others.join(', ')}, whose work they do as well.`,
            subject: 'matrix',
            at: at(options, 'generic'),
          },
        ]
  },
})

const presenceIsWritten = defineServiceRule<Options>({
  code: 'MX-006',
  severity: 'warning',
  demand: `With ${MANY_USERS} users or more nobody sees who is there, or a worker writes it.`,
  reason:
    'Each change of a user is told to all who share a room: the work grows with the users times their rooms, and without a worker the main process does it before anything else.',
  evidence:
    "Synapse's docs/workers.md, The presence stream: a worker can write it. matrix-org/synapse issue 3971, Presence is increasingly heavy.",
  wayOut: 'Leave presence out, or set workers.presence to 1.',
  check: (options, topology) => {
    const { users = 0 } = topology.deployment.input.expects ?? {}
    return !options.presence || users < MANY_USERS || countsOf(options).presence > 0
      ? []
      : [
          {
            message: `The main process of Synapse would tell ${users} users who of them is there.`,
            subject: 'matrix',
            at: ['services', 'matrix', 'presence'],
          },
        ]
  },
})

/** What Synapse's workers must keep. */
export const workerRules: readonly ServiceRule<Options>[] = [
  relievesMain,
  noIdleFederation,
  fewSyncWorkers,
  singleWriters,
  genericAlone,
  presenceIsWritten,
]
