import { expect, test } from 'vitest'
import { CannotRun } from '../../src/finding.ts'
import { assertPlan, contains, type LabPlan } from '../../src/lab/plan.ts'
import { small } from './small.ts'

test('a sound plan passes', () => {
  expect(() => assertPlan(small)).not.toThrow()
})

test('everything that is wrong with a plan is told at once', () => {
  const plan: LabPlan = {
    ...small,
    networks: [{ name: 'database', cidr: '10.0.3.0/24', gateway: '10.0.4.1' }],
    hosts: [
      { name: 'db1', address: '10.0.3.5', network: 'storage', release: 'trixie' },
      { name: 'db1', address: '10.9.9.9', network: 'database', release: 'trixie' },
      { name: '../etc', address: '10.0.3.7', network: 'database', release: 'trixie' },
    ],
    client: 'nowhere',
  }
  expect(() => assertPlan(plan)).toThrow(CannotRun)
  expect(() => assertPlan(plan)).toThrowErrorMatchingInlineSnapshot(
    `[CannotRun: the lab 'small' cannot be built: '../etc' is no usable name (a-z, 0-9 and '-', at most 32 characters); gateway 10.0.4.1 is not in 10.0.3.0/24; db1 is in network 'storage', which the plan does not have; db1: 10.9.9.9 is not in 10.0.3.0/24; client: 'nowhere' is no IPv4 address; two hosts are named db1]`,
  )
})

test('an address is in a network or it is not', () => {
  expect(contains('10.0.3.0/24', '10.0.3.255')).toBe(true)
  expect(contains('10.0.3.0/24', '10.0.4.1')).toBe(false)
  expect(contains('10.0.3.0/33', '10.0.3.1')).toBe(false)
  expect(contains('10.0.3.0/24', 'fd00::1')).toBe(false)
})
