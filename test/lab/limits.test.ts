import { expect, it } from 'vitest'
import { wantedInstances } from '../../src/lab/limits.ts'

it('leaves the machine its own inotify instances and gives each host some', () => {
  expect(wantedInstances(0)).toBe(128)
  expect(wantedInstances(18)).toBe(704)
})
