import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/compile/project.ts'
import {
  ansible,
  filesBelow,
  lint,
  root,
  summaryOf,
  temporaryFolder,
  wantedSummary,
  writeAll,
} from './project.ts'

/** A project that has nothing of this repository's but the language: two services with a role each. */
describe('a project of two services of its own', () => {
  const generated = temporaryFolder()
  let project: CompiledProject
  beforeAll(async () => {
    project = compileProject(await loadSources(join(root, 'test/fixtures/deployments/services'), root), {})
    writeAll(generated.path, project.files)
  })
  afterAll(() => generated.dispose())
  const topology = () => project.deployments.get('village')?.topology

  it('builds without findings, and has its own roles alone', () => {
    expect(project.findings).toEqual([])
    expect([...project.roles.keys()].sort()).toEqual(['greeter', 'ticker'])
    expect([...project.files.keys()].filter((path) => !path.startsWith('roles/'))).toEqual([
      'village/ansible.cfg',
      'village/requirements.yml',
      'village/inventory/hosts.yml',
      'village/inventory/group_vars/all.yml',
      'village/inventory/group_vars/greeter.yml',
      'village/inventory/group_vars/ticker.yml',
      'village/inventory/host_vars/inn.yml',
      'village/inventory/host_vars/mill.yml',
      'village/guard.yml',
      'village/site.yml',
    ])
  })

  it('derives what follows from them', () => {
    expect(topology()?.flows.map(({ fromNames, toNames, port }) => ({ fromNames, toNames, port }))).toEqual([
      { fromNames: ['tower'], toNames: ['inn', 'mill'], port: 7000 },
    ])
    expect(topology()?.size('greeter', 'mill', 'guests')).toBe(40)
  })

  it('gives each group what its hosts share, and each host the rest', () => {
    const text = (path: string) => String(project.files.get(`village/inventory/${path}.yml`))
    expect(text('group_vars/greeter')).toContain('greeter_port: 7000\n')
    expect(text('group_vars/greeter')).not.toContain('greeter_greeting')
    expect(text('host_vars/mill')).toContain('greeter_greeting: Hello from mill.\n')
    expect(text('group_vars/ticker')).toContain('  - "192.0.2.11:7000"\n  - "192.0.2.12:7000"\n')
  })

  it('passes the syntax check', async () => {
    const { exitCode, output } = await ansible(
      'ansible-playbook',
      ['--syntax-check', 'site.yml'],
      join(generated.path, 'village'),
    )
    expect(exitCode, output).toBe(0)
  })

  it.skipIf(existsSync(join(root, '.venv/fallback')))(
    'passes the production profile of ansible-lint',
    async () => {
      const outcome = await lint(generated.path)
      expect(summaryOf(outcome), outcome.output.slice(-4000)).toEqual(
        wantedSummary(filesBelow(generated.path)),
      )
    },
    300_000,
  )
})
