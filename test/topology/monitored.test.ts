import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Report } from '../../src/compile/scope.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import { defineDeployment, defineService, host, hostName, network } from '../../src/topology/index.ts'

const options = z.object({ hosts: z.array(hostName()) })
const web = defineService({
  name: 'web',
  summary: 'Pages.',
  options,
  declare: ({ hosts }) => ({
    hosts,
    endpoints: [
      { name: 'pages', port: 8000, protocol: 'tcp', purpose: 'pages', probe: 'tls' },
      { name: 'metrics', port: 8001, protocol: 'tcp', purpose: 'metrics', metrics: { job: 'pages' } },
      { name: 'private', port: 8002, protocol: 'tcp', purpose: 'nobody' },
    ],
    listeners: [
      {
        name: 'public',
        vip: 'front',
        port: 443,
        endpoint: 'pages',
        purpose: 'pages',
        balance: 'leastconn',
        check: { kind: 'tcp' },
      },
    ],
    probes: [{ url: 'https://www.example.org/', listener: 'public' }],
  }),
})
const watcher = defineService({
  name: 'watcher',
  summary: 'Looks at all others.',
  options,
  declare: ({ hosts }) => ({
    hosts,
    needs: [{ from: hosts, to: 'monitored', purpose: 'watching' }],
  }),
})
const hardware = { cpus: 1, memory: '1 GB', disks: ['10 GB'] }
const deployment = defineDeployment({
  name: 'village',
  summary: 'Two hosts.',
  domain: 'example.org',
  networks: { lan: network('192.0.2.0/24') },
  hosts: {
    inn: host('192.0.2.11', hardware),
    mill: host('192.0.2.12', hardware),
    tower: host('192.0.2.13', hardware),
  },
  vips: { front: { address: '192.0.2.10', hosts: ['inn', 'mill'] } },
  // Services of the repository's own roles are not those of this test.
  services: { web: { hosts: ['inn', 'mill'] }, watcher: { hosts: ['tower'] } } as object,
  clients: [],
  admins: [],
  controller: '192.0.2.5',
})

describe('a need of all that is monitored', () => {
  const report = new Report(() => undefined)
  const topology = deriveTopology(deployment, [watcher, web], report)
  const flows = topology?.flows.filter(({ purpose }) => purpose === 'watching')

  it('becomes a flow to each endpoint with metrics or a probe and to each listener, once', () => {
    expect(report.findings).toEqual([])
    expect(flows?.map(({ fromNames, toNames, port, via }) => ({ fromNames, toNames, port, via }))).toEqual([
      { fromNames: ['tower'], toNames: ['front'], port: 443, via: 'front' },
      { fromNames: ['tower'], toNames: ['inn', 'mill'], port: 8000, via: undefined },
      { fromNames: ['tower'], toNames: ['inn', 'mill'], port: 8001, via: undefined },
    ])
  })

  it('reaches nothing else', () => {
    expect(flows?.some(({ port }) => port === 8002)).toBe(false)
  })
})
