import { expect, it } from 'vitest'
import { defineDeployment, extend, hosts, namesOf } from '../../src/topology/index.ts'

const base = defineDeployment({
  name: 'base',
  summary: 'Two services.',
  domain: 'example.org',
  networks: {},
  hosts: {},
  vips: {},
  // Services of the repository's own roles are not those of this test.
  services: { shop: { size: 1, colour: 'red' }, store: {} } as object,
  clients: [],
  admins: [],
  controller: '192.0.2.5',
})

it('A derived deployment changes options of services and leaves services out', () => {
  const services = { shop: { size: 2 }, store: undefined } as object
  expect(extend(base, { name: 'derived', services }).input.services).toEqual({
    shop: { size: 2, colour: 'red' },
  })
})

it('Hosts that differ in their number have names and addresses that follow each other', () => {
  const stores = hosts('store', 3, '192.0.2.11', { cpus: 2, memory: '2 GB', disks: ['20 GB'] })
  const names: readonly ('store1' | 'store2' | 'store3')[] = namesOf(stores)
  expect(names.map((name) => `${name} ${stores[name].address} ${stores[name].network}`)).toEqual([
    'store1 192.0.2.11 10 Gbps',
    'store2 192.0.2.12 10 Gbps',
    'store3 192.0.2.13 10 Gbps',
  ])
})

it('Hosts beyond the end of a network have no address, which the rules on addresses say', () => {
  const { store2 } = hosts('store', 2, '192.0.2.255', { cpus: 2, memory: '2 GB', disks: ['20 GB'] })
  expect(store2.address).toBe('192.0.2.256')
})
