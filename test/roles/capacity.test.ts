import { beforeAll, describe, expect, it } from 'vitest'
import { participantsByPorts } from '../../roles-src/livekit/capacity.ts'
import { surveyOf } from '../../src/capacity/survey.ts'
import { expectedLoad } from '../../src/topology/load.ts'
import { variant } from './variants.ts'

type Changes = Parameters<typeof variant>[0]

/** Demand, supply and number of users that breaks it, of one thing of production with changes. */
async function surveyed(changes: Changes): Promise<(where: string, what: string) => readonly unknown[]> {
  const topology = (await variant(changes)).project.deployments.get('variant')?.topology
  const load = topology && expectedLoad(topology.deployment.input)
  if (!load) throw new Error('Nothing follows from the variant.')
  const { balances } = surveyOf(topology, load)
  return (where, what) => {
    const found = balances.find((balance) => balance.where === where && balance.what.startsWith(what))
    return found ? [found.demand, found.supply, found.users].map((n) => n && Math.round(n * 100) / 100) : []
  }
}

describe('what production demands', () => {
  let of: Awaited<ReturnType<typeof surveyed>>
  beforeAll(async () => {
    of = await surveyed({})
  })

  it.each<[where: string, what: string, figures: readonly unknown[]]>([
    // 32 TB × 12/16 × 80 % ÷ 200 GB
    ['storage', 'days of uploads', [60, 96, 16_001]],
    // 19 processes × 10, all at one pooler
    ['pooler', 'connections of programs to one pooler', [190, 1000, undefined]],
    // 3 × (50 + 10 + 10) of 500 − 100
    ['pooler', 'connections of poolers to PostgreSQL', [210, 400, undefined]],
    // 8 days × 200 GB + 14 × 1.35 × 288 GB ÷ 3 + 4 × 35 days × 6 GB ÷ 3 + 10 GB
    ['backup', 'disk', [3_704_400_000_000, 4_000_000_000_000, 10_801]],
    // 500 people × 3 others × 1.5 Mbit/s; 70 % of 5 Gbit/s
    ['livekit', 'network', [2_250_000_000, 3_500_000_000, 15_556]],
    // 500 people × 22 % × 4 streams × 1.5 Mbit/s, with one relay left
    ['coturn1', 'network', [660_000_000, 3_500_000_000, 53_031]],
    ['coturn1', 'allocations', [2000, 5000, 25_001]],
  ])('%s, %s', (where, what, figures) => {
    expect(of(where, what)).toEqual(figures)
  })
})

describe('what changes with the deployment', () => {
  it('lasts 38 days with the 500 GB a day of the architecture', async () => {
    const of = await surveyed({
      expects: { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '500 GB' },
      // What does not fit is a finding, and nothing follows from it.
      keep: { database: '360 days', pointInTime: '60 days', mediaCopies: '2 days', media: '30 days' },
    })
    expect(of('storage', 'days of uploads')).toEqual([30, 38.4, 12_801])
  })

  it('has room for as many people in calls as a range of ports carries', async () => {
    const udpPorts = { mode: 'range', first: 50_100, last: 50_200 } as const
    const of = await surveyed({ services: { livekit: { udpPorts } } })
    expect(of('livekit', 'participants by UDP ports')).toEqual([500, 50, 1001])
    expect(participantsByPorts({ ...udpPorts, mode: 'mux' })).toBeUndefined()
  })

  it('spreads calls over the nodes that there are', async () => {
    const of = await surveyed({ services: { livekit: { hosts: ['livekit', 'redis'] } } })
    expect(of('livekit', 'network')).toEqual([1_125_000_000, 3_500_000_000, 31_112])
  })

  it('counts the processes of another layout of Synapse', async () => {
    const of = await surveyed({ services: { matrix: { profile: 'balanced' } } })
    expect(of('pooler', 'connections of programs to one pooler')[0]).toBe(330)
  })

  it('keeps nothing on the host of Synapse where uploads go to the bucket alone', async () => {
    const of = await surveyed({
      services: { matrix: { uploads: { largest: '100 MB', bucket: 'synapse-media', keepLocally: false } } },
    })
    expect(of('synapse', 'disk')).toEqual([60_000_000_000, 1_600_000_000_000, undefined])
  })
})
