import { expect, it } from 'vitest'
import { isWithin, lies, withoutCovered } from '../../src/topology/networks.ts'

it.each([
  ['192.0.2.5', '192.0.2.0/24', true],
  ['192.0.2.5', '192.0.2.5', true],
  ['192.0.2.0/25', '192.0.2.0/24', true],
  ['192.0.2.0/24', '192.0.2.0/25', false],
  ['192.0.3.5', '192.0.2.0/24', false],
  ['203.0.113.1', '0.0.0.0/0', true],
])('%s lies in %s: %s', (inner, outer, expected) => {
  expect(lies(inner, outer)).toBe(expected)
})

it('leaves out what another one covers, and says each once', () => {
  expect(withoutCovered(['192.0.2.5', '192.0.2.0/24', '198.51.100.1', '192.0.2.0/24'])).toEqual([
    '192.0.2.0/24',
    '198.51.100.1',
  ])
})

it.each([
  ['192.0.2.5', '192.0.2.0/24', true],
  ['192.0.2.5', '192.0.2.5/32', true],
  ['203.0.113.1', '0.0.0.0/0', true],
  ['192.0.3.5', '192.0.2.0/24', false],
  ['192.0.2.256', '192.0.2.0/24', false],
  ['192.0.2.05', '192.0.2.0/24', false],
  ['192.0.2.5', '192.0.2.0/33', false],
  ['192.0.2.5', '192.0.2.0', false],
  ['inn', 'green', false],
])('the address %s is within %s: %s', (address, network, expected) => {
  expect(isWithin(address, network)).toBe(expected)
})
