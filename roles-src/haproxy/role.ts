import { z } from 'zod'
import { all, defineRole, type Expr, j, type ProgramRef } from '#dsl'
import { sysctl } from '#modules/ansible.posix'
import { apt, copy, file, template } from '#modules/builtin'
import { dropIn, keepRunning, unitHandlers } from '../unit.ts'
import { backend, frontend, listener, localPorts, network, port, time } from './sections.ts'

const unit = { name: 'haproxy', title: 'HAProxy' }

export default defineRole({
  name: 'haproxy',
  summary: 'Pass connections and web requests on to the servers that may have them.',
  description: `
Each entry of \`haproxy_listeners\` binds one port of one address and passes connections on to servers that answer
their check. The address may be a virtual IP that the host does not hold right now: \`net.ipv4.ip_nonlocal_bind\` is on,
so a standby is ready before it is needed. Servers on the same host must bind their own address and loopback, never
the wildcard.

The configuration is checked by HAProxy before it replaces the old one, and changes are taken over by a reload, which
ends no connection. A server of TCP that goes down loses its sessions at once (\`on-marked-down shutdown-sessions\`), so
that no client stays with a database that was demoted; answers of HTTP may end.

Each entry of \`haproxy_frontends\` is a port of web sites. A request belongs to one route: an exact path before every
prefix, a longer prefix before a shorter, in whatever order they stand. That route says who may ask and who answers. What
is compared is the decoded path without double slashes; a path with \`.\` or \`..\` in it gets status 400, a host name that
no route has 421, a path that no route has 404, a source that may not ask 403, and too many requests 429. Headers in
which clients speak of other clients (\`X-Forwarded-*\`, \`Forwarded\`, \`X-Real-IP\`) are removed, and written anew from the
connection itself. Query strings, where tokens may stand, are not logged. UDP passes through none of this.

\`certificate\` is a file \`<name>.crt\` with the chain; its key is \`<name>.key\` beside it, read by root before HAProxy gives
its rights away.

Statistics and Prometheus metrics are at \`http://<haproxy_stats_address>:<haproxy_stats_port>/\` and \`/metrics\`.
\`/usr/local/libexec/haproxy-alive\` succeeds while HAProxy answers on its socket; keepalived asks it.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    listeners: z
      .array(listener)
      .default([])
      .describe('Ports of TCP or HTTP, each with the servers behind it.'),
    frontends: z
      .array(frontend)
      .default([])
      .describe('Ports of HTTP that lead to `haproxy_backends` by host name and path.'),
    backends: z.array(backend).default([]).describe('Servers that routes of `haproxy_frontends` lead to.'),
    max_connections: z.int().min(100).default(4000).describe('Connections at most in all.'),
    threads: z.int().min(1).max(64).default(2).describe('Threads, at most one per processor.'),
    connect_timeout: time().default('2s').describe('How long a server may take to accept.'),
    idle_timeout: time()
      .default('30m')
      .describe('How long a TCP connection may say nothing; longer than the idle time of pools behind it.'),
    http_idle_timeout: time()
      .default('5m')
      .describe('How long a request or its answer may stand still; longer than long polls.'),
    http_request_timeout: time()
      .default('15s')
      .describe('How long a client may take to send the head of a request.'),
    http_keep_alive_timeout: time()
      .default('60s')
      .describe('How long a client may keep a connection without a request.'),
    queue_timeout: time()
      .default('30s')
      .describe('How long a request may wait for a server that has all the connections it may have.'),
    tunnel_timeout: time().default('1h').describe('How long a WebSocket may say nothing.'),
    check_timeout: time().default('2s').describe('How long a server may take to answer a check.'),
    check_interval: time().default('1s').describe('Time between two checks of a server.'),
    check_fall: z.int().min(1).default(2).describe('Failed checks after which a server is down.'),
    check_rise: z.int().min(1).default(1).describe('Passed checks after which a server is up.'),
    ca_file: z
      .string()
      .default('')
      .describe(
        'CA certificates that servers and checks with TLS are believed by. Needed where there are some.',
      ),
    stats_address: z
      .string()
      .default('127.0.0.1')
      .describe('Address of the statistics page and the metrics.'),
    stats_port: port().default(8404).describe('Port of the statistics page and the metrics.'),
    stats_sources: z
      .array(network())
      .min(1)
      .default(['127.0.0.0/8', '::1'])
      .describe('Addresses and networks that may see the statistics and the metrics.'),
    local_ports: localPorts
      .optional()
      .describe(
        "Ports that connections to servers come from: their number bounds the connections to one server. The kernel's own (28,000) unless told.",
      ),
    manage_sysctl: z
      .boolean()
      .default(true)
      .describe(
        'Allow binding to addresses that the host does not hold yet (net.ipv4.ip_nonlocal_bind), which virtual IPs need, and set the ports of `haproxy_local_ports`.',
      ),
  },

  constants: ({ vars }) => ({
    // A connection has two sides; the rest is for listening, checks, logs and sockets.
    open_files: vars.max_connections.times(2).plus(4096),
  }),

  programs: { haproxy: '/usr/sbin/haproxy', sysctl: '/usr/sbin/sysctl' },

  handlers: ({ programs }) => unitHandlers(unit, programs.haproxy),

  install: () => [apt('Install HAProxy', { name: ['haproxy', 'procps', 'socat'], state: 'present' })],

  configure: ({ vars, handlers, programs }) => [
    kernelParameters(vars, programs.sysctl),
    dropIn(unit, handlers.restart),
    file('Make the folder of programs for other daemons', {
      path: '/usr/local/libexec',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    copy('Install the check that others ask', {
      src: 'haproxy-alive',
      dest: '/usr/local/libexec/haproxy-alive',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the configuration of HAProxy',
      {
        src: 'haproxy.cfg.j2',
        dest: '/etc/haproxy/haproxy.cfg',
        owner: 'root',
        group: 'haproxy',
        mode: '0640',
        validate: 'haproxy -c -f %s',
      },
      { needs: programs.haproxy, notify: handlers.reload },
    ),
  ],

  service: ({ programs }) => [keepRunning(unit, programs.haproxy)],

  example: {
    listeners: [
      {
        name: 'postgresql_writer',
        address: '192.0.2.10',
        port: 5432,
        balance: 'first',
        check: { kind: 'http', path: '/primary', tls: true },
        servers: [
          { name: 'db1', address: '192.0.2.11', port: 5432, check_port: 8008 },
          { name: 'db2', address: '192.0.2.12', port: 5432, check_port: 8008, backup: true },
        ],
      },
    ],
    ca_file: '/etc/tls/haproxy/ca.crt',
    frontends: [
      {
        name: 'https',
        address: '192.0.2.20',
        port: 443,
        certificate: '/etc/tls/web/web.crt',
        routes: [
          { name: 'pages', hosts: ['www.example.net'], prefixes: ['/'], backend: 'app' },
          {
            name: 'office',
            hosts: ['www.example.net'],
            prefixes: ['/office'],
            sources: ['198.51.100.0/24'],
            backend: 'app',
          },
        ],
      },
    ],
    backends: [
      {
        name: 'app',
        check: { kind: 'http', method: 'GET', path: '/health', host: 'www.example.net' },
        servers: [{ name: 'app1', address: '192.0.2.21', port: 8080 }],
      },
    ],
  },
})

interface KernelVars {
  readonly manage_sysctl: Expr<boolean>
  readonly local_ports: Expr<z.output<typeof localPorts> | undefined>
}

/** In a file of the role's own, and in the kernel at once. */
function kernelParameters({ manage_sysctl, local_ports }: KernelVars, program: ProgramRef) {
  const parameter = (title: string, name: string, value: string | Expr<string>, when: Expr<boolean>) =>
    sysctl(
      title,
      { name, value, sysctl_file: '/etc/sysctl.d/60-haproxy.conf', sysctl_set: true, reload: false },
      { when, needs: program },
    )
  const ports = local_ports as Expr<z.output<typeof localPorts>> // looked at only where it is defined
  const many = all(manage_sysctl, local_ports.isDefined())
  return [
    parameter(
      'Allow binding to virtual IPs that another host holds',
      'net.ipv4.ip_nonlocal_bind',
      '1',
      manage_sysctl,
    ),
    parameter(
      'Let connections to servers come from more ports',
      'net.ipv4.ip_local_port_range',
      j`${ports.first} ${ports.last}`,
      many,
    ),
    parameter(
      'Keep the ports of other services from them',
      'net.ipv4.ip_local_reserved_ports',
      ports.reserved,
      many,
    ),
    parameter('Use the ports of closed connections again', 'net.ipv4.tcp_tw_reuse', '1', many),
  ]
}
