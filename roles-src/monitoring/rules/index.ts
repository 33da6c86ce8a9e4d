import type { AlertGroup } from './alert.ts'
import { backup } from './backup.ts'
import { calls } from './calls.ts'
import { connectionPools, database, store } from './database.ts'
import { hosts } from './hosts.ts'
import { objectStore } from './object-store.ts'
import { probes } from './probes.ts'
import { proxy } from './proxy.ts'
import { synapse } from './synapse.ts'
import { watching } from './watching.ts'

/** Every group of alerts; a file each. */
export const ALERT_GROUPS: readonly AlertGroup[] = [
  watching,
  hosts,
  probes,
  proxy,
  store,
  ...database,
  connectionPools,
  objectStore,
  ...calls,
  synapse,
  backup,
]
