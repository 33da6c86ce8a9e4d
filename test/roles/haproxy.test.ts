import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import { portRanges } from '../../roles-src/haproxy/ports.ts'
import { routeOf } from '../../roles-src/haproxy/routes.ts'
import { extend } from '../../src/topology/index.ts'
import type { Route } from '../../src/topology/service.ts'
import small from '../fixtures/deployments/small.ts'
import { root } from '../project/project.ts'
import { compiled, variant } from './variants.ts'

/** What `defaults/main.yml` sets, as far as the template reads it. */
const DEFAULTS = {
  haproxy_listeners: [],
  haproxy_frontends: [],
  haproxy_backends: [],
  haproxy_max_connections: 4000,
  haproxy_threads: 2,
  haproxy_connect_timeout: '2s',
  haproxy_idle_timeout: '30m',
  haproxy_http_idle_timeout: '5m',
  haproxy_http_request_timeout: '15s',
  haproxy_http_keep_alive_timeout: '60s',
  haproxy_queue_timeout: '30s',
  haproxy_tunnel_timeout: '1h',
  haproxy_check_timeout: '2s',
  haproxy_check_interval: '1s',
  haproxy_check_fall: 2,
  haproxy_check_rise: 1,
  haproxy_ca_file: '/etc/tls/haproxy/ca.crt',
  haproxy_stats_address: '127.0.0.1',
  haproxy_stats_port: 8404,
  haproxy_stats_sources: ['127.0.0.0/8'],
}

