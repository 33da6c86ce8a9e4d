import { parseDays, type Topology } from '#topology'

/** Bytes that a message leaves in the database for good, with its indexes and what refers to it. */
export const BYTES_PER_MESSAGE = 8000
/** Bytes of log for a message: pages as a whole after each checkpoint, and all that comes and goes with it. */
export const LOG_PER_MESSAGE = 60_000
/** Days of growth that there has to be room for, where messages are kept for ever. */
const DAYS = 360

export const GROWTH_SOURCE =
  'An assumption: the architecture expects 100 to 500 GB, which 100,000 messages a day reach in a year with 3 to 14 kB each. Measure pg_database_size.'

/** For how many days messages are in the database: as long as they are kept, or a year. */
export const daysOfMessages = ({ deployment }: Pick<Topology, 'deployment'>): number =>
  parseDays(deployment.input.services.matrix?.retention?.messages ?? '') ?? DAYS

/** Bytes of the database when all messages are there. */
export const databaseBytes = (messagesPerDay: number, days: number): number =>
  messagesPerDay * days * BYTES_PER_MESSAGE
