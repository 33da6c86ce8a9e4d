import type { Topology } from '#topology'
import { jobsOf } from '../targets.ts'
import type { Board } from './board.ts'
import { calls } from './calls.ts'
import { database } from './database.ts'
import { hosts } from './hosts.ts'
import { objectStore } from './object-store.ts'
import { overview } from './overview.ts'
import { pools } from './pools.ts'
import { proxy } from './proxy.ts'
import { store } from './store.ts'
import { synapse } from './synapse.ts'

/** Every dashboard; a file each. */
export const BOARDS: readonly Board[] = [
  overview,
  hosts,
  proxy,
  database,
  pools,
  store,
  objectStore,
  calls,
  synapse,
]

/** Those that have something to show of a deployment. */
export function boardsOf(topology: Topology): readonly Board[] {
  const jobs = jobsOf(topology)
  return BOARDS.filter(({ job }) => jobs.has(job))
}
