import { z } from 'zod'
import {
  defineService,
  type Listener,
  type Need,
  type OptionsOf,
  type PlacedService,
  roleValues,
  type Topology,
  type TopologyHost,
} from '#topology'
import role from './role.ts'

/** Memory that a connection and its buffers take, generously: two buffers of 16 KiB and what TLS and the kernel need. */
const BYTES_PER_CONNECTION = 64 * 1024
/** The share of a host's memory that connections may take, since databases and stores may live beside HAProxy. */
const SHARE_OF_MEMORY = 0.1

const options = z.object({
  maxConnections: z
    .int()
    .min(100)
    .optional()
    .describe('Connections at most on each host; from its memory unless told.'),
  manageSysctl: z.boolean().default(true).describe('Whether HAProxy sets net.ipv4.ip_nonlocal_bind.'),
})

interface Passed {
  readonly service: PlacedService
  readonly listener: Listener
}
const passedListeners = (topology: Topology): readonly Passed[] =>
  topology.services.flatMap((service) => service.listeners.map((listener) => ({ service, listener })))

/** The listeners on the virtual IPs that a host may hold. */
const listenersOf = (topology: Topology, host: string): readonly Passed[] =>
  passedListeners(topology).filter(({ listener }) =>
    topology.vip(listener.vip).hosts.some((holder) => holder.name === host),
  )

const portOf = (service: PlacedService, endpoint: string): number => {
  const found = service.endpoints.find(({ name }) => name === endpoint)
  if (!found)
    throw new Error(`Service ${service.name} has a listener on its endpoint ${endpoint}, which it lacks.`)
  return found.port
}

const connectionsOf = (maximum: number | undefined, host: TopologyHost): number =>
  maximum ??
  Math.max(
    1000,
    Math.min(60_000, Math.floor((host.memory * SHARE_OF_MEMORY) / BYTES_PER_CONNECTION / 100) * 100),
  )

function listenerValues(topology: Topology, { service, listener }: Passed) {
  const { check } = listener
  return {
    name: listener.name,
    purpose: listener.purpose,
    address: topology.vip(listener.vip).address,
    port: listener.port,
    balance: listener.balance,
    check:
      check.kind === 'http'
        ? { kind: check.kind, method: check.method, path: check.path, tls: check.tls }
        : { kind: check.kind },
    ...(listener.maxConnections === undefined ? {} : { max_connections: listener.maxConnections }),
    servers: service.hosts.map((host, index) => ({
      name: host.name,
      address: host.address,
      port: portOf(service, listener.endpoint),
      ...(check.kind === 'http' ? { check_port: portOf(service, check.endpoint) } : {}),
      // One target at a time: should two servers ever pass the check, all traffic stays with one of them.
      backup: listener.balance === 'first' && index > 0,
    })),
  }
}

const service = defineService({
  name: 'haproxy',
  summary: 'HAProxy on every host that may hold a virtual IP with listeners.',
  options,

  follow: (_options, topology) => {
    const passed = passedListeners(topology)
    const holders = passed.flatMap(({ listener }) => topology.vip(listener.vip).hosts.map(({ name }) => name))
    const hosts = [...new Set(holders)]
    const needs = passed.flatMap(({ service, listener }): readonly Need[] => {
      const from = topology.vip(listener.vip).hosts.map(({ name }) => name)
      const traffic = { service: service.name, endpoint: listener.endpoint }
      if (listener.check.kind === 'tcp') return [{ from, to: traffic, purpose: listener.purpose }]
      const asked = { service: service.name, endpoint: listener.check.endpoint }
      return [
        { from, to: traffic, purpose: listener.purpose },
        { from, to: asked, purpose: `health checks of ${listener.name}` },
      ]
    })
    return {
      hosts,
      endpoints: [
        { name: 'stats', port: 8404, protocol: 'tcp', purpose: 'statistics and metrics of HAProxy' },
      ],
      needs,
      certificates: [{ name: 'haproxy', hosts, reload: ['haproxy'] }],
      units: ['haproxy'],
    }
  },

  sizes: (options, host) => [
    {
      name: 'max_connections',
      value: connectionsOf(options.maxConnections, host),
      unit: 'connections',
      formula: 'a tenth of the memory at 64 KiB a connection, 1,000 to 60,000',
    },
  ],

  variables: (options, topology) => {
    const placed = topology.service('haproxy')
    if (!placed) return []
    return [
      roleValues(
        role,
        placed.hosts.map(({ name }) => name),
        (host) => ({
          listeners: listenersOf(topology, host.name).map((passed) => listenerValues(topology, passed)),
          max_connections: topology.size('haproxy', host.name, 'max_connections'),
          threads: Math.min(host.cpus, 4),
          ca_file: '/etc/tls/haproxy/ca.crt',
          stats_address: host.address,
          stats_port: portOf(placed, 'stats'),
          manage_sysctl: options.manageSysctl,
        }),
      ),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    haproxy: OptionsOf<typeof service, Host, Vip>
  }
}
