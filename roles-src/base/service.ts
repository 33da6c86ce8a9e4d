import { z } from 'zod'
import { defineService, hostName, type OptionsOf, roleValues, type Topology, vipName } from '#topology'
import role from './role.ts'

const options = z.object({
  names: z
    .array(
      z.object({
        of: z.union([hostName(), vipName()]).describe('Host or virtual IP that the names lead to.'),
        names: z.array(z.string()).min(1).describe('The names, fully qualified.'),
      }),
    )
    .default([])
    .describe("Names in the servers' hosts file beside the hosts' own."),
  packages: z
    .array(z.string())
    .optional()
    .describe("Packages of every host; the role's own list unless told."),
  unattendedUpgrades: z
    .boolean()
    .default(false)
    .describe('Whether hosts install security updates by themselves.'),
})
type Options = z.output<typeof options>

/** Longer queues of connections that wait to be accepted, and swap only where memory is truly short. */
const KERNEL_PARAMETERS = [
  { name: 'net.core.somaxconn', value: '65535', scope: 'namespace' },
  { name: 'net.ipv4.tcp_max_syn_backlog', value: '8192', scope: 'namespace' },
  { name: 'vm.swappiness', value: '10', scope: 'host' },
] as const

/** Every virtual IP and host with its names, network by network. */
function hostsFile({ names }: Options, topology: Topology) {
  const furtherNames = (name: string) => names.filter(({ of }) => of === name).flatMap((entry) => entry.names)
  return topology.networks.flatMap((network) => [
    ...topology.vips
      .filter((vip) => vip.network.name === network.name)
      .map(({ name, fqdn, address }) => ({ address, names: [fqdn, `${name}-vip`, ...furtherNames(name)] })),
    ...topology.hosts
      .filter((host) => host.network.name === network.name)
      .map(({ name, fqdn, address }) => ({ address, names: [fqdn, name, ...furtherNames(name)] })),
  ])
}

const service = defineService({
  name: 'base',
  summary:
    'What every host has: its name, the names of the others, package sources, limits, kernel parameters.',
  options,

  follow: (_options, topology) => ({ hosts: topology.hosts.map(({ name }) => name) }),

  variables: (options, topology) => {
    const { name: deployment, packages = {}, rehearsal = false } = topology.deployment.input
    const hosts = hostsFile(options, topology)
    return [
      roleValues(
        role,
        topology.hosts.map(({ name }) => name),
        ({ name }) => ({
          deployment,
          hostname: name,
          hosts,
          ...(packages.debian === undefined ? {} : { apt_mirror: packages.debian }),
          ...(packages.debianSecurity === undefined ? {} : { apt_security_mirror: packages.debianSecurity }),
          ...(packages.proxy === undefined ? {} : { apt_proxy: packages.proxy }),
          ...(options.packages === undefined ? {} : { packages: options.packages }),
          unattended_upgrades: options.unattendedUpgrades,
          sysctls: KERNEL_PARAMETERS,
          // The hosts of a rehearsal share one kernel.
          sysctl_scopes: rehearsal ? (['namespace'] as const) : (['host', 'namespace'] as const),
        }),
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    base: OptionsOf<typeof service, Host, Vip>
  }
}
