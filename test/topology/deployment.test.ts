import { expect, it } from 'vitest'
import { defineDeployment, extend } from '../../src/topology/index.ts'

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
