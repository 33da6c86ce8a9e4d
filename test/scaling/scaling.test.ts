import { beforeAll, describe, expect, it } from 'vitest'
import { type Grown, grow } from './edits.ts'
import { type Row, rows } from './rows.ts'

const DOMAIN = 'chat.z3r0d3v.com'
const ZONE = `dns/${DOMAIN}.zone`
const MDAD = `matrix/inventory/host_vars/matrix.${DOMAIN}/vars.yml`
const STANDBY = `matrix/standby/host_vars/matrix.${DOMAIN}/vars.yml`
const group = (name: string) => `inventory/group_vars/${name}.yml`
const vars = (host: string) => `inventory/host_vars/${host}.yml`

let grown: Readonly<Record<Row, Grown>>
beforeAll(async () => {
  grown = await grow(rows)
}, 600_000)

/** Lines that are new in a file, as one text, so that a failure shows all of them. */
const added = (row: Row, path: string) => grown[row].added(path).join('\n')

/** Rules have codes in capitals; whatever else is found would be a mistake of the build. */
const isRule = (code: string) => /^[A-Z0-9]+-\d{3}$/.test(code)

describe.each(Object.keys(rows) as Row[])('%s', (row) => {
  it('is a change of one or two lines', () => {
    expect(grown[row].lines).toBeGreaterThan(0)
    expect(grown[row].lines).toBeLessThanOrEqual(2)
  })

  it('builds, unless it is more than the hardware carries: that a rule says', () => {
    const errors = grown[row].findings.filter(({ severity }) => severity === 'error')
    expect(errors.filter(({ code }) => row !== '50,000 users' || !isRule(code))).toEqual([])
    expect(grown[row].changed.length).toBeGreaterThan(1)
  })
})

/** What follows from a host, whatever it does. */
const hostRows = [
  ['a third relay', 'coturn3', '10.0.5.13'],
  ['a second LiveKit', 'livekit2', '10.0.5.22'],
  ['two more standbys of the database', 'patroni4', '10.0.3.14'],
  ['two more standbys of the database', 'patroni5', '10.0.3.15'],
  ['a second pool of the object store', 'minio5', '10.0.4.15'],
  ['a second pool of the object store', 'minio8', '10.0.4.18'],
  ['a third HAProxy', 'haproxy3', '10.0.1.13'],
  ['the profile ha-plus', 'livekit2', '10.0.5.22'],
  ['the profile ha-plus', 'synapse-standby', '10.0.2.11'],
] as const satisfies readonly (readonly [Row, string, string])[]

it.each(hostRows)(
  '%s: %s is deployed, called by name, watched and kept in by a firewall',
  (row, host, address) => {
    const { added, text } = grown[row]
    expect(text('inventory/hosts.yml')).toMatch(new RegExp(`^ +${host}:\n +ansible_host: ${address}$`, 'm'))
    // Every other host's /etc/hosts, Prometheus, and the questions that are asked before a deployment and after it.
    expect(added(group('base'))).toEqual(
      expect.arrayContaining([`- address: ${address}`, `- ${host}.internal`]),
    )
    expect(added(group('prometheus'))).toEqual(
      expect.arrayContaining([`- address: "${address}:9100"`, `instance: ${host}`]),
    )
    expect(added(group('preflight'))).toContain(`- name: ${host}.internal`)
    expect(added(vars('backup'))).toContain(`- name: ${host}.internal`)
    expect(text(vars(host))).toContain(`firewall_rules:\n  - purpose: "base: administration"`)
    expect(text(vars(host))).toContain(`lockdown_units:`)
  },
)

it('More sync workers: their metrics are read, and caches are shared out anew', () => {
  const row = 'more sync workers'
  expect(
    added(row, MDAD),
  ).toBe(`# 22 workers. Every count is written, since the preset has one of each for what is not.
matrix_synapse_workers_sync_workers_count: 12
# Caches of at most 3408 MB for each process; the factor counts entries, not memory.
matrix_synapse_cache_autotuning_max_cache_memory_usage: 3573547008
matrix_synapse_cache_autotuning_target_cache_memory_usage: 2680160256`)
  for (const index of [8, 9, 10, 11])
    expect(added(row, group('prometheus'))).toContain(
      `__metrics_path__: /metrics/synapse/worker/sync-worker-${index}`,
    )
  expect(grown[row].topology.size('matrix', 'synapse', 'database_connections')).toBe(230)
})

