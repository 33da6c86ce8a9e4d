import { z } from 'zod'
import { calendarMistake } from './calendar.ts'

/** When systemd does something: `*-*-* 03:00:00`, `Mon *-*-* 01:00:00`. See `man systemd.time`. */
const calendar = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9*:.,/~ -]+$/, "write a time of systemd.time, such as 'Sun *-*-* 01:00:00'")
    .refine((text) => calendarMistake(text) === undefined, {
      error: ({ input }) => `systemd refuses "${input}": ${calendarMistake(String(input))}`,
    })

/** When each job of the repository runs. */
export const scheduleSchema = z.object({
  full: calendar()
    .default('Sun *-*-01..07 01:00:00')
    .describe('All files: what every other backup and every restore builds upon.'),
  diff: calendar().default('Sun *-*-08..31 01:00:00').describe('What changed since the last full backup.'),
  incr: calendar()
    .default('*-*-* 05,11,17,23:00:00')
    .describe('What changed since the last backup of any kind.'),
  check: calendar()
    .default('*-*-* *:40:00')
    .describe('Whether a segment of the log, made for this, arrives in the repository.'),
  verify: calendar()
    .default('Wed *-*-* 02:00:00')
    .describe('Whether all files in the repository are what they were.'),
})

/** The jobs: what each is told, and what a reader of `systemctl list-timers` sees of it. */
export const JOBS = [
  { name: 'full', command: 'backup --type=full', description: 'Full backup' },
  { name: 'diff', command: 'backup --type=diff', description: 'Differential backup' },
  { name: 'incr', command: 'backup --type=incr', description: 'Incremental backup' },
  { name: 'check', command: 'check', description: 'Check of archiving' },
  { name: 'verify', command: 'verify', description: 'Check of all files' },
] as const

/** The weekday, if any, the days of the month and the time of day of what happens at most once a day. */
const CALENDAR = /^(?:([a-z]+) )?\*-\*-(\*|\d{1,2}(?:\.\.\d{1,2})?) \d{1,2}:\d{2}(?::\d{2})?$/i

/** Days between two runs of a calendar at least; undefined where it is none of those that can be told. */
export function daysBetween(calendar: string): number | undefined {
  const [, weekday, days] = CALENDAR.exec(calendar.trim()) ?? []
  if (days === undefined || calendarMistake(calendar) !== undefined) return undefined
  if (days === '*') return weekday === undefined ? 1 : 7
  const [first = 0, last = first] = days.split('..').map(Number)
  // One day of every month; with a weekday, seven of them, among which it is once: fewer have it in some months alone.
  const once = last - first === (weekday === undefined ? 0 : 6)
  return once && last <= 28 ? 28 : undefined
}

/** When full backups are made, as told or by default. */
export const fullCalendar = ({
  schedule,
}: {
  readonly schedule?: z.output<typeof scheduleSchema> | undefined
}): string => (schedule ?? scheduleSchema.parse({})).full