/** The configuration for each set of variables, as lines without what stands before them. One Python for all. */
function render(values: readonly object[]): readonly (readonly string[])[] {
  const run = spawnSync(join(root, '.venv/bin/python'), [join(root, 'test/roles/render.py')], {
    input: JSON.stringify({
      template: join(root, 'roles-src/haproxy/templates/haproxy.cfg.j2'),
      values: values.map((value) => ({ ...DEFAULTS, ...value })),
    }),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (run.status !== 0) throw new Error(run.stderr)
  const texts = JSON.parse(run.stdout) as readonly string[] // the script's own format
  return texts.map((text) => text.split('\n').map((line) => line.trim()))
}

const sectionOf = (lines: readonly string[], head: string): readonly string[] => {
  const start = lines.indexOf(head)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => /^(?:frontend|backend|listen|defaults) /.test(line))
  return start < 0 ? [] : rest.slice(0, end < 0 ? undefined : end)
}

/** The route that the rendered rules set for a request: each as HAProxy reads it, the first that fits stays. */
function decided(lines: readonly string[], host: string, path: string): string | undefined {
  const rule =
    /^http-request set-var\(txn\.route\) str\((\S+)\) if !\{ var\(txn\.route\) -m found \} \{ var\(txn\.host\) -m str (.+?) \} \{ var\(txn\.path\)(,concat\(\/\))? -m (str|beg) (\S+) \}$/
  for (const line of lines) {
    const found = rule.exec(line)
    if (!found) continue
    const [, name, hosts = '', slash = '', how, pattern = ''] = found
    const tried = slash ? `${path}/` : path
    const fits = how === 'str' ? tried === pattern : tried.startsWith(pattern)
    if (hosts.split(' ').includes(host) && fits) return name
  }
  return undefined
}

const HOSTS = ['a.example', 'b.example']
const segment = fc.constantFrom('a', 'b', 'admin', 'ad', 'Admin')
const path = fc.array(segment, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`)
/** Routes of which no two claim the same, in any order. */
const routes = fc
  .uniqueArray(
    fc.record({ host: fc.constantFrom(...HOSTS), path, exact: fc.boolean(), route: fc.nat({ max: 4 }) }),
    { minLength: 1, maxLength: 12, selector: ({ host, path, exact }) => `${host}${path}${exact}` },
  )
  .map((claims) =>
    claims.map(
      ({ host, path, exact, route }, i): Route => ({
        name: `r${i}`,
        hosts: [host],
        ...(exact ? { exact: [path] } : { prefixes: [path] }),
        ...(route === 0 ? { from: [] } : {}),
      }),
    ),
  )

const frontendOf = (list: readonly Route[]) => ({
  haproxy_frontends: [
    {
      name: 'https',
      address: '192.0.2.10',
      port: 443,
      certificate: '/etc/tls/web/web.crt',
      routes: list.map(({ name, hosts, exact, prefixes, from }) => ({
        name,
        hosts,
        ...(exact ? { exact } : {}),
        ...(prefixes ? { prefixes } : {}),
        ...(from ? { sources: ['192.0.2.0/24'] } : {}),
        backend: 'app',
      })),
    },
  ],
})

describe('the web proxy', () => {
  const samples = fc.sample(routes, { numRuns: 150, seed: 1 })
  const asked = fc.sample(fc.tuple(fc.constantFrom(...HOSTS), path), { numRuns: 60, seed: 2 })
  let rendered: readonly (readonly string[])[]
  let reversed: readonly (readonly string[])[]
  beforeAll(() => {
    const all = render([...samples, ...samples.map((list) => list.toReversed())].map(frontendOf))
    rendered = all.slice(0, samples.length)
    reversed = all.slice(samples.length)
  })

  it('finds the route that the longest path decides, in whatever order routes stand', () => {
    for (const [i, list] of samples.entries())
      for (const [host, path] of asked) {
        const wanted = routeOf(list, new URL(`https://${host}${path}`))?.name
        expect(decided(rendered[i] ?? [], host, path), `${host}${path}`).toBe(wanted)
        expect(decided(reversed[i] ?? [], host, path), `${host}${path} of the reverse`).toBe(wanted)
      }
  })

  it('refuses before it passes on: no rule stands behind the first way to a server', () => {
    for (const [i, list] of samples.entries()) {
      const lines = sectionOf(rendered[i] ?? [], 'frontend https from http')
      const passed = lines.findIndex((line) => line.startsWith('use_backend'))
      const refusals = list.filter(({ from }) => from).map(({ name }) => name)
      for (const name of refusals) {
        const at = lines.indexOf(`http-request deny deny_status 403 if is_${name} !may_${name}`)
        expect(at, name).toBeGreaterThan(-1)
        expect(at, name).toBeLessThan(passed)
      }
      expect(lines.slice(passed).filter((line) => line.startsWith('http-request'))).toEqual([])
    }
  })

  it('decides on the decoded path and refuses one that walks, before it looks for a route', () => {
    const lines = sectionOf(rendered[0] ?? [], 'frontend https from http')
    const place = (line: string) => lines.indexOf(line)
    const first = lines.findIndex((line) => line.startsWith('http-request set-var(txn.route)'))
    const decoded = place('http-request set-var(txn.path) path,url_dec,regsub(/+,/,g)')
    const walking = place('http-request deny deny_status 400 if { var(txn.path) -m reg /\\.\\.?(/|$) }')
    expect(decoded).toBeGreaterThan(-1)
    expect(walking).toBeGreaterThan(decoded)
    expect(first).toBeGreaterThan(walking)
  })

  it('removes what clients say of clients before it says so itself', () => {
    const lines = sectionOf(rendered[0] ?? [], 'frontend https from http')
    const removed = lines.findIndex((line) => line.startsWith('http-request del-header ^(forwarded|'))
    for (const name of ['For', 'Host', 'Port', 'Proto'])
      expect(
        lines.findIndex((line) => line.startsWith(`http-request set-header X-Forwarded-${name} `)),
        name,
      ).toBeGreaterThan(removed)
    expect(lines.join('\n')).not.toMatch(/add-header X-|option forwardfor/)
  })

  it('closes a route that is for nobody', () => {
    const [lines = []] = render([
      {
        haproxy_frontends: [
          {
            name: 'https',
            address: '192.0.2.10',
            port: 443,
            routes: [{ name: 'closed', hosts: ['a.example'], prefixes: ['/'], sources: [], backend: 'app' }],
          },
        ],
      },
    ])
    expect(lines).toContain('http-request deny deny_status 403 if is_closed')
  })
})

