import { z } from 'zod'
import {
  DeploymentError,
  defineService,
  hostName,
  type KernelParameter,
  namesOfHost,
  namesOfVip,
  type OptionsOf,
  roleValues,
  type Topology,
  vipName,
} from '#topology'
import { systemCapacity } from './capacity.ts'
import role from './role.ts'
import { nothingForgotten } from './rules.ts'

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

/** Where every host takes logins. */
const SSH = 22

/** Longer queues of connections that wait to be accepted, and swap only where memory is truly short. */
const KERNEL_PARAMETERS: readonly KernelParameter[] = [
  { name: 'net.core.somaxconn', value: '65535', scope: 'namespace' },
  { name: 'net.ipv4.tcp_max_syn_backlog', value: '8192', scope: 'namespace' },
  { name: 'vm.swappiness', value: '10', scope: 'host' },
]

/** Every virtual IP and host with its names, network by network. */
function hostsFile(topology: Topology) {
  const furtherNames = (target: string) =>
    topology.names.filter(({ of }) => of === target).map(({ name }) => name)
  return topology.networks.flatMap((network) => [
    ...topology.vips
      .filter((vip) => vip.network.name === network.name)
      .map((vip) => ({ address: vip.address, names: [...namesOfVip(vip), ...furtherNames(vip.name)] })),
    ...topology.hosts
      .filter((host) => host.network.name === network.name)
      .map((host) => ({ address: host.address, names: [...namesOfHost(host), ...furtherNames(host.name)] })),
  ])
}

/** What the services of a host want of its kernel, on top of what every host gets. Throws where two want different things. */
function kernelOf(host: string, topology: Topology) {
  const wanted = topology.services.flatMap(({ name: service, kernel }) =>
    kernel.filter(({ hosts }) => hosts.includes(host)).map((need) => ({ service, ...need })),
  )
  const by = new Map<string, { readonly service: string; readonly value: string }>()
  const agree = (what: string, value: string, service: string) => {
    const other = by.get(what)
    if (other && other.value !== value)
      throw new DeploymentError(
        ['services', service],
        `${other.service} and ${service} want different values of ${what} on ${host}: ${other.value} and ${value}.`,
      )
    by.set(what, { service, value })
  }
  const parameters = new Map(KERNEL_PARAMETERS.map((parameter) => [parameter.name, parameter]))
  for (const { service, parameters: own = [], transparentHugePages } of wanted) {
    for (const parameter of own) {
      agree(parameter.name, parameter.value, service)
      parameters.set(parameter.name, parameter)
    }
    if (transparentHugePages) agree('transparent huge pages', transparentHugePages, service)
  }
  const pages = wanted.flatMap(({ transparentHugePages }) => transparentHugePages ?? [])[0]
  return {
    sysctls: [...parameters.values()],
    kernel_modules: [...new Set(wanted.flatMap(({ modules = [] }) => modules))],
    ...(pages ? { transparent_huge_pages: pages } : {}),
  }
}

const service = defineService({
  name: 'base',
  summary:
    'What every host has: its name, the names of the others, package sources, limits, kernel parameters.',
  options,

  follow: ({ names }, topology) => {
    const hosts = topology.hosts.map(({ name }) => name)
    return {
      hosts,
      names,
      endpoints: [
        // As Debian sets it up, on every address.
        {
          name: 'ssh',
          port: SSH,
          protocol: 'tcp',
          wildcard: true,
          purpose: 'shells of people and of Ansible',
        },
      ],
      needs: [
        {
          from: [],
          outside: ['admins', 'controller'],
          to: { service: 'base', endpoint: 'ssh' },
          purpose: 'administration',
        },
      ],
      units: ['ssh'],
    }
  },

  rules: [nothingForgotten],

  capacity: (_options, topology) => systemCapacity(topology),

  variables: (options, topology) => {
    const { name: deployment, packages = {}, rehearsal = false } = topology.deployment.input
    const hosts = hostsFile(topology)
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
          ...kernelOf(name, topology),
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
