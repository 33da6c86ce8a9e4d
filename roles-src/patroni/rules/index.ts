import type { ServiceRule } from '#topology'
import type { DatabaseOptions } from '../service.ts'
import {
  backedUp,
  etcdReached,
  standbysAfterLoss,
  standbyThere,
  synchronousReplication,
  watchdog,
} from './members.ts'
import { buffersShare, logHolds, memoryHolds } from './sizes.ts'
import { failoverInTime, failsafe, leaderKeepsKey, timingFloors } from './timing.ts'
import { mendedPostgresql, packagedPostgresql, safePatroni, supportedPostgresql } from './versions.ts'

/** What the database must keep. */
export const rules: readonly ServiceRule<DatabaseOptions>[] = [
  etcdReached,
  standbyThere,
  standbysAfterLoss,
  leaderKeepsKey,
  timingFloors,
  failoverInTime,
  failsafe,
  synchronousReplication,
  watchdog,
  safePatroni,
  supportedPostgresql,
  mendedPostgresql,
  packagedPostgresql,
  memoryHolds,
  buffersShare,
  logHolds,
  backedUp,
]
