import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import haproxy from '../../roles-src/haproxy/service.ts'
import keepalived from '../../roles-src/keepalived/service.ts'
import { Report } from '../../src/compile/scope.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import {
  defineDeployment,
  defineService,
  host,
  hostName,
  type Need,
  network,
  type Service,
  type Topology,
} from '../../src/topology/index.ts'

const hardware = { cpus: 4, memory: '8 GB', disks: ['100 GB'] }
const village = defineDeployment({
  name: 'village',
  summary: 'A web proxy, a store and a shop.',
  domain: 'example.org',
  networks: {
    management: network('10.9.0.0/24'),
    edge: network('10.9.1.0/24'),
    inside: network('10.9.2.0/24'),
    database: network('10.9.3.0/24'),
    storage: network('10.9.4.0/24'),
  },
  hosts: {
    gate1: host('10.9.1.11', hardware),
    gate2: host('10.9.1.12', hardware),
    shop: host('10.9.2.10', hardware),
    db1: host('10.9.3.11', hardware),
    db2: host('10.9.3.12', hardware),
    store1: host('10.9.4.11', hardware),
    store2: host('10.9.4.12', hardware),
  },
  vips: {
    edge: { address: '10.9.1.10', hosts: ['gate1', 'gate2'] },
    database: { address: '10.9.3.10', hosts: ['db1', 'db2'] },
    storage: { address: '10.9.4.10', hosts: ['store1', 'store2'] },
  },
  // Services of the repository's own are not those of this test.
  services: { haproxy: { web: { vip: 'edge' } }, shop: {}, store: {}, clerk: {} } as object,
  clients: ['10.10.0.0/16'],
  admins: ['10.9.0.0/24'],
  controller: '10.9.0.5',
  expects: { users: 10_000, messagesPerDay: 1, mediaPerDay: '1 GB' },
})

const shop = defineService({
  name: 'shop',
  summary: 'Pages.',
  options: z.object({}),
  declare: () => ({
    hosts: ['shop'],
    endpoints: [{ name: 'pages', port: 8000, protocol: 'tcp', purpose: 'pages' }],
    sites: [
      {
        name: 'shop',
        endpoint: 'pages',
        purpose: 'pages',
        balance: 'leastconn',
        check: { kind: 'http', endpoint: 'pages', method: 'GET', path: '/', host: 'example.org', tls: false },
        routes: [
          { name: 'shop_pages', hosts: ['example.org'], prefixes: ['/'] },
          { name: 'shop_office', hosts: ['example.org'], prefixes: ['/office'], from: ['admins'] },
          { name: 'shop_metrics', hosts: ['example.org'], prefixes: ['/metrics'], from: [] },
          {
            name: 'shop_till',
            hosts: ['example.org', 'till.example.org'],
            exact: ['/till'],
            ports: [443, 8448],
            from: [],
          },
        ],
      },
    ],
    probes: [{ url: 'https://example.org/metrics/shop', listener: 'https' }],
  }),
})
const store = defineService({
  name: 'store',
  summary: 'Goods, and a book of them.',
  options: z.object({}),
  declare: () => ({
    hosts: ['store1', 'store2'],
    endpoints: [{ name: 'api', port: 9000, protocol: 'tcp', purpose: 'goods' }],
    listeners: (['storage', 'database'] as const).map((vip) => ({
      name: `goods_${vip}`,
      vip,
      port: 9000,
      endpoint: 'api',
      purpose: 'goods',
      balance: 'roundrobin',
      mode: 'http',
      clientTls: vip === 'storage',
      serverTls: true,
      check: { kind: 'tcp' },
    })),
  }),
})
/** A service on a host that has these needs. */
const clerk = (needs: readonly Pick<Need, 'to'>[]) =>
  defineService({
    name: 'clerk',
    summary: 'Asks.',
    options: z.object({ host: hostName().optional() }),
    declare: () => ({
      hosts: ['db1'],
      needs: needs.map(({ to }) => ({ from: ['db1'], to, purpose: 'asking' })),
    }),
  })

function derive(needs: readonly Pick<Need, 'to'>[] = []): Topology {
  const report = new Report(() => undefined)
  const services: readonly Service[] = [clerk(needs), shop, store, haproxy, keepalived]
  const topology = deriveTopology(village, services, report)
  expect(report.findings).toEqual([])
  if (!topology) throw new Error('There is no topology.')
  return topology
}
/** What a service tells its role on a host. */
function valuesOn(topology: Topology, { definition }: Service, name: string) {
  const given = definition.options.parse(
    (village.input.services as Readonly<Record<string, unknown>>)[definition.name] ?? {},
  )
  const [values] = definition.variables?.(given, topology) ?? []
  return values?.values(topology.host(name)) ?? {}
}
const routeOn443 = (topology: Topology, name: string) => {
  const { frontends } = valuesOn(topology, haproxy, 'gate1') as {
    readonly frontends: readonly {
      readonly name: string
      readonly routes?: readonly { readonly name: string; readonly sources?: readonly string[] }[]
    }[]
  } // as the service wrote it
  return frontends.find((f) => f.name === 'https')?.routes?.find((route) => route.name === name)
}

