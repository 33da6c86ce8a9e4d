import { expect, test } from 'vitest'
import { identify, isAlive, isReaped, signal, startTime } from '../../src/lab/process.ts'

const line = '42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 3 4 20 0 1 0 987654 1000 10 184467'

test('the start time is field 22, whatever the name of the process is', () => {
  expect(startTime(line)).toBe(987654)
  expect(startTime('')).toBeUndefined()
})

test('a process is itself, and its number with another start time is not', () => {
  const self = identify(process.pid)!
  expect(isAlive(self)).toBe(true)
  expect(isAlive({ ...self, start: self.start + 1 })).toBe(false)
  expect(isReaped({ ...self, start: self.start + 1 })).toBe(true)
  expect(isAlive(undefined)).toBe(false)
})

test('a reused number is not signalled', () => {
  const self = identify(process.pid)!
  signal({ ...self, start: self.start + 1 }, 'SIGKILL')
  expect(isAlive(self)).toBe(true)
})
