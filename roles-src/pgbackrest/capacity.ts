import { type CapacityRow, figure, grouped, type Topology } from '#topology'
import { databaseBytes, daysOfMessages, GROWTH_SOURCE, LOG_PER_MESSAGE } from '../patroni/growth.ts'

/** How much smaller files and log are in the repository. */
const COMPRESSION = 3
/** The share of the database that changes in a day. */
const CHANGED_PER_DAY = 0.005
/** A week: differential backups are made as often, and hold all that changed since the full one. */
const WEEK = 7

/** Days between two full backups at most, by the days between them at least: first Sundays of two months may be 35 days apart. */
const mostBetween = (every: number): number => (every < 28 ? every : 35)

/** Days of changes in the backups between two full ones: the weekly differential ones, and the incremental ones of all days. */
function daysOfChanges(every: number): number {
  const weeks = Math.ceil(every / WEEK) - 1
  return every + (WEEK * weeks * (weeks + 1)) / 2
}

interface Repository {
  readonly host: string
  /** Full backups that are kept, and those of them with all of the log after them. */
  readonly fulls: number
  readonly fullsWithLog: number
  /** Days between two full backups at least. */
  readonly every: number
}

/** Room for the backups of a database that has grown as long as its messages are kept, and for the log between them. */
export function repositoryCapacity(
  { host, fulls, fullsWithLog, every }: Repository,
  topology: Topology,
): readonly CapacityRow[] {
  const days = daysOfMessages(topology)
  const changes = daysOfChanges(every) * CHANGED_PER_DAY
  const within = mostBetween(every)
  return [
    {
      of: 'disk',
      host,
      what: 'backups of the database',
      demand: ({ messagesPerDay }) => {
        const database = databaseBytes(messagesPerDay, days)
        return {
          value: (fulls * (1 + changes) * database) / COMPRESSION,
          formula: `${fulls} full backups × ${Number((1 + changes).toFixed(3))} for what changes between them × ${figure(database, 'bytes')} ÷ ${COMPRESSION}`,
        }
      },
      source: `pgBackRest with zstd and block increments: 3 to 1 and half a percent of changes a day are assumptions. ${GROWTH_SOURCE}`,
      at: ['keep', 'database'],
    },
    {
      of: 'disk',
      host,
      what: 'log of the database',
      demand: ({ messagesPerDay }) => ({
        value: (fullsWithLog * within * messagesPerDay * LOG_PER_MESSAGE) / COMPRESSION,
        formula: `${fullsWithLog} full backups × ${within} ${within === 1 ? 'day' : 'days'} × ${grouped(messagesPerDay)} messages × ${LOG_PER_MESSAGE / 1000} kB ÷ ${COMPRESSION}`,
      }),
      source:
        'Log is kept from the oldest full backup that keep.pointInTime needs. 60 kB a message is an assumption; measure pg_stat_wal.',
      at: ['keep', 'pointInTime'],
    },
  ]
}
