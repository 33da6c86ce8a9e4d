import { expect, it } from 'vitest'
import { variant } from '../roles/variants.ts'

const waiver = { rule: 'POOL-004', because: 'An example.' }

it('accepts what a waiver names, and nothing else', async () => {
  const old = { services: { pooler: { source: 'debian' as const, serverConnections: 160 } } }
  const { findings } = await variant({ ...old, waivers: [waiver] })
  expect(findings.join('\n')).toContain('3 poolers open up to 140 connections each')
  expect(findings.join('\n')).not.toContain('PgBouncer is')
})

it('leaves waivers of the deployment that is changed to that one, and judges its own', async () => {
  // Production waives what its object store, its etcd and its monitoring do not keep.
  const without = { storage: { parity: 6 }, prometheus: { heartbeat: 'http://10.0.0.7/alive' } }
  expect((await variant({ services: without })).findings).toEqual([])
  const own = await variant({ services: without, waivers: [waiver] })
  expect(own.findings.join('\n')).toContain('The waiver of POOL-004 accepts nothing')
})

it('asks the rules of a service that has no host of its own', async () => {
  const storage = {
    server: 'external' as const,
    hosts: [],
    vip: undefined as never,
    endpoint: 'http://s3.example.net',
  }
  expect((await variant({ services: { storage } })).findings).toContain(
    'The object store is asked in clear, at http://s3.example.net.',
  )
})