describe('a port with servers', () => {
  const listener = {
    name: 'db',
    address: '192.0.2.10',
    port: 5432,
    check: { kind: 'tcp' },
    servers: [{ name: 'db1', address: '192.0.2.11', port: 5432 }],
  }

  it('ends the sessions of a server that is down in TCP, and lets answers of HTTP end', () => {
    const [tcp = [], http = []] = render([
      { haproxy_listeners: [listener] },
      { haproxy_listeners: [{ ...listener, mode: 'http' }] },
    ])
    const servers = (lines: readonly string[], mode: string) =>
      sectionOf(lines, `listen db from ${mode}`).find((line) => line.startsWith('default-server'))
    expect(servers(tcp, 'tcp')).toMatch(/ on-marked-down shutdown-sessions$/)
    expect(servers(http, 'http')).toBe('default-server check inter 1s fastinter 500ms fall 2 rise 1')
  })

  it('believes a server with TLS only under its own name, in checks too', () => {
    const tls = { ...listener.servers[0], tls_name: 'db1.example' }
    const [lines = []] = render([{ haproxy_listeners: [{ ...listener, servers: [tls] }] }])
    expect(lines).toContain(
      'server db1 192.0.2.11:5432 port 5432 ssl verify required ca-file /etc/tls/haproxy/ca.crt verifyhost db1.example sni str(db1.example) check-ssl check-sni db1.example',
    )
  })

  it('asks an HTTP check for a host where there is one', () => {
    const check = { kind: 'http', method: 'GET', path: '/health' }
    const [plain = [], named = []] = render([
      { haproxy_listeners: [{ ...listener, check }] },
      { haproxy_listeners: [{ ...listener, check: { ...check, host: 'a.example', timeout: '5s' } }] },
    ])
    expect(plain).toContain('http-check send meth GET uri /health')
    expect(named).toContain('http-check send meth GET uri /health ver HTTP/1.1 hdr Host a.example')
    expect(named).toContain('timeout check 5s')
  })
})

it('shows statistics to nobody but those who are named', () => {
  const [lines = []] = render([{}])
  const stats = sectionOf(lines, 'frontend stats from http')
  expect(stats.filter((line) => line.startsWith('acl'))).toEqual(['acl known_source src 127.0.0.0/8'])
  const refused = stats.indexOf('http-request deny unless known_source')
  expect(refused).toBeGreaterThan(-1)
  expect(refused).toBeLessThan(
    stats.indexOf('http-request use-service prometheus-exporter if { path /metrics }'),
  )
})

describe('the most connections', () => {
  const web = { vip: 'edge' } as const
  const found = async (maxConnections: number) =>
    (await variant({ services: { haproxy: { web, maxConnections } } })).findings.filter((message) =>
      message.startsWith('HAProxy takes'),
    )

  it('are enough for users, and for what servers keep open through virtual IPs', async () => {
    expect(await found(9999)).toEqual([
      'HAProxy takes 9,999 connections on haproxy1, and on 1 more, and 10,000 are opened through it: 10,000 of users.',
    ])
    expect(await found(10_000)).toEqual([])
  })

  it('are enough for poolers and programs', async () => {
    const alone = extend(small, {
      name: 'variant',
      hosts: () => ({ memory: '32 GB' }),
      services: { haproxy: { maxConnections: 100 } },
    })
    expect((await compiled(alone)).findings).toEqual([
      'HAProxy takes 100 connections on node1, and on 2 more, and 132 are opened through it: 132 of pooler.',
    ])
  })

  it('are enough for users and servers together', async () => {
    const together = extend(production, {
      name: 'variant',
      vips: { ...production.input.vips, edge: { address: '10.0.3.20', hosts: ['patroni1', 'patroni2'] } },
      services: { haproxy: { web, maxConnections: 10_100 } },
    })
    expect((await compiled(together)).findings.join('\n')).toContain(
      'HAProxy takes 10,100 connections on patroni1, and on 1 more, and 10,400 are opened through it: 10,000 of users, 190 of matrix, 210 of pooler.',
    )
  })
})

describe('ports as the kernel prints them', () => {
  it('are in order, neighbours as a range', () => {
    expect(portRanges([9001, 8404, 9000, 9000, 8404])).toBe('8404,9000-9001')
    expect(portRanges([])).toBe('')
  })

  it('are the ports that were given, and no two ranges touch', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1024, max: 1060 })), (ports) => {
        const ranges = portRanges(ports)
          .split(',')
          .filter((range) => range !== '')
          .map((range) => range.split('-').map(Number))
          .map(([first = 0, last = first]) => ({ first, last }))
        const meant = ranges.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        )
        expect(meant).toEqual([...new Set(ports)].sort((a, b) => a - b))
        for (const [i, { first }] of ranges.entries())
          if (i > 0) expect(first).toBeGreaterThan((ranges[i - 1]?.last ?? 0) + 1)
      }),
    )
  })
})
