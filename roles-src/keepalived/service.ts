import { z } from 'zod'
import {
  defineService,
  frontendsOf,
  type OptionsOf,
  roleValues,
  type Topology,
  type TopologyVip,
} from '#topology'
import role from './role.ts'

/** The preferred host's priority; each further host has ten less. */
const HIGHEST_PRIORITY = 110
/** Router ids begin here; each virtual IP adds its place among the deployment's networks. */
const FIRST_ROUTER_ID = 50

const options = z.object({
  advertInterval: z
    .number()
    .min(0.1)
    .max(40)
    .default(1)
    .describe('Seconds between adverts; a lost host is noticed after three of them.'),
})

/** The virtual IPs on which something is found, each with its router id: unique, and the same as long as the networks are. */
function heldVips(topology: Topology): readonly (TopologyVip & { readonly routerId: number })[] {
  const used = new Set(
    topology.services.flatMap((service) => frontendsOf(service).map(({ vip }) => topology.vip(vip).name)),
  )
  const taken = new Set<number>()
  return topology.vips
    .map((vip) => {
      let routerId = FIRST_ROUTER_ID + topology.networks.findIndex(({ name }) => name === vip.network.name)
      while (taken.has(routerId)) routerId += topology.networks.length
      taken.add(routerId)
      return { ...vip, routerId }
    })
    .filter(({ name }) => used.has(name))
}

const service = defineService({
  name: 'keepalived',
  summary: 'keepalived on every host that may hold a virtual IP on which something is found.',
  options,

  follow: (_options, topology) => ({
    hosts: [...new Set(heldVips(topology).flatMap(({ hosts }) => hosts.map(({ name }) => name)))],
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
    const vips = heldVips(topology)
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
              priority: HIGHEST_PRIORITY - 10 * vip.hosts.findIndex(({ name }) => name === host.name),
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
