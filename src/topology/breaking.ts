import { type Balance, exceeds } from './capacity.ts'
import { type Load, scaledTo } from './load.ts'

/** Beyond this many users nobody asks any more. */
export const MOST_USERS = 10_000_000

/**
 * The lowest number of users at which more is demanded than is there, with the habits of a load; undefined where that is
 * not so up to `MOST_USERS`. It halves the range where the answer lies, since demand never falls when users are added.
 */
export function usersToBreak(balance: Pick<Balance, 'demand' | 'supply'>, load: Load): number | undefined {
  const broken = (users: number) => exceeds(balance, scaledTo(load, users))
  if (broken(0)) return 0
  if (!broken(MOST_USERS)) return undefined
  let [good, bad] = [0, MOST_USERS]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (broken(middle)) bad = middle
    else good = middle
  }
  return bad
}
