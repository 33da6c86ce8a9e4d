import { MOST_USERS, usersToBreak } from '../topology/breaking.ts'
import { type Balance, balancesOf } from '../topology/capacity.ts'
import type { Load } from '../topology/load.ts'
import type { Topology } from '../topology/topology.ts'

/** One thing that is there, at one load. */
export interface Surveyed {
  readonly where: string
  readonly what: string
  readonly unit: Balance['unit']
  readonly demand: number
  readonly supply: number
  /** The share of what may be used that is left; negative where too much is demanded. */
  readonly headroom: number
  /** The lowest number of users at which too much is demanded; undefined where that is not a matter of users. */
  readonly users: number | undefined
  readonly parts: readonly Part[]
}
/** What one service demands of it. */
export interface Part {
  readonly what: string
  readonly demand: number
  readonly formula: string
  /** What is there and why, of a limit. */
  readonly supply: string | undefined
  readonly source: string
}

export interface Survey {
  readonly load: Load
  readonly balances: readonly Surveyed[]
  /** Those that break at the lowest numbers of users, the first of them first. */
  readonly breaking: readonly Surveyed[]
}

/** What a deployment demands and has at a load, and what breaks first when users are added. */
export function surveyOf(topology: Topology, load: Load): Survey {
  const balances = balancesOf(topology).map((balance): Surveyed => {
    const [demand, supply] = [balance.demand(load), balance.supply(load)]
    return {
      where: balance.where,
      what: balance.what,
      unit: balance.unit,
      demand,
      supply,
      headroom: supply > 0 ? 1 - demand / supply : 0,
      users: usersToBreak(balance, load),
      parts: balance.rows.map((row) => {
        const amount = row.demand(load)
        return {
          what: row.what,
          demand: amount.value,
          formula: amount.formula,
          supply: row.of === 'limit' ? row.supply(load).formula : undefined,
          source: row.source,
        }
      }),
    }
  })
  return { load, balances, breaking: balances.filter(({ users }) => users !== undefined).toSorted(byUsers) }
}

const byUsers = (a: Surveyed, b: Surveyed): number => (a.users ?? MOST_USERS) - (b.users ?? MOST_USERS)

/** Surveyed things that differ in their host alone, as one with the names of all. */
export function together(balances: readonly Surveyed[]): readonly Surveyed[] {
  const groups = new Map<string, Surveyed[]>()
  for (const balance of balances) {
    const { where: _, ...rest } = balance
    const key = JSON.stringify(rest)
    const known = groups.get(key)
    if (known) known.push(balance)
    else groups.set(key, [balance])
  }
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike
    return first ? [{ ...first, where: alike.map(({ where }) => where).join(' ') }] : []
  })
}
