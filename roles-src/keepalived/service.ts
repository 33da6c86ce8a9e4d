import { defineService, type OptionsOf, roleValues } from '#topology'
import { options } from './options.ts'
import role from './role.ts'
import { ownRouterIds, takeoverInTime } from './rules.ts'
import { heldVips, priorityOf } from './vips.ts'

const service = defineService({
  name: 'keepalived',
  summary: 'keepalived on every host that may hold a virtual IP on which something is found.',
  options,
  rules: [ownRouterIds, takeoverInTime],

  follow: (options, topology) => ({
    hosts: [...new Set(heldVips(options, topology).flatMap(({ hosts }) => hosts.map(({ name }) => name)))],
    packages: [{ name: 'keepalived' }],
    units: ['keepalived'],
    interruptions: [
      {
        unit: 'keepalived',
        restart: 'the virtual IP moves from here to the other holder; connections through it break',
        felt: true,
      },
    ],
  }),

  variables: (options, topology) => {
    const vips = heldVips(options, topology)
    const hosts = topology.service('keepalived')?.hosts ?? []
    return [
      roleValues(
        role,
        hosts.map(({ name }) => name),
        (host) => ({
          instances: vips
            .filter((vip) => vip.hosts.some(({ name }) => name === host.name))
            .map((vip) => ({
              name: vip.name,
              vip: vip.address,
              interface: host.interface,
              router_id: vip.routerId,
              priority: priorityOf(vip.hosts.findIndex(({ name }) => name === host.name)),
              source: host.address,
              peers: vip.hosts.filter(({ name }) => name !== host.name).map(({ address }) => address),
            })),
          advert_interval: options.advertInterval,
          check_command: '/usr/local/libexec/haproxy-alive',
        }),
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    keepalived: OptionsOf<typeof service, Host, Vip>
  }
}
