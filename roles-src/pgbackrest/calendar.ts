/** Names that stand for a whole calendar. */
const SHORTHANDS = ['minutely', 'hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'semiannually', 'yearly']
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

interface Part {
  readonly what: string
  readonly low: number
  readonly high: number
}
const YEAR: Part = { what: 'year', low: 0, high: 2199 }
const MONTH: Part = { what: 'month', low: 1, high: 12 }
const DAY: Part = { what: 'day of the month', low: 1, high: 31 }
/** Counted from the end of the month, which not every month has more of. */
const DAY_FROM_END: Part = { ...DAY, high: 28 }
const TIME: readonly Part[] = [
  { what: 'hour', low: 0, high: 23 },
  { what: 'minute', low: 0, high: 59 },
  { what: 'second', low: 0, high: 59 },
]

/**
 * What systemd would refuse of a calendar such as `Sun *-*-01..07 01:00:00`, in a few words; undefined where it takes it. The
 * grammar is that of `man systemd.time`: weekdays, a date, a time and a time zone, each of which may be left out.
 */
export function calendarMistake(calendar: string): string | undefined {
  const words = calendar.trim().split(/\s+/)
  const take = (matches: (word: string) => boolean) =>
    words[0] !== undefined && matches(words[0]) ? words.shift() : undefined
  const shorthand = take((word) => SHORTHANDS.includes(word.toLowerCase()))
  const weekdays = shorthand === undefined ? take((word) => /^[a-z]/i.test(word) && !isZone(word)) : undefined
  const date = shorthand === undefined ? take((word) => /^[\d*].*[-~]/.test(word)) : undefined
  const time = shorthand === undefined ? take((word) => word.includes(':')) : undefined
  const anything = shorthand ?? weekdays ?? date ?? time
  if (anything !== undefined) take(isZone)
  const [rest] = words
  return (
    (weekdays && mistakeInWeekdays(weekdays)) ??
    (date && mistakeInDate(date)) ??
    (time && mistakeInTime(time)) ??
    (rest === undefined ? undefined : `"${rest}" cannot be read`)
  )
}

const isZone = (word: string): boolean => /^([A-Z]{3,}|[A-Z][\w+-]*(\/[\w+-]+)+)$/.test(word)

function mistakeInWeekdays(text: string): string | undefined {
  const indexOf = (name: string) =>
    WEEKDAYS.findIndex((day) => [day, day.slice(0, 3)].includes(name.toLowerCase()))
  for (const item of text.split(',')) {
    const days = item.split(/\.\.|-/)
    const wrong = days.find((name) => indexOf(name) < 0)
    if (wrong !== undefined) return `"${wrong}" is no weekday`
    const [first = '', last = first] = days
    if (days.length > 2 || indexOf(first) > indexOf(last)) return `"${item}" is no range of weekdays`
  }
  return undefined
}

function mistakeInDate(text: string): string | undefined {
  const parts = text.split(/[-~]/)
  const fromEnd = text.includes('~')
  if (parts.length > 3 || /~.*[-~]/.test(text)) return `"${text}" is no date`
  const kinds = [YEAR, MONTH, fromEnd ? DAY_FROM_END : DAY].slice(-parts.length)
  return firstMistake(parts, kinds)
}

function mistakeInTime(text: string): string | undefined {
  const parts = text.split(':')
  return parts.length > TIME.length ? `"${text}" is no time` : firstMistake(parts, TIME)
}

function firstMistake(texts: readonly string[], kinds: readonly Part[]): string | undefined {
  for (const [i, text] of texts.entries()) {
    const kind = kinds[i]
    const wrong = kind && text !== '*' ? text.split(',').find((item) => !isWithin(item, kind)) : undefined
    if (kind && wrong !== undefined) return `"${wrong}" is no ${kind.what}`
  }
  return undefined
}

/** A number, a range of them, and a step; seconds may have decimals. */
const ITEM = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?(?:\/(\d+(?:\.\d+)?))?$/

function isWithin(item: string, { what, low, high }: Part): boolean {
  const [, first, last = first, step = '1'] = ITEM.exec(item) ?? []
  if (first === undefined || (what !== 'second' && /\d\.\d/.test(item))) return false
  const [from, to, by] = [Number(first), Number(last), Number(step)]
  return low <= from && from <= to && to <= high && by > 0 && by <= high
}
