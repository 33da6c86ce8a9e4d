import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Report } from '../../src/compile/scope.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import {
  defineDeployment,
  defineService,
  host,
  hostName,
  network,
  type Topology,
} from '../../src/topology/index.ts'

const options = z.object({ hosts: z.array(hostName()) })
const relay = defineService({
  name: 'relay',
  summary: 'Passes media on.',
  options,
  declare: ({ hosts }) => ({
    hosts,
    endpoints: [
      { name: 'media', port: 49_152, lastPort: 65_535, protocol: 'udp', purpose: 'media' },
      { name: 'control', port: 7000, protocol: 'tcp', purpose: 'control', hosts: hosts.slice(0, 1) },
    ],
    needs: [
      {
        from: [],
        outside: ['clients', 'admins'],
        to: { service: 'relay', endpoint: 'media' },
        purpose: 'media',
      },
      {
        from: ['tower'],
        outside: ['controller'],
        to: { service: 'relay', endpoint: 'control' },
        purpose: 'control',
      },
    ],
    names: [
      { of: 'mill', names: ['relay.example.org'] },
      { of: 'front', names: ['www.example.org', 'example.org'] },
    ],
  }),
})
const hardware = { cpus: 1, memory: '1 GB', disks: ['10 GB'] }
const deployment = defineDeployment({
  name: 'village',
  summary: 'Three hosts.',
  domain: 'example.org',
  networks: { lan: network('192.0.2.0/24') },
  hosts: {
    inn: host('192.0.2.11', hardware),
    mill: host('192.0.2.12', hardware),
    tower: host('192.0.2.13', hardware),
  },
  vips: { front: { address: '192.0.2.10', hosts: ['inn', 'mill'] } },
  // Services of the repository's own roles are not those of this test.
  services: { relay: { hosts: ['inn', 'mill'] } } as object,
  clients: ['198.51.100.0/25', '198.51.100.128/25'],
  admins: ['203.0.113.0/24'],
  controller: '203.0.113.5',
})

describe('flows', () => {
  let topology: Topology
  beforeAll(() => {
    const report = new Report(() => undefined)
    const derived = deriveTopology(deployment, [relay], report)
    expect(report.findings).toEqual([])
    if (!derived) throw new Error('nothing followed')
    topology = derived
  })
  const flow = (purpose: string) => topology.flows.find((f) => f.purpose === purpose)

  it('come from networks outside, under the name of who is there', () => {
    expect(flow('media')).toMatchObject({
      from: ['198.51.100.0/25', '198.51.100.128/25', '203.0.113.0/24'],
      fromNames: ['clients', 'admins'],
      toNames: ['inn', 'mill'],
    })
  })
  it('lead to ranges of ports', () => {
    expect(flow('media')).toMatchObject({ port: 49_152, lastPort: 65_535, protocol: 'udp' })
    expect(flow('control')).toMatchObject({ port: 7000, lastPort: 7000 })
  })
  it('lead to the hosts that open the port, and to no other of the service', () => {
    expect(flow('control')).toMatchObject({
      from: ['192.0.2.13', '203.0.113.5'],
      fromNames: ['tower', 'controller'],
      to: ['192.0.2.11'],
    })
  })
  it('leave names where they lead', () => {
    expect(topology.names).toEqual([
      { name: 'relay.example.org', of: 'mill', address: '192.0.2.12' },
      { name: 'www.example.org', of: 'front', address: '192.0.2.10' },
      { name: 'example.org', of: 'front', address: '192.0.2.10' },
    ])
  })
})
