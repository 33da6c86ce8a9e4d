import { defineServiceRule, grouped, type Violation, withoutCovered } from '#topology'
import { openedThrough } from './passed.ts'
import type { Options } from './service.ts'

/** Seconds after which a client asks again when there was nothing new. An assumption: the default of matrix-js-sdk. */
const POLL = 30
/** Seconds in which the web proxy counts requests of an address. */
const COUNTED = 10

/** Addresses of IPv4 in a network, or the one of an address. */
const addressesIn = (network: string): number => 2 ** (32 - Number(network.split('/')[1] ?? 32))

export const roomForUsers = defineServiceRule<Options>({
  code: 'EDGE-003',
  severity: 'error',
  demand:
    'HAProxy takes what is opened through it at a time: a connection of each expected user where it is the web proxy, and the pools of servers behind virtual IPs.',
  reason:
    'Clients wait for what is new with a request that stays open. Beyond maxconn the kernel queues them and HAProxy does not look: the last users to come see nothing but a spinner, and the last poolers wait for the database.',
  evidence:
    "HAProxy's configuration manual, section 3.2 (maxconn, of the whole process). Matrix's client-server API: /sync is a long poll. PgBouncer's documentation: default_pool_size and reserve_pool_size.",
  wayOut: "Leave maxConnections out: it then follows from the host's memory and the expected users.",
  check: ({ web, maxConnections }, topology) => {
    const { users = 0 } = topology.deployment.input.expects ?? {}
    const holders = new Set(web && maxConnections !== undefined ? namesOf(topology.vip(web.vip).hosts) : [])
    const short = namesOf(topology.service('haproxy')?.hosts ?? []).flatMap((host) => {
      const parts = [
        ...(holders.has(host) && users > 0 ? [{ by: 'users', connections: users }] : []),
        ...openedThrough(topology, host),
      ]
      const wanted = parts.reduce((sum, { connections }) => sum + connections, 0)
      const most = topology.size('haproxy', host, 'max_connections')
      return wanted <= most ? [] : [{ host, most, wanted, parts }]
    })
    const [first] = short.toSorted((one, other) => other.wanted - one.wanted)
    if (!first) return []
    const { host, most, wanted, parts } = first
    const others = short.length > 1 ? `, and on ${short.length - 1} more` : ''
    return [
      {
        message: `HAProxy takes ${grouped(most)} connections on ${host}${others}, and ${grouped(wanted)} are opened through it: ${parts.map(({ by, connections }) => `${grouped(connections)} of ${by}`).join(', ')}.`,
        subject: 'haproxy',
        at: ['services', 'haproxy', 'maxConnections'],
        ...(maxConnections === undefined
          ? { hint: 'Give the host more memory, from which this follows, or say maxConnections.' }
          : {}),
      },
    ]
  },
})

const namesOf = (hosts: readonly { readonly name: string }[]): readonly string[] =>
  hosts.map(({ name }) => name)

export const roomForAddresses = defineServiceRule<Options>({
  code: 'EDGE-004',
  severity: 'error',
  demand:
    "The clients' networks have enough addresses for all expected users, at the connections and the requests that one address may have.",
  reason:
    'Whoever comes through a gateway that translates addresses, or through a proxy, shares one address with all others there: the limit that stops an attacker then stops a whole site.',
  evidence: `roles-src/haproxy/templates/haproxy.cfg.j2 refuses what an address sends beyond the limits. One poll of each user in ${POLL} seconds is an assumption, after pollTimeout of matrix-js-sdk, src/sync.ts.`,
  wayOut:
    'Raise web.connectionsPerAddress and web.requestsPerAddress, or name the networks in which the devices themselves are.',
  check: ({ web }, { deployment }) => {
    const { expects, clients } = deployment.input
    if (!web || !expects) return []
    const addresses = withoutCovered(clients).reduce((sum, network) => sum + addressesIn(network), 0)
    const connections = addresses * web.connectionsPerAddress
    const requests = addresses * web.requestsPerAddress
    const polls = Math.ceil((expects.users * COUNTED) / POLL)
    const found: Violation[] = []
    if (connections < expects.users)
      found.push({
        message: `${addresses} addresses of clients with ${web.connectionsPerAddress} connections each are ${connections} connections, for ${expects.users} users.`,
        subject: 'haproxy',
        at: ['clients'],
      })
    if (requests < polls)
      found.push({
        message: `${addresses} addresses of clients with ${web.requestsPerAddress} requests each in ${COUNTED} seconds are ${requests} requests; ${expects.users} users who do no more than poll send ${polls}.`,
        subject: 'haproxy',
        at: ['services', 'haproxy', 'web', 'requestsPerAddress'],
      })
    return found
  },
})
