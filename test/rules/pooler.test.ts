import { describe, expect, it } from 'vitest'
import { type Changes, saidOf } from './production.ts'

const told = async (services: NonNullable<Changes['services']>) =>
  (await saidOf({ services })).of('POOL-003').map(({ message, hint, at }) => [at.join('.'), message, hint])

describe('connections of poolers to PostgreSQL', () => {
  it('are told with what was written and what would do', async () => {
    expect(await told({ pooler: { serverConnections: 160 } })).toEqual([
      [
        'services.pooler.serverConnections',
        'With serverConnections 160, 3 poolers open up to 140 connections each, 420 in all, of 500 of which 100 stay free.',
        'Lower serverConnections to 153 at most, or raise connections of the database to 520, which costs memory.',
      ],
    ])
    expect(await told({ pooler: { serverConnections: 153 } })).toEqual([])
  })

  it('have no way out by what is not written, nor by less than a pooler needs', async () => {
    expect(await told({ database: { connections: 100 } })).toEqual([
      [
        'services.database.connections',
        '3 poolers open up to 3 connections each, 9 in all, of 100 of which 100 stay free.',
        'Name fewer poolers, or raise connections of the database to 109, which costs memory.',
      ],
    ])
    const both = { database: { connections: 105 }, pooler: { serverConnections: 10 } }
    expect((await told(both))[0]?.[2]).toMatch(/^Name fewer poolers, or raise connections/)
  })
})

it('asks the mirror of PgBouncer for a version without the known holes before anything is installed', async () => {
  const packages = async (source: 'pgdg' | 'debian') =>
    (await saidOf({ services: { pooler: { source } } })).topology?.service('pooler')?.packages
  expect(await packages('pgdg')).toEqual([{ name: 'pgbouncer', atLeast: '1.26.1', archive: 'pgdg' }])
  expect(await packages('debian')).toEqual([{ name: 'pgbouncer' }])
})