describe('A third relay', () => {
  const row = 'a third relay'

  it('has a name and a certificate of its own, and is told to clients in every way', () => {
    expect(grown[row].added(ZONE)).toContain('coturn3 IN A   10.0.5.13')
    expect(grown[row].text(vars('coturn3'))).toContain(`- coturn3.${DOMAIN}`)
    expect(grown[row].added(MDAD)).toEqual([
      `- turn:coturn3.${DOMAIN}:3478?transport=udp`,
      `- turn:coturn3.${DOMAIN}:3478?transport=tcp`,
      `- turns:coturn3.${DOMAIN}:5349?transport=tcp`,
      `- turns:coturn3.${DOMAIN}:5349?transport=udp`,
    ])
    expect(added(row, group('livekit_servers'))).toBe(`- coturn3.${DOMAIN}:3478
- host: coturn3.${DOMAIN}
port: 3478
protocol: udp
- host: coturn3.${DOMAIN}
port: 5349
protocol: tls`)
  })

  it('may be relayed to by the others, reaches LiveKit, and is tried by the verifier', () => {
    expect(grown[row].added(group('turn'))).toEqual(['- 10.0.5.13'])
    expect(grown[row].added(vars('coturn1'))).toContain('- 10.0.5.13')
    expect(grown[row].added(vars('livekit'))).toContain('- 10.0.5.13')
    expect(grown[row].added(group('verify_calls'))).toContain(
      `- uri: turn:coturn3.${DOMAIN}:3478?transport=udp`,
    )
  })
})

describe.each(['a second LiveKit', 'the profile ha-plus'] as const)('%s', (row) => {
  it('shares its rooms with the first through Redis, with an account of its own', () => {
    expect(added(row, group('livekit_servers'))).toBe(`livekit_redis:
address: "10.0.5.30:6379"
username: livekit
password: "{{ vault_redis_livekit_password }}"
ca_file: /usr/local/share/ca-certificates/production-ca.crt`)
    // What the token service still has to do then outlives its restart, too.
    expect(added(row, group('livekit_jwt'))).toBe(`lk_jwt_service_redis:
address: "10.0.5.30:6379"
username: livekit_jwt
password: "{{ vault_redis_livekit_jwt_password }}"`)
    expect(grown[row].added(group('redis_servers'))).toEqual(
      expect.arrayContaining(['- name: livekit', '- name: livekit_jwt']),
    )
    expect(grown[row].added(vars('redis'))).toEqual(expect.arrayContaining(['- 10.0.5.21', '- 10.0.5.22']))
  })

  it('is reached under the one name that clients are told, through the edge, which spreads them', () => {
    expect(grown[row].text(vars('haproxy1'))).toMatch(
      /name: livekit\n +purpose: signalling of calls\n +balance: leastconn[\s\S]*?servers:\n +- name: livekit\n +address: 10\.0\.5\.21\n +port: 7880\n +check_port: 7880\n +backup: false\n +- name: livekit2\n +address: 10\.0\.5\.22\n +port: 7880\n +check_port: 7880\n +backup: false/,
    )
    expect(grown[row].text(ZONE)).toMatch(/^rtc +IN A +10\.0\.1\.10$/m)
    expect(grown[row].text(ZONE)).toMatch(/^livekit2 +IN A +10\.0\.5\.22$/m)
    // Where clients ask for a call stays as it was.
    expect(grown[row].added(MDAD)).toEqual([])
  })

  it('takes part in calls through relays', () => {
    expect(grown[row].added(group('turn'))).toEqual(['- 10.0.5.22'])
    expect(grown[row].added(vars('coturn1'))).toContain('- 10.0.5.22')
    expect(grown[row].added(group('verify_calls'))).toContain('- 10.0.5.22')
  })
})

describe('Two more standbys of the database', () => {
  const row = 'two more standbys of the database'

  it('are members of the cluster, behind the same virtual IP, while three members of etcd go on agreeing', () => {
    expect(grown[row].added(group('database'))).toEqual(
      expect.arrayContaining(['- 10.0.3.14', '- 10.0.3.15']),
    )
    expect(grown[row].changed).not.toContain(group('etcd'))
    expect(grown[row].added(vars('patroni1'))).toEqual(
      expect.arrayContaining(['- name: patroni4', 'address: 10.0.3.14', 'check_port: 8008']),
    )
    expect(grown[row].text(vars('patroni4'))).not.toContain('etcd_')
  })

  it('leave PostgreSQL its hundred connections, although there are more poolers', () => {
    const { topology, text } = grown[row]
    const connections = topology.size('database', 'patroni4', 'max_connections')
    const [, ofDatabase, ofSessions] = /max_db_connections: (\d+)[\s\S]*max_db_connections: (\d+)/.exec(
      text(group('pooler')),
    ) ?? [0, 0]
    const reserve = Number(/reserve_pool_size: (\d+)/.exec(text(group('pooler')))?.[1])
    expect(5 * (Number(ofDatabase) + Number(ofSessions) + reserve)).toBeLessThanOrEqual(connections - 100)
  })

  it('are backed up from, and read by monitoring', () => {
    expect(grown[row].added(group('database_backup'))).toContain('- patroni4.internal')
    expect(grown[row].added(group('prometheus'))).toEqual(
      expect.arrayContaining(['- address: "10.0.3.15:9187"', '- address: "10.0.3.15:8008"']),
    )
  })
})

