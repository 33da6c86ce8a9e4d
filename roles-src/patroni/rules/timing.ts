import { defineServiceRule } from '#topology'
import { isOlder } from '../../versions.ts'
import type { DatabaseOptions } from '../service.ts'
import { patroniOf, placeOfPatroni, SAFE_PATRONI } from './versions.ts'

const at = (key: 'ttl' | 'loopWait' | 'retryTimeout') => ['services', 'database', 'timing', key]

/** The least that Patroni takes, in seconds. */
const FLOORS = { ttl: 20, loopWait: 1, retryTimeout: 3 } as const
/** Seconds within which somebody writes again after the loss of the writer: what is promised. */
const PROMISED = 30
/** Seconds until the proxy has asked the new writer and connects to it, with a check a second. */
const PROXY = 2
/** Seconds between two attempts of a pooler to log in. */
const POOLER = 1
/** The oldest Patroni that enters failsafe mode whenever etcd is not there. */
const ALWAYS_FAILSAFE = '4.0.7'

/** Seconds before the end of the key at which the watchdog resets a silent writer: `safety_margin` of the role. */
const SAFETY_MARGIN = 5

export const leaderKeepsKey = defineServiceRule<DatabaseOptions>({
  code: 'DB-004',
  severity: 'error',
  demand: `loopWait + 2 × retryTimeout is at most ttl, and with a watchdog loopWait + retryTimeout is less than ttl − ${SAFETY_MARGIN}.`,
  reason:
    'The writer renews its key once in loopWait, and asks etcd and PostgreSQL for up to retryTimeout each. If that may outlast ttl, a healthy writer loses its key; if it may outlast the watchdog, its host is reset.',
  evidence:
    "Patroni's documentation: chapter Dynamic configuration settings states the first inequality, chapter Watchdog support what is left of ttl − safety_margin while etcd does not answer.",
  wayOut: 'Raise ttl, or lower the others: 20, 5 and 5 are what a failover was measured with.',
  check: ({ timing: { ttl, loopWait, retryTimeout }, watchdog }, { deployment }) => {
    const needed = loopWait + 2 * retryTimeout
    const round = loopWait + retryTimeout
    // Of less than the floor Patroni takes the floor: DB-005.
    const lasts = Math.max(ttl, FLOORS.ttl)
    const reset = lasts - SAFETY_MARGIN
    const place = at(ttl === 20 ? (loopWait > 5 ? 'loopWait' : 'retryTimeout') : 'ttl')
    if (needed > ttl)
      return [
        {
          message: `A round of Patroni may take ${loopWait} + 2 × ${retryTimeout} = ${needed} seconds, and the writer's key lasts ${ttl}.`,
          subject: 'database',
          at: place,
        },
      ]
    return watchdogOf({ watchdog }, deployment.input) === 'off' || round < reset
      ? []
      : [
          {
            message: `A round of Patroni that waits for etcd takes ${loopWait} + ${retryTimeout} = ${round} seconds, and the watchdog resets the writer's host after ${lasts} − ${SAFETY_MARGIN} = ${reset}.`,
            subject: 'database',
            at: place,
          },
        ]
  },
})

/** The watchdog as told; a rehearsal, whose hosts share a kernel, has none unless told. */
export const watchdogOf = (
  { watchdog }: Pick<DatabaseOptions, 'watchdog'>,
  { rehearsal }: { readonly rehearsal?: boolean },
) => watchdog ?? (rehearsal ? 'off' : 'automatic')

export const timingFloors = defineServiceRule<DatabaseOptions>({
  code: 'DB-005',
  severity: 'error',
  demand: 'ttl is at least 20 seconds, loopWait 1 and retryTimeout 3.',
  reason: 'Patroni takes its floor in place of less: the cluster would be slower than the deployment says.',
  evidence: "Patroni's documentation, chapter Dynamic configuration settings, and its patroni/config.py.",
  wayOut: 'Give at least the floor.',
  check: ({ timing }) =>
    (['ttl', 'loopWait', 'retryTimeout'] as const).flatMap((key) =>
      timing[key] >= FLOORS[key]
        ? []
        : [
            {
              message: `timing.${key} is ${timing[key]} seconds, and Patroni takes no less than ${FLOORS[key]}.`,
              subject: 'database',
              at: at(key),
            },
          ],
    ),
})

export const failoverInTime = defineServiceRule<DatabaseOptions>({
  code: 'DB-006',
  severity: 'warning',
  demand: `Somebody writes again within ${PROMISED} seconds of the loss of the writer.`,
  reason:
    'The key of a lost writer ends after ttl, a standby sees that within loopWait, then the proxy and the poolers turn to it. Until then every request fails that reads or writes.',
  evidence:
    'Measured with ttl 20, loop_wait 5 and retry_timeout 5: 20 to 26 seconds. With 30, 10 and 10, and checks of 3 seconds: 39 to 51.',
  wayOut: 'Lower ttl to 20 and loopWait to 5.',
  check: ({ timing: { ttl, loopWait } }) => {
    const seconds = ttl + loopWait + PROXY + POOLER
    return seconds <= PROMISED
      ? []
      : [
          {
            message: `The loss of the writer may last ttl ${ttl} + loopWait ${loopWait} + ${PROXY} for the proxy + ${POOLER} for the pooler = ${seconds} seconds.`,
            subject: 'database',
            at: at(ttl > FLOORS.ttl ? 'ttl' : 'loopWait'),
          },
        ]
  },
})

export const failsafe = defineServiceRule<DatabaseOptions>({
  code: 'DB-007',
  severity: 'warning',
  demand: `The writer goes on while etcd has no quorum, as long as it reaches all other members: failsafe is on, and Patroni is ${ALWAYS_FAILSAFE} or newer.`,
  reason: 'Without that, the loss of etcd is a loss of the database, although nothing is wrong with it.',
  evidence:
    "Measured with two of three members of etcd stopped for 40 seconds: no write failed with failsafe_mode, and none worked for 39.7 seconds without. Patroni's release notes of 4.0.7 (pull request 3404): before it, exceptions of etcd3 kept failsafe mode from being entered.",
  wayOut: `Leave failsafe on, and take Patroni ${ALWAYS_FAILSAFE} or newer.`,
  check: (options, topology) => {
    if (!options.failsafe)
      return [
        {
          message: 'Failsafe mode is off: nobody writes while etcd has no quorum.',
          subject: 'database',
          at: ['services', 'database', 'failsafe'],
          hint: 'Leave failsafe on.',
        },
      ]
    const old = options.hosts
      .map((name) => ({ name, found: patroniOf(options, topology.host(name)) }))
      // What is older still is an error: DB-010.
      .filter(
        ({ found }) =>
          found && isOlder(found.version, ALWAYS_FAILSAFE) && !isOlder(found.version, SAFE_PATRONI),
      )
    const [first] = old
    return first?.found
      ? [
          {
            message: `Patroni is ${first.found.version} from ${first.found.from} on ${old.map(({ name }) => name).join(', ')}: it does not always enter failsafe mode when etcd is not there.`,
            subject: 'database',
            at: placeOfPatroni(options),
            hint: `Take Patroni ${ALWAYS_FAILSAFE} or newer.`,
          },
        ]
      : []
  },
})
