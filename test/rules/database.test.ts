import { describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import { mayLose } from '../../roles-src/patroni/service.ts'
import { type Changes, saidOf } from './production.ts'

type DatabaseChanges = NonNullable<NonNullable<Changes['services']>['database']>
const withDatabase = (database: DatabaseChanges) => saidOf({ services: { database } })
const hostsOf = (count: number) => Object.keys(production.input.hosts).slice(0, count) as never

it('finds nothing in production', async () => {
  const { refused, codes } = await saidOf({})
  expect([refused, codes]).toEqual([[], []])
})

describe('members that may be lost at once', () => {
  it.each([
    { members: 3, mode: 'off', standbys: 1, lost: 2 },
    { members: 3, mode: 'on', standbys: 1, lost: 1 },
    { members: 3, mode: 'on', standbys: 2, lost: 2 },
    { members: 5, mode: 'on', standbys: 2, lost: 2 },
    { members: 2, mode: 'on', standbys: 3, lost: 1 },
    { members: 2, mode: 'strict', standbys: 1, lost: 0 },
    { members: 3, mode: 'strict', standbys: 1, lost: 1 },
    // One standby will do where two were asked for: Patroni asks for no more than are there.
    { members: 3, mode: 'strict', standbys: 2, lost: 1 },
    { members: 5, mode: 'strict', standbys: 3, lost: 3 },
    { members: 1, mode: 'strict', standbys: 1, lost: 0 },
  ] as const)(
    'are $lost of $members with $standbys that have each commit, mode $mode',
    ({ members, mode, standbys, lost }) => {
      const synchronous = { mode, standbys }
      expect(mayLose({ hosts: hostsOf(members), synchronous })).toBe(lost)
    },
  )

  it('are held against failure domains', async () => {
    const hosts = Object.keys(production.input.hosts)
    const failureDomains = {
      left: ['patroni1', 'patroni2'],
      right: hosts.filter((name) => !['patroni1', 'patroni2'].includes(name)),
    } as never
    const told = async (database: DatabaseChanges) =>
      (await saidOf({ failureDomains, services: { database } })).of('HA-007').map(({ message }) => message)
    expect(await told({})).toContain(
      'The failure domain left takes 2 of the 3 hosts of database with it, which may lose 1: patroni1 and patroni2.',
    )
    expect((await told({ synchronous: { standbys: 2 } })).join()).not.toContain('of database')
  })
})

describe('standbys that must have a commit', () => {
  it('fit the hosts that there are, each case with its own way out', async () => {
    const told = async (database: DatabaseChanges) =>
      (await withDatabase(database)).of('DB-003').map(({ message, hint }) => `${message} ${hint}`)
    expect(await told({ hosts: ['patroni1', 'patroni2'] })).toEqual([
      'Commits are to be on 1 of 1 standby beside the writer: after the loss of one member the writer alone has them. Name another member.',
    ])
    expect(await told({ hosts: ['patroni1', 'patroni2'], synchronous: { mode: 'strict' } })).toEqual([
      'Commits are to be on 1 of 1 standby beside the writer: after the loss of one member writes stop. Name another member.',
    ])
    expect(await told({ synchronous: { mode: 'strict', standbys: 2 } })).toEqual([
      'Commits are to be on 2 of 2 standbys beside the writer: after the loss of one member there is 1. Name another member, or have fewer standbys hold a commit: synchronous: { standbys: 1 }.',
    ])
    expect(await told({ synchronous: { standbys: 5 } })).toEqual([
      'Commits are to be on 5 standbys beside the writer, and there are 2. Name 4 further members, or have fewer standbys hold a commit: synchronous: { standbys: 1 }.',
    ])
    expect(await told({ hosts: ['patroni1', 'patroni2'], synchronous: { standbys: 2 } })).toEqual([
      'Commits are to be on 2 standbys beside the writer, and there is 1. Name 2 further members, or one and synchronous: { standbys: 1 }.',
    ])
  })
})

describe('acknowledged commits', () => {
  it('are on a standby for the sessions of every database', async () => {
    const told = async (settings: Record<string, string>) =>
      (await withDatabase({ databases: [{ name: 'synapse', owner: 'synapse', settings }] })).of('DB-008')
    expect((await told({ synchronous_commit: 'local' })).map(({ message, at }) => ({ message, at }))).toEqual(
      [
        {
          message:
            'Sessions of the owner of synapse have synchronous_commit = local: their commits are acknowledged before a standby has them.',
          at: ['services', 'database', 'databases', 0, 'settings', 'synchronous_commit'],
        },
      ],
    )
    expect(await told({ Synchronous_Commit: 'OFF' })).toHaveLength(1)
    expect(await told({ synchronous_commit: 'remote_apply', statement_timeout: '0' })).toEqual([])
  })
})

describe('timings', () => {
  it('leave the watchdog time, where there is one', async () => {
    const timing = { ttl: 20, loopWait: 12, retryTimeout: 3 }
    const told = async (database: DatabaseChanges) =>
      (await withDatabase({ timing, ...database })).of('DB-004').map(({ message }) => message)
    expect(await told({})).toEqual([
      "A round of Patroni that waits for etcd takes 12 + 3 = 15 seconds, and the watchdog resets the writer's host after 20 − 5 = 15.",
    ])
    expect(await told({ watchdog: 'off' })).toEqual([])
    expect(await told({ timing: { ...timing, loopWait: 11 } })).toEqual([])
  })
})

describe('versions of Patroni', () => {
  const wheel = (version: string) => ({
    patroni: {
      source: 'wheels' as const,
      wheels: [{ name: 'patroni', version, file: `patroni-${version}.whl`, sha256: '0'.repeat(64) }],
    },
  })
  it('enter failsafe mode from 4.0.7 on', async () => {
    const old = await withDatabase(wheel('4.0.6'))
    expect(old.of('DB-010')).toEqual([])
    expect(old.of('DB-007').map(({ message, at }) => [at.join('.'), message])).toEqual([
      [
        'services.database.patroni.wheels',
        'Patroni is 4.0.6 from the wheel patroni-4.0.6.whl on patroni1, patroni2, patroni3: it does not always enter failsafe mode when etcd is not there.',
      ],
    ])
    expect((await withDatabase(wheel('4.0.7'))).codes).toEqual([])
  })
  it('follow the source of PostgreSQL unless told', async () => {
    const { of } = await withDatabase({ postgresql: { version: 15, source: 'debian' } })
    expect(of('DB-010')[0]?.at).toEqual(['services', 'database', 'postgresql', 'source'])
  })
  it('that are refused are named once', async () => {
    expect((await withDatabase(wheel('4.0.5'))).codes).toEqual(['DB-010'])
  })
})

describe('the memory of members', () => {
  it('is what the kernel grants beside the huge pages of shared buffers', async () => {
    const told = async (database: DatabaseChanges) =>
      (await withDatabase(database)).of('DB-013').map(({ message, at }) => `${at.join('.')}: ${message}`)
    // 80 % of the 47.2 GB that are no huge pages.
    expect(await told({ connections: 770 })).toEqual([])
    expect((await told({ connections: 780 }))[0]).toBe(
      'services.database.connections: PostgreSQL on patroni1 may ask for 38 GB, and the kernel grants 38 GB: 780 connections × 42 MB + 3 × 2048 MB of maintenance, of 80 % of 64 GB without 17 GB for shared buffers.',
    )
    expect(await told({ sharedBuffers: '36 GB' })).toHaveLength(3)
  })

  it('is the way out where shared buffers are what a tiny host gets anyway', async () => {
    const { of } = await saidOf({ hosts: { patroni2: { memory: '64 MB' } } })
    expect(of('DB-014').map(({ at, hint }) => [at.join('.'), hint])).toEqual([
      ['hosts.patroni2.memory', 'Give the host more memory: PostgreSQL gets no less than this.'],
    ])
  })
})

it('leads to the option that takes the memory of members, where it is told', async () => {
  const told = async (database: DatabaseChanges) =>
    (await withDatabase(database)).of('CAP-001').map(({ at }) => at.join('.'))
  const of = (place: string) => [place, place, place]
  expect(await told({ sharedBuffers: '60 GB' })).toEqual(of('services.database.sharedBuffers'))
  expect(await told({ connections: 2000 })).toEqual(of('services.database.connections'))
})

it('says of options what was written and how it is written', async () => {
  const databases = [
    { name: 'synapse', owner: 'Shop' },
    { name: 'synapse', owner: 'synapse' },
  ]
  expect((await withDatabase({ sharedBuffers: '8GBs', databases })).refused).toEqual([
    `services.database.sharedBuffers: "8GBs" is no size; write '16 GB'.`,
    'services.database.databases.0.owner: "Shop": write small letters, digits and _, and no digit first, such as "synapse".',
    'services.database.databases.1.name: "synapse" is the name of two databases.',
  ])
})
