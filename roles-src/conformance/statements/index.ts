import type { Chapter } from '../statement.ts'
import { addresses } from './addresses.ts'
import { availability } from './availability.ts'
import { executiveSummary } from './executive-summary.ts'
import { flows } from './flows.ts'
import { network } from './network.ts'
import { overview } from './overview.ts'
import { ports } from './ports.ts'
import { scaling } from './scaling.ts'
import { servers } from './servers.ts'
import { summary } from './summary.ts'

/** All statements of the seed, chapter by chapter. */
export const CHAPTERS: readonly Chapter[] = [
  executiveSummary,
  overview,
  network,
  servers,
  addresses,
  ports,
  flows,
  scaling,
  availability,
  summary,
]
