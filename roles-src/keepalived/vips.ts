import { frontendsOf, type Topology, type TopologyVip } from '#topology'
import type { Options } from './options.ts'

/** The preferred host's priority; each further host has ten less. */
const HIGHEST_PRIORITY = 110
/** Router ids begin here; each virtual IP adds its place among the deployment's networks. */
const FIRST_ROUTER_ID = 50

export type HeldVip = TopologyVip & { readonly routerId: number }

/** The priority of a holder, by its place among those of its virtual IP. */
export const priorityOf = (place: number): number => HIGHEST_PRIORITY - 10 * place

/** The virtual IPs on which something is found, each with its router id: the same as long as the networks are, unless told. */
export function heldVips({ routerIds }: Options, topology: Topology): readonly HeldVip[] {
  const used = new Set(
    topology.services.flatMap((service) => frontendsOf(service).map(({ vip }) => topology.vip(vip).name)),
  )
  const told = new Map<string, number>(routerIds.map(({ vip, id }) => [vip, id]))
  const taken = new Set(told.values())
  return topology.vips
    .map((vip) => {
      const given = told.get(vip.name)
      if (given !== undefined) return { ...vip, routerId: given }
      let routerId = FIRST_ROUTER_ID + topology.networks.findIndex(({ name }) => name === vip.network.name)
      while (taken.has(routerId)) routerId += topology.networks.length
      taken.add(routerId)
      return { ...vip, routerId }
    })
    .filter(({ name }) => used.has(name))
}
