import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isSource, outcomesOf } from '../../src/cli/explain-source.ts'
import { CannotRun } from '../../src/finding.ts'
import { root } from '../project/project.ts'

const lineOf = (path: string, text: string) =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1

/** What the first line of a source that holds a text became, and the generated line that is named. */
async function became(path: string, text: string) {
  const found = await outcomesOf(root, path, lineOf(path, text))
  if ('findings' in found) throw new Error(JSON.stringify(found.findings))
  return found.outcomes.map(({ place, text: said }) => {
    const [, file, line] = /^(generated\/.+):(\d+)$/.exec(place) ?? []
    const there = file
      ? readFileSync(join(root, file), 'utf8').split('\n')[Number(line) - 1]?.trim()
      : undefined
    return { place, said, there }
  })
}

it('A task leads to its line in the role', async () => {
  const [task] = await became('roles-src/haproxy/role.ts', 'Install HAProxy')
  expect(task?.place).toMatch(/^generated\/roles\/haproxy\/tasks\/install\.yml:\d+$/)
  expect(task?.there).toBe('- name: Install | Install HAProxy')
})

it('A line inside of a task leads to the task', async () => {
  const [task] = await became('roles-src/haproxy/role.ts', "src: 'haproxy.cfg.j2'")
  expect(task?.there).toBe('- name: Configure | Write the configuration of HAProxy')
})

it('A helper of several roles leads to all of them', async () => {
  const tasks = await became('roles-src/unit.ts', 'Make the folder of the drop-in')
  expect(tasks.length).toBeGreaterThan(3)
  for (const { there } of tasks) expect(there).toBe('- name: Configure | Make the folder of the drop-in')
})

it('A template leads to the same line, to its task and to its place on hosts', async () => {
  const found = await became('roles-src/redis/templates/redis.conf.j2', 'tcp-keepalive')
  expect(found[0]?.there).toBe('tcp-keepalive 60')
  expect(found.map(({ place }) => place)).toContain('hosts: /etc/redis/redis.conf')
})

it('A variable leads to its default, its specification and its values', async () => {
  const found = await became('roles-src/haproxy/role.ts', 'max_connections: z.int()')
  const files = found.map(({ place }) => place.replace(/:\d+$/, ''))
  expect(files).toEqual(
    expect.arrayContaining([
      'generated/roles/haproxy/defaults/main.yml',
      'generated/roles/haproxy/meta/argument_specs.yml',
    ]),
  )
  for (const { there } of found) expect(there).toContain('haproxy_max_connections:')
})

it('A service leads to the values that it gives and to its documents', async () => {
  const places = (await became('roles-src/dns/service.ts', 'defineService({')).map(({ place }) => place)
  expect(places).toContain('generated/production/inventory/group_vars/names.yml:1')
  expect(places).toContain('generated/production/dns/chat.z3r0d3v.com.zone:1')
})

it('A host leads to the inventory of every deployment that has it, and a service to its values', async () => {
  const found = await became('inventory/production.ts', "hosts('haproxy'")
  expect([...new Set(found.map(({ there }) => there))]).toEqual(['haproxy1:', 'haproxy2:'])
  expect(found.length).toBeGreaterThan(2)
  const [values] = await became('inventory/production.ts', 'turn: { hosts')
  expect(values?.place).toBe('generated/production/inventory/group_vars/turn.yml:1')
})

it('What becomes nothing by itself is refused with a way out', async () => {
  await expect(outcomesOf(root, 'roles-src/haproxy/role.ts', 1)).rejects.toThrow(CannotRun)
  await expect(outcomesOf(root, 'roles-src/haproxy/role.ts', 9999)).rejects.toThrow(/has \d+ lines/)
  expect(isSource(root, 'generated/lab/site.yml')).toBe(false)
  expect(isSource(root, 'roles-src/haproxy/role.ts')).toBe(true)
})
