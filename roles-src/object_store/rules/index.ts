import type { ServiceRule } from '#topology'
import type { StorageOptions } from '../service.ts'
import {
  equalDrives,
  equalSizes,
  marginLeft,
  numberedHosts,
  parityFits,
  setPossible,
  survivesHost,
} from './drives.ts'
import { copied, externalEncrypted, externalReached, maintainedServer, usersOfTheirOwn } from './server.ts'

/** What the object store must keep. */
export const rules: readonly ServiceRule<StorageOptions>[] = [
  equalDrives,
  equalSizes,
  setPossible,
  parityFits,
  survivesHost,
  marginLeft,
  numberedHosts,
  usersOfTheirOwn,
  externalEncrypted,
  externalReached,
  maintainedServer,
  copied,
]
