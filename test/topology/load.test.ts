import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Expectations,
  expectedLoad,
  forwardedStreams,
  mediaTraffic,
  scaledTo,
} from '../../src/topology/load.ts'
import { deploymentInput } from '../../src/topology/schema.ts'

const usual: Expectations = { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '200 GB' }
const loadOf = (expects: Expectations) => {
  const load = expectedLoad({ expects })
  if (!load) throw new Error('It expects nothing.')
  return load
}

describe('the load', () => {
  it('has defaults for calls', () => {
    expect(loadOf(usual)).toMatchObject({
      callers: 500,
      callParticipants: 4,
      callBitrate: 1_500_000,
      mediaPerDay: 200e9,
    })
  })

  it('is none where a deployment says none', () => {
    expect(expectedLoad({})).toBeUndefined()
  })

  it('has a tenth of a day in its busiest hour', () => {
    // 200 GB × 8 bits × 0.1 ÷ 3600 s
    expect(mediaTraffic(loadOf(usual)).uploads).toBeCloseTo(44_444_444, 0)
    expect(mediaTraffic(loadOf(usual)).downloads).toBeCloseTo(5 * 44_444_444, -1)
  })

  it('grows with the users, but for what is steady', () => {
    const load = loadOf({ ...usual, steady: ['mediaPerDay'] })
    expect(scaledTo(load, 30_000)).toMatchObject({
      users: 30_000,
      messagesPerDay: 300_000,
      mediaPerDay: 200e9,
      callers: 1500,
    })
  })

  it('is the same after a detour, whatever the numbers of users', () => {
    const users = fc.integer({ min: 1, max: 10_000_000 })
    fc.assert(
      fc.property(users, users, (detour, end) => {
        const direct = scaledTo(loadOf(usual), end)
        const around = scaledTo(scaledTo(loadOf(usual), detour), end)
        expect(around.mediaPerDay / direct.mediaPerDay).toBeCloseTo(1, 9)
        expect(forwardedStreams(around) / forwardedStreams(direct)).toBeCloseTo(1, 9)
      }),
    )
  })
})

describe('what cannot be read', () => {
  it.each<[key: keyof Expectations, value: unknown]>([
    ['users', 0],
    ['users', Number.NaN],
    ['messagesPerDay', -1],
    ['mediaPerDay', '200'],
    ['callShare', 5],
    ['callParticipants', 1],
    ['callBitrate', '1.5'],
    ['callsRelayed', -0.1],
    ['downloads', Number.POSITIVE_INFINITY],
  ])('names %s: %s', (key, value) => {
    // Types forbid some of it; a loader that strips them does not.
    const { error } = deploymentInput.shape.expects.safeParse({ ...usual, [key]: value })
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([key])
  })
})
