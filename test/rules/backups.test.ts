import { describe, expect, it } from 'vitest'
import { expectedLoad } from '../../src/topology/index.ts'
import { type Changes, saidOf } from './production.ts'

const told = async (code: string, changes: Changes) =>
  (await saidOf(changes)).of(code).map(({ message, at }) => `${at.join('.')}: ${message}`)

describe('versions of pgBackRest', () => {
  const debian = { postgresql: { version: 15, source: 'debian' }, patroni: { source: 'pgdg' } } as const
  it('are one on both sides, since a peer of another version is refused', async () => {
    const postgresql = { version: 15, source: 'pgdg' } as const
    expect(
      await told('BK-006', { services: { database: { postgresql }, database_backup: { source: 'debian' } } }),
    ).toEqual([
      "services.database_backup.source: backup gets pgBackRest 2.45 of Debian 12, and patroni1, patroni2, patroni3 get that of PostgreSQL's own archive: they refuse each other.",
    ])
    expect(
      await told('BK-006', { services: { database: debian, database_backup: { source: 'pgdg' } } }),
    ).toEqual([
      "services.database_backup.source: backup gets pgBackRest of PostgreSQL's own archive, and patroni1, patroni2, patroni3 get 2.45 of Debian 12: they refuse each other.",
    ])
    expect(await told('BK-006', { services: { database: debian } })).toEqual([])
  })

  it('differ where hosts have packages of two releases of Debian', async () => {
    const hosts = { backup: { os: 'debian-13' } } as const
    expect(await told('BK-006', { hosts, services: { database: debian } })).toEqual([
      'hosts.backup.os: backup gets pgBackRest 2.55 of Debian 13, and patroni1, patroni2, patroni3 get 2.45 of Debian 12: they refuse each other.',
    ])
    expect(await told('BK-006', { hosts })).toEqual([])
  })

  it('know PostgreSQL 18 from 2.55 on', async () => {
    const services = { database: { postgresql: { version: 18, source: 'debian' } } } as const
    expect(await told('BK-006', { hosts: () => ({ os: 'debian-13' }), services })).toEqual([])
  })
})

describe('the room of the repository', () => {
  const demanded = async (full: string) => {
    const { topology } = await saidOf({ services: { database_backup: { schedule: { full } } } })
    const load = topology && expectedLoad(topology.deployment.input)
    return topology?.capacity.flatMap((row) =>
      load && row.of === 'disk' && row.host === 'backup' && /database$/.test(row.what)
        ? [row.demand(load).formula]
        : [],
    )
  }
  it('follows how often full backups are made', async () => {
    expect(await demanded('Sun *-*-01..07 01:00:00')).toEqual([
      '14 full backups × 1.35 for what changes between them × 288 GB ÷ 3',
      '4 full backups × 35 days × 100,000 messages × 60 kB ÷ 3',
    ])
    expect(await demanded('Sun *-*-* 01:00:00')).toEqual([
      '53 full backups × 1.035 for what changes between them × 288 GB ÷ 3',
      '10 full backups × 7 days × 100,000 messages × 60 kB ÷ 3',
    ])
    expect(await demanded('*-*-* 01:00:00')).toEqual([
      '361 full backups × 1.005 for what changes between them × 288 GB ÷ 3',
      '61 full backups × 1 day × 100,000 messages × 60 kB ÷ 3',
    ])
  })
})

it('says how days are written, and finds a key that differs in its case', async () => {
  const of = async (keep: Readonly<Record<string, string>>) =>
    (await saidOf({ keep: { media: '60 days', mediaCopies: '7 days', ...keep } }))
      .of('BK-002')
      .map(({ message, hint, at }) => [at.join('.'), message, hint])
  for (const text of ['30d', '4 weeks', '1 month', '0 days'])
    expect(await of({ database: '360 days', pointInTime: text })).toEqual([
      [
        'keep.pointInTime',
        `keep.pointInTime is "${text}", which is no number of days from one on.`,
        "Write days as a number and the word: keep: { pointInTime: '30 days' }.",
      ],
    ])
  expect(await of({ database: '360 days', pointintime: '60 days' })).toEqual([
    ['keep.pointintime', 'The deployment does not say keep.pointInTime, but keep.pointintime.', undefined],
  ])
})
