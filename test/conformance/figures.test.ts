import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import production from '../../inventory/production.ts'
import { linesOf } from '../../roles-src/conformance/reading.ts'
import { loadSources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { frontendsOf } from '../../src/topology/vip.ts'
import { root } from '../project/project.ts'
import { lines, rows, section } from './seed.ts'

let project: CompiledProject
let topology: Topology
beforeAll(async () => {
  project = await compileProject({ ...(await loadSources(root, root)), deployments: [production] }, {})
  const compiled = project.deployments.get('production')
  if (!compiled) throw new Error(JSON.stringify(project.findings))
  topology = compiled.topology
})
const inventory = (path: string) => parse(String(project.files.get(`production/inventory/${path}.yml`))) // YAML
const number = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]?.replaceAll(',', ''))
const ADDRESS = /^\d+(?:\.\d+){3}$/
/** Address and names of a line as a hosts file has it. */
const hostLines = (list: readonly string[]) =>
  list
    .map((line) => line.replace(/\s*#.*/, '').split(/\s+/))
    .filter(([address = '']) => ADDRESS.test(address) && !address.startsWith('127.'))
    .map(([address, ...names]) => ({ address, names }))

describe('the hosts of production', () => {
  const planned = hostLines(section('### 5.1'))

  it('have the addresses that the seed gives them, and there are no others', () => {
    const known = [
      ...topology.hosts.map(({ fqdn, address }) => ({ fqdn, address })),
      ...topology.names.map(({ name, address }) => ({ fqdn: name, address })),
    ]
    for (const { address, names } of planned)
      expect(known, names[0]).toContainEqual({ fqdn: names[0], address })
    expect([...topology.hosts, ...topology.vips].map(({ address }) => address).sort()).toEqual(
      planned.map(({ address }) => address).sort(),
    )
    expect(topology.hosts).toHaveLength(16)
  })

  it.each([
    ['#### Synapse Application Server', ['synapse']],
    ['#### Patroni PostgreSQL Nodes', ['patroni1', 'patroni2', 'patroni3']],
    ['#### MinIO Storage Nodes', ['minio1', 'minio2', 'minio3', 'minio4']],
    ['#### HAProxy + Keepalived Nodes', ['haproxy1', 'haproxy2']],
    ['#### Coturn TURN Servers', ['coturn1', 'coturn2']],
    ['#### LiveKit + JWT Service Server', ['livekit']],
    ['#### Redis Coordination Server', ['redis']],
    ['#### Monitoring Server', ['monitoring']],
    ['#### Backup Server', ['backup']],
  ])('have the hardware of "%s"', (heading, names) => {
    const text = section(heading).join('\n')
    const storage = /\*\*Storage\*\*: (\d+) ([GT])B/.exec(text)
    expect(number(text, /\*\*Quantity\*\*: (\d+)/)).toBe(names.length)
    expect(text).toContain('Debian 12')
    for (const name of names) {
      const host = topology.host(name)
      expect(
        {
          cpus: host.cpus,
          memory: host.memory / 1024 ** 3,
          disks: host.disks.reduce((sum, bytes) => sum + bytes, 0),
          speed: host.speed,
          os: host.os,
        },
        name,
      ).toEqual({
        cpus: number(text, /\*\*vCPU\*\*: (\d+)/),
        memory: number(text, /\*\*RAM\*\*: (\d+) GB/),
        disks: Number(storage?.[1]) * (storage?.[2] === 'T' ? 1e12 : 1e9),
        speed: number(text, /\*\*Network\*\*: (\d+) Gbps/) * 1e9,
        os: 'debian-12',
      })
    }
  })

  it('lie in the networks of the seed', () => {
    const networks = lines.flatMap((line) => /^[A-Z][\w ]+ Network:\s+(\S+)$/.exec(line)?.[1] ?? [])
    expect(networks).toHaveLength(7)
    expect(topology.networks.map(({ cidr }) => cidr)).toEqual(networks)
  })

  it('share the virtual IPs as the seed has it', () => {
    expect(topology.vips.map(({ address, hosts }) => [address, ...hosts.map(({ name }) => name)])).toEqual([
      ['10.0.1.10', 'haproxy1', 'haproxy2'],
      ['10.0.3.10', 'patroni1', 'patroni2'],
      ['10.0.4.10', 'minio1', 'minio2'],
    ])
  })
})

describe('names', () => {
  it("of the seed's hosts file are in every host's, with the same addresses", () => {
    const written: readonly { readonly address: string; readonly names: readonly string[] }[] =
      inventory('group_vars/base').base_hosts
    const file = hostLines(lines.slice(lines.findIndex((line) => line.startsWith('### 5.2'))))
    expect(file).toHaveLength(19)
    for (const { address, names } of file)
      for (const name of names)
        expect(written.find((line) => line.names.includes(name))?.address, name).toBe(address)
  })

  it("of the seed's zone lead clients to the same addresses", () => {
    const records = lines.flatMap((line) => {
      const [, name, address] = /^(\S+)\.\s+IN\s+A\s+(\S+)/.exec(line) ?? []
      return name === undefined || address === undefined ? [] : [{ name, address }]
    })
    expect(records).toHaveLength(5)
    for (const { name, address } of records)
      expect(topology.names.find((known) => known.name === name)?.address, name).toBe(address)
  })
})

describe('ports', () => {
  /** What the seed opens and production does not, for the reasons that the document gives. */
  const CLOSED = ['synapse 8008', 'synapse 9093', 'minio4 9001', 'livekit 50100-50200']
  /** Ports that services open on a host, and those of the virtual IPs that it may hold. */
  const opened = (name: string) => [
    ...topology.services
      .filter(({ hosts }) => hosts.some((host) => host.name === name))
      .flatMap(({ endpoints }) => endpoints)
      .map(({ port, lastPort = port, protocol }) => ({ port, lastPort, protocol: protocol.toUpperCase() })),
    ...topology.services
      .flatMap(frontendsOf)
      .filter(({ vip }) => topology.vip(vip).hosts.some((host) => host.name === name))
      .map(({ port }) => ({ port, lastPort: port, protocol: 'TCP' })),
  ]

  it.each([
    ['### 6.1', 'haproxy1'],
    ['### 6.2', 'coturn1'],
    ['### 6.2', 'coturn2'],
    ['### 6.3', 'livekit'],
    ['#### Synapse (10', 'synapse'],
    ['#### Patroni/PostgreSQL (10', 'patroni3'],
    ['#### MinIO (10', 'minio4'],
    ['#### HAProxy (10', 'haproxy2'],
    ['#### Redis (10', 'redis'],
    ['#### Monitoring (10', 'monitoring'],
    ['#### All Servers', 'backup'],
  ])('of "%s" are open on %s, but for those that need not be', (heading, host) => {
    const wanted = rows(heading).filter((row) => /^\d+(-\d+)?$/.test(row[0] ?? ''))
    expect(wanted.length).toBeGreaterThan(0)
    for (const [ports = '', second = ''] of wanted) {
      const { first, last } = linesOf(ports)
      for (const protocol of /^(TCP|UDP)/.test(second) ? second.split('/') : ['TCP'])
        expect(
          opened(host).some(
            (port) => port.protocol === protocol && port.port <= first && last <= port.lastPort,
          ),
          `${ports} ${protocol}`,
        ).toBe(!CLOSED.includes(`${host} ${ports}`))
    }
  })

  it('of virtual IPs spread as the seed has it, and poolers ask the virtual IP for the writer', () => {
    const listeners = topology.services.flatMap(({ listeners }) => listeners)
    expect(
      listeners.map(({ vip, port, balance }) => `${topology.vip(vip).address}:${port} ${balance}`).sort(),
    ).toEqual(['10.0.3.10:5432 first', '10.0.3.10:6432 leastconn', '10.0.4.10:9000 roundrobin'])
    const pools: readonly { readonly host: string; readonly port: number }[] =
      inventory('group_vars/pooler').pgbouncer_databases
    for (const { host, port } of pools) expect(`${host}:${port}`).toBe('10.0.3.10:5432')
  })
})

describe('figures', () => {
  const text = lines.join('\n')
  const size = (service: string, host: string, name: string) => topology.size(service, host, name)

  it('of users, messages, media and times are those that are declared', () => {
    const { domain, expects, keep } = topology.deployment.input
    expect(`**Domain Example:** ${domain}`).toBe(lines[6])
    expect(expects?.users).toBe(number(text, /Target Scale:\*\* ([\d,]+)/))
    expect(expects?.messagesPerDay).toBe(100_000)
    expect(text).toContain('50K-100K messages/day and 200-500GB media uploads/day')
    expect(expects?.mediaPerDay).toBe('200 GB')
    expect(keep?.['database']).toBe(`${number(text, /(\d+)-day retention/)} days`)
    expect(
      inventory('host_vars/monitoring').prometheus_retention_time ??
        inventory('group_vars/prometheus').prometheus_retention_time,
    ).toBe('90d')
  })

  it('of PostgreSQL follow from the same hardware', () => {
    expect(size('database', 'patroni1', 'shared_buffers')).toBe(number(text, /shared_buffers=(\d+)GB/) * 1024)
    expect(size('database', 'patroni1', 'effective_cache_size')).toBe(
      number(text, /effective_cache_size=(\d+)GB/) * 1024,
    )
    expect(size('database', 'patroni1', 'max_connections')).toBe(
      number(text, /PostgreSQL max_connections\*\*: (\d+)/),
    )
  })

  it('of connections add up as the seed wants them', () => {
    const vars = String(
      [...project.files].find(
        ([path]) => path.startsWith('production/matrix/') && path.endsWith('vars.yml'),
      )?.[1],
    )
    expect(vars).toContain(`matrix_synapse_database_cp_min: ${number(text, /cp_min: (\d+)/)}\n`)
    expect(vars).toContain(`matrix_synapse_database_cp_max: ${number(text, /cp_max: (\d+)/)}\n`)
    expect(size('matrix', 'synapse', 'processes')).toBe(number(text, /\((\d+) processes × 10\)/))
    expect(size('matrix', 'synapse', 'database_connections')).toBe(190)

    const pools: readonly {
      readonly name: string
      readonly pool_size: number
      readonly max_db_connections: number
    }[] = inventory('group_vars/pooler').pgbouncer_databases
    expect(pools.find(({ name }) => name === 'synapse')?.pool_size).toBe(
      number(text, /PgBouncer pool_size\*\*: (\d+)/),
    )
    const all = 3 * pools.reduce((sum, { max_db_connections }) => sum + max_db_connections, 0)
    expect(all).toBe(210)
    expect(all).toBeLessThanOrEqual(size('database', 'patroni1', 'max_connections') - 100)
  })

  it('of the erasure set and of caches are what the document says', () => {
    const stores = ['minio1', 'minio2', 'minio3', 'minio4']
    expect(stores.map((host) => size('storage', host, 'set_drives'))).toEqual([16, 16, 16, 16])
    expect(stores.reduce((sum, host) => sum + size('storage', host, 'usable'), 0)).toBe(24_000)
    // 60 % of the memory, of which 85 % are the most.
    expect((19 * size('matrix', 'synapse', 'cache')) / (128 * 1024)).toBeCloseTo(0.6, 1)
    expect(size('turn', 'coturn1', 'allocations')).toBe(5000)
    expect(size('haproxy', 'haproxy1', 'max_connections')).toBe(60_000)
  })
})
