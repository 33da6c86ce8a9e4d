import { defineServiceRule } from '#topology'
import type { Options } from './service.ts'

/** Addresses of IPv4 in a network, or the one of an address. */
const addressesIn = (network: string): number => 2 ** (32 - Number(network.split('/')[1] ?? 32))

export const roomForUsers = defineServiceRule<Options>({
  code: 'EDGE-003',
  severity: 'error',
  demand: 'The web proxy takes at least one connection of each expected user at a time.',
  reason:
    'Clients wait for what is new with a request that stays open. Beyond maxconn the kernel queues them and HAProxy does not look: the last users to come see nothing but a spinner.',
  evidence:
    "HAProxy's configuration manual, section 3.2 (maxconn). Matrix's client-server API: /sync is a long poll.",
  wayOut: "Leave maxConnections out: it then follows from the host's memory and the expected users.",
  check: ({ web, maxConnections }, topology) => {
    const { users = 0 } = topology.deployment.input.expects ?? {}
    return web === undefined || maxConnections === undefined || maxConnections >= users
      ? []
      : [
          {
            message: `HAProxy takes ${maxConnections} connections, and ${users} users are expected.`,
            subject: 'haproxy',
            at: ['services', 'haproxy', 'maxConnections'],
          },
        ]
  },
})

export const roomForAddresses = defineServiceRule<Options>({
  code: 'EDGE-004',
  severity: 'error',
  demand:
    "The clients' networks have enough addresses for all expected users, at the connections that one address may have.",
  reason:
    'Whoever comes through a gateway that translates addresses, or through a proxy, shares one address with all others there: the limit that stops an attacker then stops a whole site.',
  evidence: 'roles-src/haproxy/templates/haproxy.cfg.j2 refuses connections of an address beyond the limit.',
  wayOut:
    'Raise web.connectionsPerAddress and web.requestsPerAddress, or name the networks in which the devices themselves are.',
  check: ({ web }, { deployment }) => {
    const { expects, clients } = deployment.input
    if (!web || !expects) return []
    const addresses = clients.reduce((sum, network) => sum + addressesIn(network), 0)
    const connections = addresses * web.connectionsPerAddress
    return connections >= expects.users
      ? []
      : [
          {
            message: `${addresses} addresses of clients with ${web.connectionsPerAddress} connections each are ${connections} connections, for ${expects.users} users.`,
            subject: 'haproxy',
            at: ['clients'],
          },
        ]
  },
})
