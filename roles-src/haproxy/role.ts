import { z } from 'zod'
import { defineRole } from '#dsl'
import { sysctl } from '#modules/ansible.posix'
import { apt, copy, file, systemd_service, template } from '#modules/builtin'

const port = () => z.int().min(1).max(65535)

/** How HAProxy asks a server whether it may have traffic. */
const check = z.object({
  kind: z.enum(['tcp', 'http']).describe('`tcp` connects; `http` asks for a path and expects status 200.'),
  method: z.enum(['GET', 'OPTIONS']).default('OPTIONS').describe('Method of an HTTP check.'),
  path: z.string().startsWith('/').default('/').describe('Path of an HTTP check.'),
  tls: z
    .boolean()
    .default(false)
    .describe('Ask over TLS, and believe only a certificate of `haproxy_ca_file`.'),
})

const server = z.object({
  name: z.string().describe('Name of the server in statistics and logs.'),
  address: z.string().describe('Address of the server.'),
  port: port().describe('Port that gets the traffic.'),
  check_port: port().optional().describe('Port that the check asks; the port of the traffic unless told.'),
  backup: z.boolean().default(false).describe('Gets traffic only while no other server is up.'),
})

export default defineRole({
  name: 'haproxy',
  summary: 'Pass connections to virtual IPs on to the servers that may have them.',
  description: `
Each entry of \`haproxy_listeners\` binds one port of one address and passes connections on to servers that answer
their check. The address may be a virtual IP that the host does not hold right now: \`net.ipv4.ip_nonlocal_bind\` is on,
so a standby is ready before it is needed. Servers on the same host must bind their own address and loopback, never
the wildcard.

The configuration is checked by HAProxy before it replaces the old one, and changes are taken over by a reload, which
ends no connection. A server that goes down loses its sessions at once (\`on-marked-down shutdown-sessions\`), so that
no client stays with a database that was demoted.

Statistics and Prometheus metrics are at \`http://<haproxy_stats_address>:<haproxy_stats_port>/\` and \`/metrics\`.
\`/usr/local/libexec/haproxy-alive\` succeeds while HAProxy answers on its socket; keepalived asks it.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    listeners: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[A-Za-z0-9_.:-]+$/)
            .describe('Name of the section, unique on the host.'),
          purpose: z.string().default('').describe('What travels there; a comment in the configuration.'),
          address: z.string().describe('Address to bind, mostly a virtual IP.'),
          port: port().describe('Port to bind.'),
          balance: z
            .enum(['first', 'leastconn', 'roundrobin'])
            .default('leastconn')
            .describe('How connections are spread over the servers.'),
          check: check.describe('How a server shows that it may have traffic.'),
          max_connections: z.int().min(1).optional().describe('Connections at most to each server.'),
          servers: z.array(server).min(1).describe('The servers, the preferred first.'),
        }),
      )
      .default([])
      .describe('TCP ports and the servers behind them.'),
    max_connections: z.int().min(100).default(4000).describe('Connections at most in all.'),
    threads: z.int().min(1).max(64).default(2).describe('Threads, at most one per processor.'),
    connect_timeout: z.string().default('2s').describe('How long a server may take to accept.'),
    idle_timeout: z
      .string()
      .default('30m')
      .describe('How long a TCP connection may say nothing; longer than the idle time of pools behind it.'),
    check_timeout: z.string().default('2s').describe('How long a server may take to answer a check.'),
    check_interval: z.string().default('1s').describe('Time between two checks of a server.'),
    check_fall: z.int().min(1).default(2).describe('Failed checks after which a server is down.'),
    check_rise: z.int().min(1).default(1).describe('Passed checks after which a server is up.'),
    ca_file: z
      .string()
      .default('')
      .describe('CA certificates that checks over TLS believe. Needed when a listener has such a check.'),
    stats_address: z
      .string()
      .default('127.0.0.1')
      .describe('Address of the statistics page and the metrics.'),
    stats_port: port().default(8404).describe('Port of the statistics page and the metrics.'),
    manage_sysctl: z
      .boolean()
      .default(true)
      .describe(
        'Allow binding to addresses that the host does not hold yet (net.ipv4.ip_nonlocal_bind), which virtual IPs need.',
      ),
  },

  programs: { haproxy: '/usr/sbin/haproxy', sysctl: '/usr/sbin/sysctl' },

  handlers: ({ programs }) => ({
    reload: systemd_service(
      'Reload HAProxy',
      { name: 'haproxy', state: 'reloaded' },
      { needs: programs.haproxy },
    ),
    restart: systemd_service(
      'Restart HAProxy',
      { name: 'haproxy', state: 'restarted', daemon_reload: true },
      { needs: programs.haproxy },
    ),
  }),

  install: () => [apt('Install HAProxy', { name: ['haproxy', 'procps', 'socat'], state: 'present' })],

  configure: ({ vars, handlers, programs }) => [
    sysctl(
      'Allow binding to virtual IPs that another host holds',
      {
        name: 'net.ipv4.ip_nonlocal_bind',
        value: '1',
        sysctl_file: '/etc/sysctl.d/60-haproxy.conf',
        sysctl_set: true,
        reload: false,
      },
      { when: vars.manage_sysctl, needs: programs.sysctl },
    ),
    file('Make the folder of the drop-in', {
      path: '/etc/systemd/system/haproxy.service.d',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the drop-in of the unit',
      {
        src: 'override.conf.j2',
        dest: '/etc/systemd/system/haproxy.service.d/override.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { notify: handlers.restart },
    ),
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

  service: ({ programs }) => [
    systemd_service(
      'Keep HAProxy running',
      { name: 'haproxy', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.haproxy },
    ),
  ],

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
  },
})
