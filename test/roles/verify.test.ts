import { beforeAll, describe, expect, it } from 'vitest'
import { questionsOf } from '../../roles-src/verify/service.ts'
import { openTopology } from '../../src/cli/show.ts'
import { compilePlaybook } from '../../src/compile/playbook.ts'
import { Report } from '../../src/compile/scope.ts'
import { judgePlan } from '../../src/rules/check.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import { defineDeployment, host, network, type Topology } from '../../src/topology/index.ts'

let topology: Topology
beforeAll(async () => {
  const found = await openTopology('production')
  if (typeof found === 'number') throw new Error('There is no topology.')
  topology = found
})

const asks = (name: string, standIn: readonly string[] = []) => {
  const machine = topology.verifiers.find((verifier) => verifier.name === name) ?? topology.host(name)
  return questionsOf(topology, machine, standIn)
}
const page = (name: string, url: string, standIn: readonly string[] = []) =>
  asks(name, standIn).pages?.filter((asked) => asked.url === url)

describe('what is asked of the reference deployment', () => {
  it("asks for an administrators' page from inside, and sees it shut from outside, whoever one claims to be", () => {
    const url = 'https://matrix.chat.z3r0d3v.com/synapse-admin'
    expect(page('admin', url)).toEqual([{ url }])
    expect(page('client', url)).toEqual([{ url, statuses: [403] }])
    expect(page('client', 'https://chat.z3r0d3v.com/synapse-admin')).toEqual([
      { url: 'https://chat.z3r0d3v.com/synapse-admin', forged: '10.0.0.10', statuses: [403] },
      { url: 'https://chat.z3r0d3v.com/synapse-admin', statuses: [403] },
    ])
  })

  it('asks for metrics from the host that reads them alone', () => {
    const url = 'https://chat.z3r0d3v.com/metrics'
    expect(page('monitoring', url)).toEqual([{ url }])
    expect(page('admin', url)).toContainEqual({ url, statuses: [403] })
    expect(page('redis', url)).toEqual([])
  })

  it('finds the port of the federation open to the host that checks tokens, and closed to clients', () => {
    const url = 'https://matrix.chat.z3r0d3v.com:8448/_matrix/federation/v1/openid/userinfo'
    expect(page('livekit', url)).toEqual([{ url }])
    expect(page('client', url)).toEqual([{ url, closed: true }])
  })

  it('looks at what arrives where something stands in, and at what Matrix says where nothing does', () => {
    const url = 'https://chat.z3r0d3v.com/.well-known/matrix'
    expect(page('client', url, ['matrix'])).toEqual([
      { url, echo: true, host_header: 'matrix.chat.z3r0d3v.com' },
    ])
    const told = 'https://chat.z3r0d3v.com/.well-known/matrix/client'
    expect(page('client', told)?.flatMap(({ contains = [] }) => contains)).toContain('"m.homeserver"')
    expect(page('client', told, ['matrix'])).toEqual([])
  })

  it('asks each name server for the names of the domain and for one that there is not', () => {
    const records = asks('client').records ?? []
    expect(records.map(({ server }) => server)).toEqual(['10.0.6.10', '10.0.6.20'])
    expect(records[0]?.names).toContainEqual({ name: 'livekit.chat.z3r0d3v.com', addresses: ['10.0.5.21'] })
    expect(records[0]?.names.at(-1)).toEqual({ name: 'nowhere.chat.z3r0d3v.com', addresses: [] })
    expect(asks('synapse').records).toEqual([])
  })

  it('uses stores from where their clients are', () => {
    expect(asks('synapse').databases).toMatchObject([{ host: '10.0.3.10', port: 6432, user: 'synapse' }])
    expect(asks('synapse').buckets).toMatchObject([
      { endpoint: 'https://10.0.4.10:9000', bucket: 'synapse-media', refused: ['verify-not-yours'] },
    ])
    expect(asks('patroni1').databases).toEqual([])
    expect(asks('redis').redis).toMatchObject([{ host: '10.0.5.30', user: 'redis_exporter' }])
  })

  it('looks for copies where they are kept', () => {
    expect(asks('backup').repositories).toEqual([{ stanza: 'main' }])
    expect(asks('backup').copies).toMatchObject([
      { unit: 'bucket-copy@synapse-media.service', folder: '/srv/bucket-copies' },
    ])
    expect(asks('monitoring').copies).toEqual([])
  })

  it('asks Prometheus for every job, alert and panel, less those of what something stands in for', () => {
    const [all] = asks('monitoring').prometheus ?? []
    const [some] = asks('monitoring', ['matrix']).prometheus ?? []
    expect(all?.jobs).toContainEqual({ name: 'synapse', targets: 19 })
    expect(some?.jobs).toEqual(all?.jobs?.filter(({ name }) => name !== 'synapse'))
    expect(new Set(all?.panels?.map(({ board }) => board))).toContain('Synapse')
    expect(new Set(some?.panels?.map(({ board }) => board))).not.toContain('Synapse')
    expect(all?.alerts).toContain('Watchdog')
  })

  it('has a reason for each panel that may be empty', () => {
    const idle = asks('monitoring').prometheus?.[0]?.panels?.filter((panel) => panel.idle !== undefined) ?? []
    expect(idle.map(({ title }) => title)).toEqual(['Time of a query', 'Asked for again'])
  })
})

