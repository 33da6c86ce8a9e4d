import type { GeneralRule } from '../topology/rule.ts'
import { addressInNetwork, uniqueAddress, verifierOutside } from './addresses.ts'
import { disksSuffice, limitsSuffice, memoryFits, networkSuffices, processorsSuffice } from './capacity.ts'
import { domainsOutlived, domainsWhole, holdersApart } from './failure-domains.ts'
import {
  directNamesLeadToHosts,
  oneAddressPerName,
  reservedNames,
  toldNamesLeadToProxy,
  validFurtherNames,
  validNames,
  vipsAreNamedApart,
} from './names.ts'
import {
  clientsApart,
  clientsAreNoAdmins,
  hostsAreNoAdmins,
  networksApart,
  privateNetworks,
  usableAddresses,
} from './networks.ts'
import {
  controllerApart,
  knownRelease,
  noIdleHost,
  oneReleasePerCluster,
  packagesWithoutInternet,
  supportedRelease,
} from './operations.ts'
import { nothingUdpProxied, noWildcardBesideVip, portsOnce } from './ports.ts'
import { enoughMembers, singlePoints } from './redundancy.ts'
import { holdersInNetwork, preferredApart, severalHolders, virtualIpServes } from './virtual-ips.ts'

/** The rules that know no service, in the order of their codes. A service's own stand beside its role and in its `rules`. */
export const GENERAL_RULES: readonly GeneralRule[] = [
  ...[severalHolders, holdersInNetwork, preferredApart, enoughMembers, singlePoints],
  ...[domainsOutlived, holdersApart, domainsWhole],
  ...[toldNamesLeadToProxy, directNamesLeadToHosts, oneAddressPerName, vipsAreNamedApart],
  ...[validNames, validFurtherNames, reservedNames],
  ...[addressInNetwork, uniqueAddress, verifierOutside, networksApart, clientsApart, hostsAreNoAdmins],
  ...[clientsAreNoAdmins, privateNetworks, usableAddresses, portsOnce, noWildcardBesideVip],
  ...[nothingUdpProxied, virtualIpServes],
  ...[controllerApart, noIdleHost, oneReleasePerCluster, knownRelease, supportedRelease],
  packagesWithoutInternet,
  ...[memoryFits, processorsSuffice, disksSuffice, networkSuffices, limitsSuffice],
]
