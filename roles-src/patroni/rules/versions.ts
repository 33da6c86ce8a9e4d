import { defineServiceRule, type TopologyHost } from '#topology'
import { debianHas, debianOf, isOlder } from '../../versions.ts'
import type { DatabaseOptions } from '../service.ts'

/** The oldest Patroni that is taken: of the versions that keep the key of another writer, those that also hold to what etcd says. */
export const SAFE_PATRONI = '4.0.6'
/** The oldest major version of PostgreSQL that is taken. */
const OLDEST_POSTGRESQL = 14

/** The Patroni that a host would get; undefined where it is the newest one. */
export function patroniOf({ patroni, postgresql }: DatabaseOptions, host: TopologyHost) {
  const source = patroni.source ?? postgresql.source
  if (source === 'pgdg') return undefined
  if (source === 'debian')
    return { version: debianHas(host, 'patroni'), from: `${debianOf(host)}'s own archive` }
  const wheel = patroni.wheels.find(({ name }) => name === 'patroni')
  return {
    version: wheel?.version ?? '0',
    from: wheel ? `the wheel ${wheel.file}` : 'wheels without patroni',
  }
}

/** What decides which Patroni it is: its own options where they say it, else where PostgreSQL comes from. */
export function placeOfPatroni({ patroni: { source } }: Pick<DatabaseOptions, 'patroni'>) {
  const option = source === 'wheels' ? ['patroni', 'wheels'] : [source ? 'patroni' : 'postgresql', 'source']
  return ['services', 'database', ...option]
}

export const safePatroni = defineServiceRule<DatabaseOptions>({
  code: 'DB-010',
  severity: 'error',
  demand: `Patroni is ${SAFE_PATRONI} or newer.`,
  reason:
    "Before 3.0.3 a writer that was cut off and returns overwrites the next one's key in etcd: two write on one timeline, and acknowledged commits are lost. Up to 4.0.5 Patroni believes members of etcd that lag behind, and may keep a list of synchronous standbys that is out of date.",
  evidence:
    'Measured with the 3.0.2 of Debian 12: 228 of 276 and 360 of 626 acknowledged commits lost when the network was mended; with 4.1.4, none of 565; versions between them were not measured. Pull requests 2689 and 2693 of Patroni, in 3.0.3; its release notes of 4.0.6.',
  wayOut: "Take it from PostgreSQL's own archive (patroni: { source: 'pgdg' }) or from wheels.",
  check: (options, topology) =>
    options.hosts
      .map((name) => topology.host(name))
      .flatMap((host) => {
        const found = patroniOf(options, host)
        return found === undefined || !isOlder(found.version, SAFE_PATRONI)
          ? []
          : [
              {
                message:
                  found.version === '0'
                    ? `${host.name} gets Patroni from wheels, and none of them is Patroni.`
                    : `${host.name} gets Patroni ${found.version} from ${found.from}.`,
                subject: host.name,
                at: placeOfPatroni(options),
              },
            ]
      }),
})

export const supportedPostgresql = defineServiceRule<DatabaseOptions>({
  code: 'DB-011',
  severity: 'error',
  demand: `PostgreSQL is ${OLDEST_POSTGRESQL} or newer.`,
  reason:
    'Its makers mend a major version for five years. Programs such as Synapse refuse to start with older ones, and the roles do not know them.',
  evidence:
    "PostgreSQL's versioning policy: 13 was mended until November 2025. Synapse's deprecation policy follows it.",
  wayOut: 'Take a newer one; an existing database is brought there by pg_upgrade.',
  check: ({ postgresql: { version } }) =>
    version >= OLDEST_POSTGRESQL
      ? []
      : [
          {
            message: `PostgreSQL ${version} is older than ${OLDEST_POSTGRESQL}.`,
            subject: 'database',
            at: ['services', 'database', 'postgresql', 'version'],
          },
        ],
})

/**
 * Until when the makers of PostgreSQL mend major versions that they mend no more, as of the last change of this list: rules
 * read no clock, so that the same sources give the same findings.
 */
const ENDED: Readonly<Record<number, string>> = { 14: '12 November 2026' }

export const mendedPostgresql = defineServiceRule<DatabaseOptions>({
  code: 'DB-016',
  severity: 'warning',
  demand: 'PostgreSQL is of a major version that its makers still mend.',
  reason:
    'Holes and faults that are found later stay: there is no further release of that version to update to.',
  evidence:
    "PostgreSQL's versioning policy: five years each, 14 until 12 November 2026, 15 until November 2027, 16 until November 2028, 17 until November 2029, 18 until November 2030.",
  wayOut: 'Take a newer one; an existing database is brought there by pg_upgrade.',
  check: ({ postgresql: { version } }) => {
    const ended = ENDED[version]
    return ended === undefined
      ? []
      : [
          {
            message: `PostgreSQL ${version} was mended until ${ended}.`,
            subject: 'database',
            at: ['services', 'database', 'postgresql', 'version'],
          },
        ]
  },
})

export const packagedPostgresql = defineServiceRule<DatabaseOptions>({
  code: 'DB-012',
  severity: 'error',
  demand: 'The archive that PostgreSQL comes from has its major version for the release of every member.',
  reason: 'Nothing can be installed otherwise. A release of Debian has one major version of PostgreSQL.',
  evidence:
    'packages.debian.org: 15 in Debian 12, 17 in Debian 13; apt.postgresql.org has all that are mended.',
  wayOut:
    "Take the version that the release has, or PostgreSQL's own archive: postgresql: { source: 'pgdg' }.",
  check: ({ hosts, postgresql: { version, source } }, topology) =>
    source === 'pgdg'
      ? []
      : hosts
          .map((name) => topology.host(name))
          .filter((host) => Number(debianHas(host, 'postgresql')) !== version)
          .map((host) => ({
            message: `${host.name} gets PostgreSQL ${version} from ${debianOf(host)}'s own archive, which has ${debianHas(host, 'postgresql')}.`,
            subject: host.name,
            at: ['services', 'database', 'postgresql'],
          })),
})
