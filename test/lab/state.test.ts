import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { layout } from '../../src/lab/layout.ts'
import { afterBoot, type HostState, newState, readState, StateFile } from '../../src/lab/state.ts'
import { small } from './small.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lab-state-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const running: HostState = {
  host: small.hosts[0]!,
  phase: 'running',
  prepared: true,
  base: '/base',
  namespace: '/net/host-db1',
  mounts: [],
  loops: [],
  supervisor: { pid: 10, start: 100 },
  init: { pid: 11, start: 101 },
}

test('every change is on disk at once, whole', () => {
  const lab = layout('small', root)
  const file = new StateFile(lab, newState(lab, small, '/project'))
  file.setHost('db1', running)
  expect(readState(lab)).toEqual(file.state)
  expect(readState(lab)?.owner).toBe('/project')
  file.removeHost('db1')
  expect(readState(lab)?.hosts).toEqual({})
  expect(readdirSync(lab.folder)).toEqual(['state.json'])
})

test('a state that cannot be read is none', () => {
  const lab = layout('small', root)
  expect(readState(lab)).toBeUndefined()
  const file = new StateFile(lab, newState(lab, small, '/project'))
  writeFileSync(lab.state, '{"version": 1, "own')
  expect(readState(lab)).toBeUndefined()
  expect(file.state.version).toBe(1)
})

test('after a boot of the machine the disks are there and nothing runs', () => {
  const lab = layout('small', root)
  const state = { ...newState(lab, small, '/project'), fabric: 'ready' as const, hosts: { db1: running } }
  expect(afterBoot(state, state.boot)).toBe(state)
  const later = afterBoot(state, 'another')
  expect(later.fabric).toBe('none')
  expect(later.hosts.db1).toMatchObject({ phase: 'off', prepared: true })
  expect(later.hosts.db1).not.toHaveProperty('init')
})

test('labs of one name in two places share no cgroup', () => {
  expect(layout('small', '/a').cgroup).not.toBe(layout('small', '/b').cgroup)
})