describe('the web proxy of a deployment', () => {
  it('stands on the hosts of its virtual IP and opens the ports of the routes', () => {
    const placed = derive().service('haproxy')
    const hosts = placed?.hosts.map(({ name }) => name)
    expect(hosts).toEqual(['store1', 'store2', 'db1', 'db2', 'gate1', 'gate2'])
    expect(placed?.frontends.map(({ name, vip, port }) => [name, vip, port])).toEqual([
      ['http', 'edge', 80],
      ['https', 'edge', 443],
      ['https_8448', 'edge', 8448],
    ])
  })

  it('lets people in on the ports where something is for them, and nobody on the others', () => {
    const people = derive().flows.filter(({ via }) => via === 'edge')
    expect(people.map(({ fromNames, port }) => [fromNames, port])).toEqual([
      [['clients', 'admins'], 80],
      [['clients', 'admins'], 443],
    ])
  })

  it('is for everybody, for those who are named, or for nobody', () => {
    const topology = derive()
    expect(routeOn443(topology, 'shop_pages')).not.toHaveProperty('sources')
    expect(routeOn443(topology, 'shop_office')?.sources).toEqual(['10.9.0.0/24'])
    expect(routeOn443(topology, 'shop_metrics')?.sources).toEqual([])
  })

  it('opens a route and its port to who has a need for it', () => {
    const topology = derive([{ to: { route: 'shop_till' } }])
    const flows = topology.flows.filter(({ via, port }) => via === 'edge' && port === 8448)
    expect(flows.map(({ from }) => from)).toEqual([['10.9.3.11']])
    expect(valuesOn(topology, haproxy, 'gate2')).toMatchObject({
      frontends: [{}, { uncounted: ['10.9.3.11'] }, { routes: [{ sources: ['10.9.3.11'] }] }],
    })
  })

  it('opens a route to who watches what a service has monitored there', () => {
    const topology = derive([{ to: 'monitored' }])
    expect(routeOn443(topology, 'shop_metrics')?.sources).toEqual(['10.9.3.11'])
    expect(routeOn443(topology, 'shop_office')?.sources).toEqual(['10.9.0.0/24'])
  })

  it('has a certificate for every served name, and HAProxy one for the virtual IPs it answers with TLS', () => {
    const certificates = derive().service('haproxy')?.certificates
    expect(certificates?.find(({ name }) => name === 'web')).toMatchObject({
      hosts: ['gate1', 'gate2'],
      names: ['example.org', 'till.example.org'],
      addresses: ['10.9.1.10'],
    })
    const own = (host: string) =>
      certificates?.find(({ name, hosts }) => name === 'haproxy' && hosts.includes(host))
    expect(own('store2')).toMatchObject({
      names: ['storage-vip.internal', 'storage-vip'],
      addresses: ['10.9.4.10'],
    })
    expect(own('db1')).toMatchObject({ names: [], addresses: [] })
  })

  it('has six connections for each user where it has the memory, and the ports for them', () => {
    const topology = derive()
    expect(topology.size('haproxy', 'gate1', 'max_connections')).toBe(60_000)
    expect(topology.size('haproxy', 'db1', 'max_connections')).toBe(13_100)
    expect(valuesOn(topology, haproxy, 'gate1')).toMatchObject({
      local_ports: { first: 1024, last: 65_535, reserved: '8404,8448' },
    })
    expect(valuesOn(topology, haproxy, 'db1')).not.toHaveProperty('local_ports')
  })

  it('is not there where the deployment does not ask for it', () => {
    const report = new Report(() => undefined)
    const without = { ...village, input: { ...village.input, services: { shop: {}, store: {} } as object } }
    const topology = deriveTopology(without, [shop, store, haproxy, keepalived], report)
    expect(topology?.service('haproxy')?.frontends).toEqual([])
    expect(topology?.service('haproxy')?.hosts.map(({ name }) => name)).not.toContain('gate1')
  })

  it('passes listeners on with TLS to each server, under its own name', () => {
    expect(valuesOn(derive(), haproxy, 'store1')).toMatchObject({
      listeners: [
        {
          name: 'goods_storage',
          mode: 'http',
          certificate: '/etc/tls/haproxy/haproxy.crt',
          servers: [
            { name: 'store1', tls_name: 'store1.internal' },
            { name: 'store2', tls_name: 'store2.internal' },
          ],
        },
      ],
    })
  })
})

it('all virtual IPs are held, each with a router id of its own that follows from its network', () => {
  const topology = derive()
  const ids = Object.fromEntries(
    ['gate1', 'db1', 'store1'].map((name) => {
      const { instances } = valuesOn(topology, keepalived, name) as {
        readonly instances: readonly { readonly name: string; readonly router_id: number }[]
      } // as the service wrote it
      return [name, instances.map((instance) => [instance.name, instance.router_id])]
    }),
  )
  expect(ids).toEqual({ gate1: [['edge', 51]], db1: [['database', 53]], store1: [['storage', 54]] })
  expect(valuesOn(topology, keepalived, 'gate2')).toMatchObject({
    check_command: '/usr/local/libexec/haproxy-alive',
  })
})
