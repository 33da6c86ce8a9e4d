import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { originsOf } from '../../src/cli/explain.ts'
import { openProject } from '../../src/cli/project.ts'
import type { CompiledTask } from '../../src/compile/task.ts'
import { taskAt } from '../../src/compile/trace.ts'
import type { CompiledProject } from '../../src/emit/project.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const linesOf = (path: string) => readFileSync(`${root}/${path}`, 'utf8').split('\n')

/** What `explain` says of the first line of a generated file that holds a text, as the user reads it. */
async function said(path: string, text: string): Promise<readonly string[]> {
  const line = linesOf(`generated/${path}`).findIndex((candidate) => candidate.includes(text)) + 1
  const found = await originsOf(root, path, line)
  if ('findings' in found) throw new Error(JSON.stringify(found.findings))
  return found.origins.map((origin) => `${origin.location.file}: ${origin.text}`)
}

/** The line of the source to which a generated line leads. */
async function sourceOf(path: string, text: string): Promise<string> {
  const line = linesOf(`generated/${path}`).findIndex((candidate) => candidate.includes(text)) + 1
  const found = await originsOf(root, path, line)
  if ('findings' in found) throw new Error(JSON.stringify(found.findings))
  const { location } = found.origins[0] ?? { location: { file: '', line: 0 } }
  return linesOf(location.file)[location.line - 1]?.trim() ?? ''
}

describe('Every task of every role is found at its own lines', () => {
  let project: CompiledProject
  beforeAll(async () => {
    project = await openProject(root)
  })

  const all = (tasks: readonly CompiledTask[]): readonly CompiledTask[] =>
    tasks.flatMap((task) => [task, ...all(task.inner)])

  test('in tasks and handlers, in blocks, at the comment above and in the body', () => {
    let nested = 0
    for (const role of project.roles.values())
      for (const [file, tasks] of [
        ...[...role.tasks].map(([name, list]) => [`tasks/${name}.yml`, list] as const),
        ...(role.handlers.length > 0 ? [['handlers/main.yml', role.handlers] as const] : []),
      ]) {
        const text = String(project.files.get(`roles/${role.name}/${file}`))
        const lines = text.split('\n')
        for (const task of all(tasks)) {
          const name = String(task.data['name'])
          const at = lines.findIndex(
            (line) => line.trim().replace(/["']/g, '') === `- name: ${name.replace(/["']/g, '')}`,
          )
          expect(at, `${file} has ${name}`).toBeGreaterThan(0)
          expect(taskAt(text, tasks, at + 1)?.data['name']).toBe(name)
          expect(taskAt(text, tasks, at + 2)?.data['name']).toBe(name)
          if (lines[at - 1]?.trim().startsWith('#')) expect(taskAt(text, tasks, at)?.data['name']).toBe(name)
          if (!tasks.includes(task)) nested++
        }
        expect(taskAt(text, tasks, 1)).toBeUndefined()
      }
    expect(nested).toBeGreaterThan(5)
  })
})

test('A task leads to the call that wrote it', async () => {
  const path = 'roles/etcd/tasks/configure.yml'
  expect(await said(path, 'dest: /etc/default/etcd')).toEqual([
    'roles-src/etcd/role.ts: Configure | Write the configuration of etcd',
  ])
  expect(await sourceOf(path, 'dest: /etc/default/etcd')).toBe('template(')
  expect(await sourceOf('roles/etcd/handlers/main.yml', 'state: restarted')).toBe('restart: systemd_service(')
})

test('What the compiler adds leads to the declaration that it follows from', async () => {
  const path = 'roles/etcd/tasks/preflight.yml'
  expect(await sourceOf(path, 'etcd_peer_port')).toMatch(/^peer_port: /)
  expect(await sourceOf('roles/haproxy/tasks/preflight.yml', 'Look for /usr/sbin/sysctl')).toMatch(
    /^programs: /,
  )
  expect(await sourceOf('roles/etcd/tasks/main.yml', 'configure.yml')).toMatch(/^configure: /)
})

test('Defaults, argument specs and the README lead to the variable', async () => {
  for (const [file, text] of [
    ['defaults/main.yml', 'etcd_key_group'],
    ['meta/argument_specs.yml', 'etcd_key_group'],
    ['README.md', '| `etcd_key_group`'],
  ] as const)
    expect(await sourceOf(`roles/etcd/${file}`, text)).toMatch(/^key_group: /)
  expect(await sourceOf('roles/etcd/defaults/main.yml', 'etcd_members: required')).toBe('members: z')
  expect(await sourceOf('roles/etcd/vars/main.yml', '_etcd_data')).toMatch(/^data: /)
})

test('A variable that is spread in from another file is found there', async () => {
  expect(await said('roles/pgbouncer/defaults/main.yml', 'pgbouncer_pgdg_key:')).toEqual([
    expect.stringMatching(/^roles-src\/patroni\/pgdg\.ts: pgbouncer_pgdg_key \| /),
  ])
})

test('A template leads to the same line of the source', async () => {
  expect(await sourceOf('roles/etcd/templates/etcd.j2', 'etcd_members')).toContain('etcd_members')
})

test("A deployment's values lead to the service that gives them and to the variable", async () => {
  expect(await said('production/inventory/group_vars/etcd.yml', 'address: ')).toEqual([
    'roles-src/etcd/service.ts: etcd | gives etcd_members',
    'roles-src/etcd/role.ts: etcd_members | All members of the cluster.',
  ])
  expect(await said('lab/inventory/host_vars/patroni1.yml', 'etcd_name')).toEqual([
    'roles-src/etcd/service.ts: etcd | gives etcd_name',
    'roles-src/etcd/role.ts: etcd_name | Name of this member, one of `etcd_members`.',
  ])
})

test('A document leads to the key in the service that writes it', async () => {
  const path = 'production/matrix/inventory/host_vars/matrix.chat.z3r0d3v.com/vars.yml'
  expect(await sourceOf(path, 'matrix_synapse_database_cp_max')).toBe(
    'matrix_synapse_database_cp_max: pool.max,',
  )
  expect(await said('production/matrix/inventory/hosts', '[matrix_servers]')).toEqual([
    'roles-src/matrix/service.ts: matrix | The inventory of matrix-docker-ansible-deploy.',
  ])
})

test('Hosts, plays and settings lead to the deployment and the playbook', async () => {
  expect(await sourceOf('lab/inventory/hosts.yml', 'patroni2:')).toMatch(/^const patroni = hosts\('patroni'/)
  expect(await sourceOf('lab/inventory/hosts.yml', 'backup:')).toMatch(/^backup: host\(/)
  expect(await sourceOf('production/site.yml', 'hosts: pooler')).toContain("name: 'Run the connection pools'")
  expect(await said('lab/ansible.cfg', '[defaults]')).toEqual([
    expect.stringMatching(/^inventory\/lab\.ts: lab/),
  ])
  expect(await said('lab/requirements.yml', 'ansible.posix')).toEqual([
    expect.stringMatching(/^src\/modules\/lock\.json: /),
  ])
})

test('What was not generated is refused with a way out', async () => {
  await expect(originsOf(root, 'roles/etcd/tasks/nothing.yml', 1)).rejects.toThrow('comes from no source')
  await expect(originsOf(root, 'roles/etcd/vars/main.yml', 4000)).rejects.toThrow('has 3 lines')
  await expect(originsOf(root, '.manifest', 1)).rejects.toThrow('comes from no source')
})
