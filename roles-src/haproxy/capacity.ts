import { type CapacityRow, figure, grouped, mediaTraffic, type Topology, type TopologyHost } from '#topology'
import { openedThrough } from './passed.ts'

/** Devices of a user that are on line at once: each has a connection of HTTP/2, and a long poll that is never answered for long. */
const DEVICES_PER_USER = 2
/** Memory that a connection and its buffers take, generously: two buffers of 16 KiB and what TLS and the kernel need. */
export const BYTES_PER_CONNECTION = 64 * 1024
const DEVICES =
  'Two devices a user: 10,000 users hold 10,000 to 20,000 long polls. HAProxy offers HTTP/2, in which a device has one connection.'

interface WebProxy {
  readonly vip: string
  /** Connections at most on a host when the deployment is made for so many users. */
  readonly maximum: (host: TopologyHost, users: number) => number
  /** Ports from which a host can open connections to one port of one server. */
  readonly localPorts: (host: TopologyHost) => number
}

/** What the web proxy needs on each host that may hold its virtual IP: one of them at a time has all users. */
export function webCapacity(
  topology: Topology,
  { vip, maximum, localPorts }: WebProxy,
): readonly CapacityRow[] {
  // Long polls all go to one site, and in the worst case to the one with the fewest servers.
  const servers = Math.min(
    ...topology.services.flatMap(({ sites, hosts, standbys }) =>
      sites.map(() => Math.max(1, hosts.length - standbys.length)),
    ),
    Number.MAX_SAFE_INTEGER,
  )
  return topology.vip(vip).hosts.flatMap((host): readonly CapacityRow[] => {
    const ports = localPorts(host)
    const opened = openedThrough(topology, host.name)
    const others = opened.reduce((sum, { connections }) => sum + connections, 0)
    const named = opened.map(({ by, connections }) => ` + ${grouped(connections)} of ${by}`).join('')
    return [
      {
        of: 'memory',
        host: host.name,
        what: 'connections of HAProxy',
        demand: ({ users }) => ({
          value: users * DEVICES_PER_USER * BYTES_PER_CONNECTION,
          formula: `${grouped(users)} users × ${DEVICES_PER_USER} devices × 64 KiB`,
        }),
        source: `${DEVICES} 64 KiB: two buffers of 16 KiB (tune.bufsize), TLS, and the kernel's.`,
        at: ['hosts', host.name, 'memory'],
      },
      {
        of: 'network',
        host: host.name,
        what: 'media through HAProxy',
        demand: (load) => {
          const { uploads, downloads } = mediaTraffic(load)
          return {
            value: uploads + downloads,
            formula: `a tenth of ${figure(load.mediaPerDay, 'bytes')} in the busiest hour × (1 upload + ${load.downloads} downloads)`,
          }
        },
        source: 'What comes in goes out again, so each direction carries all of it.',
        at: ['hosts', host.name, 'network'],
      },
      {
        of: 'limit',
        where: host.name,
        what: 'connections of clients to HAProxy',
        unit: 'connections',
        demand: ({ users }) => ({
          value: users * DEVICES_PER_USER + others,
          formula: `${grouped(users)} users × ${DEVICES_PER_USER} devices × 1 connection${named}`,
        }),
        supply: ({ users }) => ({
          value: maximum(host, users),
          formula: 'max_connections, as the build sizes it for so many users',
        }),
        source: DEVICES,
        at: ['services', 'haproxy', 'maxConnections'],
      },
      {
        of: 'limit',
        where: host.name,
        what: 'source ports of HAProxy to one site',
        unit: 'ports',
        demand: ({ users }) => ({
          value: users * DEVICES_PER_USER,
          formula: `${grouped(users)} users × ${DEVICES_PER_USER} devices × 1 long poll`,
        }),
        supply: () => ({
          value: ports * servers,
          formula: `${grouped(ports)} ports to each of ${servers} server${servers === 1 ? '' : 's'}`,
        }),
        source: `${DEVICES} To servers HAProxy speaks HTTP/1.1: a request that waits has a connection of its own.`,
        at: ['services', 'haproxy', 'web'],
      },
    ]
  })
}
