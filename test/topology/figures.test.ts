import fc from 'fast-check'
import { expect, it } from 'vitest'
import { figure } from '../../src/topology/figures.ts'
import { parseSize } from '../../src/topology/units.ts'

it.each([
  [1_808_640_000_000, 'bytes', '1.81 TB'],
  [960e9, 'bytes', '960 GB'],
  [4 * 1024 ** 3, 'memory', '4 GiB'],
  [250 * 1024 ** 2, 'memory', '250 MiB'],
  [2_250_000_000, 'bits/s', '2.25 Gbit/s'],
  [0, 'bits/s', '0 bit/s'],
  [96.9, 'days', '96 days'],
  [10.33, 'cores', '10.3 cores'],
  [20_000, 'connections', '20,000 connections'],
] as const)('%d of %s is %s', (value, unit, text) => {
  expect(figure(value, unit)).toBe(text)
})

it('never is further from an amount than a hundredth of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e15 }), (bytes) => {
      const read = (unit: 'bytes' | 'memory') =>
        parseSize(figure(bytes, unit).replaceAll(',', ''), 'disk') ?? 0
      if (bytes < 1e15) expect(Math.abs(read('bytes') / bytes - 1)).toBeLessThan(0.01)
      if (bytes < 1024 ** 5) expect(Math.abs(read('memory') / bytes - 1)).toBeLessThan(0.01)
    }),
  )
})