describe('a machine from which one verifies', () => {
  const village = (verifiers: { readonly client?: string; readonly admin?: string }) => {
    const report = new Report(() => undefined)
    const deployment = defineDeployment({
      name: 'village',
      summary: 'A host.',
      domain: 'example.org',
      networks: { inside: network('192.0.2.0/24') },
      hosts: {
        shop: host('192.0.2.10', { cpus: 1, memory: '1 GB', disks: ['1 GB'] }),
        client: host('192.0.2.11', { cpus: 1, memory: '1 GB', disks: ['1 GB'] }),
      },
      vips: {},
      services: {},
      clients: ['198.51.100.0/24'],
      admins: ['192.0.2.0/24'],
      controller: '192.0.2.5',
      verifiers,
    })
    return {
      topology: deriveTopology(deployment, [], report),
      findings: [
        ...judgePlan(deployment)
          .filter(({ rule }) => rule.severity === 'error')
          .map(({ violation }) => violation.message),
        ...report.findings.map((f) => f.message),
      ],
    }
  }

  it("stands in the networks of those whom it stands for, and takes nobody's address or name", () => {
    expect(village({ admin: '192.0.2.9' }).topology?.verifiers).toEqual([
      { name: 'admin', address: '192.0.2.9' },
    ])
    expect(village({ admin: '192.0.2.10', client: '192.0.2.9' }).findings).toEqual([
      'the verifier admin has the address 192.0.2.10, which is that of shop.',
      "The verifier client has the address 192.0.2.9, which lies in none of the clients' networks.",
      'The name client would lead to a host and to the verifier "client".',
    ])
    expect(village({ admin: 'nowhere' }).findings).toEqual([
      'A host is called client, which is the verifier among the clients, and in a rehearsal the client outside.',
      "The verifier admin has the address nowhere, which lies in none of the admins' networks.",
    ])
  })

  it('is none of all hosts', () => {
    const playbook = {
      name: 'site',
      summary: '',
      plays: [{ definition: { name: 'All', hosts: 'all' }, site: undefined }],
      site: undefined,
    }
    const hostsOf = (groups: ReadonlyMap<string, readonly string[]>) =>
      compilePlaybook(
        playbook as never, // it lacks the mark by which loaded ones are told
        { groups, groupNames: new Map() },
        new Set(),
        new Map(),
        new Report(() => undefined),
      ).plays[0]?.['hosts']
    expect(hostsOf(new Map())).toBe('all')
    expect(hostsOf(new Map([['outside', ['admin']]]))).toBe('all:!outside')
  })
})
