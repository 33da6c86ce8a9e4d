import { describe, expect, it } from 'vitest'
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
