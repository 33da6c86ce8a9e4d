import type { GeneralRule } from '../topology/rule.ts'
import { addressInNetwork, uniqueAddress, verifierOutside } from './addresses.ts'
import {
  disksSuffice,
  expectationsReadable,
  limitsSuffice,
  memoryFits,
  networkSuffices,
  processorsSuffice,
} from './capacity.ts'

/** The rules that know no service. A service's own stand beside its role and in its `rules`. */
export const GENERAL_RULES: readonly GeneralRule[] = [
  addressInNetwork,
  uniqueAddress,
  verifierOutside,
  memoryFits,
  processorsSuffice,
  disksSuffice,
  networkSuffices,
  limitsSuffice,
  expectationsReadable,
]
