import type { TopologyHost } from '../topology/topology.ts'

/**
 * What Ansible's `setup` says of a host of this operating system, as far as roles may ask for it: the subset `distribution`,
 * and the architecture that the roles are written for.
 */
export function factsOf({ os, release, name, fqdn }: TopologyHost): Readonly<Record<string, string>> {
  const version = os === 'debian-13' ? '13' : '12'
  return {
    architecture: 'x86_64',
    distribution: 'Debian',
    distribution_major_version: version,
    distribution_release: release,
    distribution_version: version,
    fqdn,
    hostname: name,
    os_family: 'Debian',
  }
}
