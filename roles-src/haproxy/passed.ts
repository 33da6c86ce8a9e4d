import type { Topology } from '#topology'
import { WRITER } from '../patroni/service.ts'
import { poolsOf } from '../pgbouncer/pools.ts'

/** Connections that servers keep open through a host's virtual IPs, at most. */
export interface Opened {
  /** The service that opens them. */
  readonly by: string
  readonly connections: number
}

/** What is opened through listeners on virtual IPs that a host may hold, as far as services say how much that is. */
export function openedThrough(topology: Topology, host: string): readonly Opened[] {
  const held = new Set(
    topology.vips.flatMap(({ name, hosts }) => (hosts.some((holder) => holder.name === host) ? [name] : [])),
  )
  const listeners = new Set(
    topology.services.flatMap((service) =>
      service.listeners.flatMap(({ name, vip }) => (held.has(vip) ? [name] : [])),
    ),
  )
  return topology.services
    .flatMap(({ name, needs }) =>
      needs.flatMap(({ from, to, connections }): readonly Opened[] => {
        if (to === 'monitored' || !('listener' in to) || !listeners.has(to.listener)) return []
        const each = connections ?? (name === 'pooler' && to.listener === WRITER ? pooled(topology) : 0)
        return [{ by: name, connections: each * new Set(from).size }]
      }),
    )
    .filter(({ connections }) => connections > 0)
}

/** Connections of one pooler: its pools are ceilings, which follow from sizes that are not known when it declares its needs. */
function pooled(topology: Topology): number {
  const { pooler } = topology.deployment.input.services
  return pooler ? poolsOf(pooler, topology).all : 0
}
