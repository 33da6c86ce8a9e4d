import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { MOST_USERS, usersToBreak } from '../../src/topology/breaking.ts'
import { type Balance, balancesOf, exceeds } from '../../src/topology/capacity.ts'
import { type Expectations, expectedLoad, type Load, scaledTo } from '../../src/topology/load.ts'
import { variant } from '../roles/variants.ts'

const expects: Expectations = { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '200 GB' }
const loadOf = (given: Expectations): Load => {
  const load = expectedLoad({ expects: given })
  if (!load) throw new Error('It expects nothing.')
  return load
}
const load = loadOf(expects)
/** A demand that is so much for each user, beside what is there from the beginning. */
const linear = (each: number, fixed: number, supply: number): Pick<Balance, 'demand' | 'supply'> => ({
  demand: ({ users }) => fixed + users * each,
  supply: () => supply,
})

describe('the number of users that breaks something', () => {
  it('is the one that the formula gives, whatever the figures', () => {
    const figure = fc.integer({ min: 1, max: 1_000_000 })
    fc.assert(
      fc.property(figure, figure, fc.integer({ min: 0, max: 1_000_000 }), (each, supply, fixed) => {
        const expected = fixed > supply ? 0 : Math.floor((supply - fixed) / each) + 1
        expect(usersToBreak(linear(each, fixed, supply), load)).toBe(expected)
      }),
    )
  })

  it('is none where the demand does not grow, or not within ten million users', () => {
    expect(usersToBreak(linear(0, 5, 10), load)).toBeUndefined()
    expect(usersToBreak(linear(1, 0, MOST_USERS), load)).toBeUndefined()
  })

  it('is 0 where nobody is needed', () => {
    expect(usersToBreak(linear(0, 11, 10), load)).toBe(0)
  })
})

describe('the balances of production', () => {
  let balances: ReturnType<typeof balancesOf>
  beforeAll(async () => {
    const topology = (await variant({})).project.deployments.get('variant')?.topology
    if (!topology) throw new Error('Nothing follows from production.')
    balances = balancesOf(topology)
  })
  const loads = fc.record({
    callShare: fc.double({ min: 0, max: 1, noNaN: true }),
    callParticipants: fc.integer({ min: 2, max: 100 }),
    mediaPerDay: fc.integer({ min: 0, max: 5000 }).map((gigabytes) => `${gigabytes} GB`),
    messagesPerDay: fc.integer({ min: 0, max: 10_000_000 }),
  })
  const users = fc.integer({ min: 1, max: 1_000_000 })

  it('demand no less when there are more users, with any habits', () => {
    fc.assert(
      fc.property(loads, users, users, (habits, one, other) => {
        const base = loadOf({ ...expects, ...habits })
        const [fewer, more] = [Math.min(one, other), Math.max(one, other)].map((n) => scaledTo(base, n))
        if (!fewer || !more) return
        for (const { where, what, demand } of balances)
          expect(demand(more), `${where}, ${what}`).toBeGreaterThanOrEqual(demand(fewer) * (1 - 1e-9))
      }),
    )
  })

  it('hold with one user less than breaks them, and break with as many', () => {
    for (const balance of balances) {
      const found = usersToBreak(balance, load)
      if (found === undefined) continue
      expect(exceeds(balance, scaledTo(load, found)), balance.what).toBe(true)
      expect(exceeds(balance, scaledTo(load, found - 1)), balance.what).toBe(false)
    }
  })

  it('are the sum of what services demand, each with a formula and the source of its constants', () => {
    for (const balance of balances) {
      const parts = balance.rows.map((row) => row.demand(load))
      expect(parts.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(balance.demand(load), 3)
      for (const { formula } of parts) expect(formula).not.toMatch(/NaN|undefined|Infinity/)
      for (const { source } of balance.rows) expect(source).toMatch(/^[^\n]+\.$/)
    }
  })
})