describe('A second pool of the object store', () => {
  const row = 'a second pool of the object store'

  it('is a second pattern for all servers, after the one whose drives are full', () => {
    const { text, added } = grown[row]
    expect(text(group('storage'))).toContain(`object_store_pools:
  - "https://minio{1...4}.internal:9000/srv/object-store/drive{1...4}"
  - "https://minio{5...8}.internal:9000/srv/object-store/drive{1...4}"
`)
    // Erasure sets stay as they are: the server refuses drives of another one.
    expect(added(group('storage'))).toHaveLength(1)
  })

  it('answers behind the same virtual IP, and its servers may talk to the others', () => {
    expect(grown[row].added(vars('minio1'))).toEqual(
      expect.arrayContaining(['- 10.0.4.15', '- name: minio5', 'tls_name: minio5.internal']),
    )
    expect(grown[row].changed).not.toContain(MDAD)
  })

  it('doubles what is usable', () => {
    const { topology } = grown[row]
    const usable = topology.sizes.filter(
      ({ service, size }) => service === 'storage' && size.name === 'usable',
    )
    expect(usable.map(({ size }) => size.value)).toEqual(Array(8).fill(6000))
  })
})

describe('A third HAProxy', () => {
  const row = 'a third HAProxy'

  it('may hold the virtual IP, after the others', () => {
    const { text, added } = grown[row]
    expect(text(vars('haproxy3'))).toMatch(/vip: 10\.0\.1\.10[\s\S]*priority: 90/)
    expect(added(vars('haproxy1'))).toContain('- 10.0.1.13')
  })

  it('passes the same sites on, and its address is one from which clients are believed', () => {
    const frontends = (host: string) =>
      grown[row].text(vars(host)).match(/^haproxy_frontends:\n(?: .*\n)+haproxy_backends:\n(?: .*\n)+/m)?.[0]
    expect(frontends('haproxy3')).toBe(frontends('haproxy1'))
    expect(grown[row].added(MDAD).filter((line) => line.includes('10.0.1.13'))).not.toEqual([])
    expect(grown[row].added(vars('synapse'))).toContain('- 10.0.1.13')
  })
})

describe('The standby of the profile ha-plus', () => {
  const row = 'the profile ha-plus'

  it('makes the eighteen servers that the architecture speaks of', () => {
    expect(grown[row].topology.hosts).toHaveLength(18)
  })

  it('gets requests only while the host itself answers none', () => {
    for (const proxy of ['haproxy1', 'haproxy2'])
      expect(grown[row].text(vars(proxy))).toMatch(
        /- name: synapse\n +address: 10\.0\.2\.10\n +port: 81\n +check_port: 81\n +backup: false\n +- name: synapse-standby\n +address: 10\.0\.2\.11\n +port: 81\n +check_port: 81\n +backup: true/,
      )
  })

  it('may reach the database and the bucket before it has to', () => {
    expect(grown[row].added(vars('patroni1'))).toContain('- 10.0.2.11')
    expect(grown[row].added(vars('minio1'))).toContain('- 10.0.2.11')
  })

  it('is waited for on no port of Matrix while it waits', () => {
    expect(grown[row].text(vars('synapse-standby'))).toMatch(/^lockdown_ports:\n {2}- 22\n {2}- 9100\n\w/m)
    expect(grown[row].text(group('prometheus'))).not.toMatch(/10\.0\.2\.11:(?!9100)/)
  })

  it('has an inventory of MDAD in which nothing but its own address differs', () => {
    const { text } = grown[row]
    expect(text('matrix/standby/hosts')).toContain(
      `[matrix_servers]\nmatrix.${DOMAIN} ansible_host=10.0.2.11 `,
    )
    const variables = (path: string) => text(path).slice(text(path).indexOf('---'))
    expect(variables(STANDBY)).toContain('traefik_container_web_host_bind_port: "10.0.2.11:81"')
    expect(variables(STANDBY).replaceAll('10.0.2.11', '10.0.2.10')).toBe(variables(MDAD))
  })
})

describe('50,000 users', () => {
  const row = '50,000 users'

  it('have as many connections as the memory of the edge carries, and no more', () => {
    const { topology } = grown[row]
    expect(topology.size('haproxy', 'haproxy1', 'max_connections')).toBe(65_500)
  })

  it('hold two long polls each, through HAProxy and the proxy before the workers', () => {
    const { topology, entries } = grown[row]
    const [site] = topology.service('matrix')?.sites ?? []
    expect(site?.maxConnections).toBe(100_000)
    // Two connections for each poll: one of the client, and one of the worker.
    expect(entries(MDAD)).toMatchObject({
      matrix_synapse_reverse_proxy_companion_worker_connections: 262_144,
      matrix_synapse_reverse_proxy_companion_additional_configuration_blocks: [
        'worker_rlimit_nofile 524288;',
      ],
    })
  })
})
