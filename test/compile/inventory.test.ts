import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildInventory } from '../../src/compile/inventory.ts'
import { compilePlaybook } from '../../src/compile/playbook.ts'
import { Report } from '../../src/compile/scope.ts'
import { definePlaybook, play } from '../../src/dsl/playbook.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import { defineDeployment, defineService, host, hostName, network } from '../../src/topology/index.ts'

const redis = defineService({
  name: 'redis',
  summary: 'Keys and values.',
  options: z.object({ host: hostName() }),
  declare: ({ host }) => ({ hosts: [host] }),
})

/** The groups of a deployment whose one host has this name, and the group that a play for the service is for. */
function groupsOf(name: string) {
  const deployment = defineDeployment({
    name: 'village',
    summary: 'One host.',
    domain: 'example.org',
    networks: { lan: network('192.0.2.0/24') },
    hosts: { [name]: host('192.0.2.11', { cpus: 1, memory: '1 GB', disks: ['10 GB'] }) },
    vips: {},
    services: { redis: { host: name } } as object, // a service that no file declares
    clients: ['198.51.100.0/24'],
    admins: ['203.0.113.0/24'],
    controller: '203.0.113.5',
  })
  const report = new Report(() => undefined)
  const topology = deriveTopology(deployment, [redis], report)
  if (!topology) throw new Error(JSON.stringify(report.findings))
  const inventory = buildInventory(topology, [redis], new Map(), report)
  const site = definePlaybook({
    name: 'site',
    summary: 'All.',
    plays: [play({ name: 'Run Redis', hosts: 'redis' })],
  })
  const { plays } = compilePlaybook(site, inventory, new Set(['redis']), new Map(), report)
  expect(report.findings).toEqual([])
  return { groups: Object.fromEntries(inventory.groups), play: plays[0]?.['hosts'] }
}

describe('the group of a service', () => {
  it('has the name of the service', () => {
    expect(groupsOf('cache1')).toEqual({ groups: { redis: ['cache1'] }, play: 'redis' })
  })

  it('has another one where a host is called like the service, of which Ansible would warn', () => {
    expect(groupsOf('redis')).toEqual({ groups: { redis_servers: ['redis'] }, play: 'redis_servers' })
  })
})
