import { z } from 'zod'

const port = () => z.int().min(1).max(65535)
const time = () => z.string().regex(/^\d+(?:us|ms|s|m|h|d)$/)
const sectionName = () => z.string().regex(/^[A-Za-z0-9_.:-]+$/)
const hostName = () => z.string().regex(/^[a-z0-9.-]+$/)
const network = () => z.string().regex(/^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/)
const path = () => z.string().regex(/^\/[^\s"'\\#{}]*$/)

/** How HAProxy asks a server whether it may have traffic. */
const check = z.object({
  kind: z.enum(['tcp', 'http']).describe('`tcp` connects; `http` asks for a path and expects status 200.'),
  method: z.enum(['GET', 'OPTIONS']).default('OPTIONS').describe('Method of an HTTP check.'),
  path: path().default('/').describe('Path of an HTTP check.'),
  host: hostName().optional().describe('Host that an HTTP check asks for; HTTP/1.0 without one unless told.'),
  tls: z
    .boolean()
    .default(false)
    .describe(
      'Ask over TLS where the traffic has none, and believe only a certificate of `haproxy_ca_file`.',
    ),
  interval: time().optional().describe('Time between two checks; `haproxy_check_interval` unless told.'),
  fall: z
    .int()
    .min(1)
    .optional()
    .describe('Failed checks until a server is down; `haproxy_check_fall` unless told.'),
  rise: z.int().min(1).optional().describe('Passed checks until it is up; `haproxy_check_rise` unless told.'),
  timeout: time()
    .optional()
    .describe('How long a server may take to answer; `haproxy_check_timeout` unless told.'),
})

const server = z.object({
  name: z.string().describe('Name of the server in statistics and logs.'),
  address: z.string().describe('Address of the server.'),
  port: port().describe('Port that gets the traffic.'),
  check_port: port().optional().describe('Port that the check asks; the port of the traffic unless told.'),
  backup: z.boolean().default(false).describe('Gets traffic only while no other server is up.'),
  tls_name: hostName()
    .optional()
    .describe(
      'Talk TLS to the server and to its check, and believe only a certificate of `haproxy_ca_file` for this name.',
    ),
})

/** What stands behind a port: the servers, and which of them may have traffic. */
const servers = {
  balance: z
    .enum(['first', 'leastconn', 'roundrobin'])
    .default('leastconn')
    .describe('How connections, or requests in HTTP, are spread over the servers.'),
  check: check.describe('How a server shows that it may have traffic.'),
  max_connections: z.int().min(1).optional().describe('Connections at most to each server.'),
  idle_timeout: time()
    .optional()
    .describe('How long a connection may say nothing; the variable of its mode unless told.'),
  servers: z.array(server).min(1).describe('The servers, the preferred first.'),
}

const name = () => sectionName().describe('Name of the section, unique on the host.')
const purpose = () => z.string().default('').describe('What travels there; a comment in the configuration.')
const address = () => z.string().describe('Address to bind, mostly a virtual IP.')
const certificate = () =>
  z
    .string()
    .endsWith('.crt')
    .optional()
    .describe(
      'Certificate with which clients are answered, with its chain; the key lies beside it as `.key`. Plain text unless told.',
    )

export const listener = z.object({
  name: name(),
  purpose: purpose(),
  address: address(),
  port: port().describe('Port to bind.'),
  mode: z
    .enum(['tcp', 'http'])
    .default('tcp')
    .describe('`tcp` passes bytes on; `http` spreads single requests and logs them.'),
  certificate: certificate(),
  ...servers,
})

export const backend = z.object({ name: name(), purpose: purpose(), ...servers })

const route = z.object({
  name: sectionName().describe('Name of the route, unique in the frontend.'),
  hosts: z.array(hostName()).min(1).describe('Host names that the request is for.'),
  exact: z.array(path()).default([]).describe('Paths that are meant exactly.'),
  prefixes: z
    .array(path().regex(/^\/$|[^/]$/))
    .default([])
    .describe(
      'Paths that are meant with all below them: `/admin` is `/admin/users` too, and not `/administrator`.',
    ),
  sources: z
    .array(network())
    .optional()
    .describe('Addresses and networks that may ask; everybody unless told, and nobody if empty.'),
  host_header: hostName()
    .optional()
    .describe('`Host` that the servers are told instead of the one asked for.'),
  limit: z.int().min(1).optional().describe('Requests at most of one address in ten seconds.'),
  backend: sectionName().describe('The entry of `haproxy_backends` that answers.'),
})

export const frontend = z.object({
  name: name(),
  purpose: purpose(),
  address: address(),
  port: port().describe('Port to bind.'),
  certificate: certificate(),
  redirect_hosts: z
    .array(hostName())
    .default([])
    .describe('Host names whose every path is redirected to HTTPS; for a port of plain text.'),
  routes: z
    .array(route)
    .default([])
    .describe(
      'What is answered. The longest path that fits a request decides, in whatever order they stand.',
    ),
  hsts_seconds: z
    .int()
    .min(0)
    .default(0)
    .describe('For how long browsers remember to come with HTTPS only; 0 does not tell them.'),
  connections_per_address: z
    .int()
    .min(1)
    .optional()
    .describe('Connections at most of one address at a time; more are refused.'),
  requests_per_address: z
    .int()
    .min(1)
    .optional()
    .describe('Requests at most of one address in ten seconds; more get status 429.'),
  uncounted: z
    .array(network())
    .default([])
    .describe('Addresses and networks for which no limit holds, such as other servers.'),
})

export const localPorts = z.object({
  first: port().describe('First port.'),
  last: port().describe('Last port.'),
  reserved: z
    .string()
    .regex(/^(?:\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)?$/)
    .describe(
      'Ports in between on which something of this host listens, as the kernel prints them: in order, neighbours as a range (`8404,9000-9001`).',
    ),
})

export { network, port, time }
