/** How long certificates of Let's Encrypt are valid, by the day from which it signs so (letsencrypt.org, 2025-12-02). */
const LETS_ENCRYPT = [
  { days: 90, from: undefined },
  { days: 64, from: '2027-02-10' },
  { days: 45, from: '2028-02-16' },
] as const
/** Days of the shortest that is announced. */
export const SHORTEST_OF_LETS_ENCRYPT = Math.min(...LETS_ENCRYPT.map(({ days }) => days))

const DAY = 86_400_000
const plusDays = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10)
const announced = LETS_ENCRYPT.map(({ days, from }, i) =>
  from === undefined ? `${days} days before ${LETS_ENCRYPT[i + 1]?.from}` : `${days} from ${from}`,
).join(', ')

/** The last day on which a certificate of Let's Encrypt may end that was issued until a day. */
function lastEnd(until: string): string {
  const ends = LETS_ENCRYPT.flatMap(({ days, from }, i) => {
    if (from !== undefined && from > until) return []
    const next = LETS_ENCRYPT[i + 1]?.from
    return [plusDays(next !== undefined && next <= until ? plusDays(next, -1) : until, days)]
  })
  return ends.sort().at(-1) ?? until
}

/**
 * What happens to ordered certificates once there is no internet. It knows no clock: where the day of the cut is not
 * declared, it says for how long they go on.
 */
export function acmeWarning(
  names: readonly string[],
  {
    validityDays,
    internetEnds,
  }: { readonly validityDays?: number | undefined; readonly internetEnds?: string | undefined },
  renewBeforeDays: number,
): { readonly message: string; readonly hint: string } {
  const which = `${names.join(' and ')} of an ACME server`
  if (internetEnds === undefined) {
    const days = validityDays === undefined ? announced : `${validityDays} days`
    return {
      message: `The certificates ${which} end so long after they were renewed for the last time before the internet is cut: ${days}.`,
      hint: 'Say the day of the cut, services.tls.acme.internetEnds, and have certificates of the internal CA or provided ones by then.',
    }
  }
  const last = validityDays === undefined ? lastEnd(internetEnds) : plusDays(internetEnds, validityDays)
  // Who renews on time has this left at least.
  const first = [plusDays(internetEnds, renewBeforeDays), last].sort()[0]
  return {
    message: `The certificates ${which} end between ${first} and ${last}: the internet is cut on ${internetEnds}.`,
    hint: `Run certificates.yml with -e tls_renew_all=true on the last day, and have certificates of the internal CA or provided ones before ${last}.`,
  }
}
