import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import { loadSources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import type { HostInput, VipInput } from '../../src/topology/deployment.ts'
import other from '../fixtures/deployments/other.ts'
import small from '../fixtures/deployments/small.ts'
import { needs } from '../needs.ts'
import {
  ansible,
  collections,
  filesBelow,
  isLinted,
  lint,
  root,
  summaryOf,
  temporaryFolder,
  wantedSummary,
  writeAll,
} from './project.ts'

/** Two deployments that share nothing with production but its roles. */
describe('other deployments', () => {
  const generated = temporaryFolder()
  let project: CompiledProject
  beforeAll(async () => {
    const sources = await loadSources(root, root)
    project = await compileProject({ ...sources, deployments: [other, small] }, collections())
    writeAll(generated.path, project.files)
  })
  afterAll(() => generated.dispose())

  it('build without findings, from the same roles', () => {
    expect(project.findings).toEqual([])
    expect([...project.deployments.keys()]).toEqual(['other', 'small'])
  })

  it('have the hosts and the addresses that they say', () => {
    const topology = (name: string) => project.deployments.get(name)?.topology
    expect(
      topology('other')
        ?.service('database')
        ?.hosts.map((h) => h.address),
    ).toEqual(['172.20.30.21', '172.20.30.22', '172.20.30.23', '172.20.30.24', '172.20.30.25'])
    expect(topology('small')?.hosts).toHaveLength(5)
    for (const service of ['etcd', 'database', 'pooler', 'haproxy', 'keepalived'])
      expect(
        topology('small')
          ?.service(service)
          ?.hosts.map((h) => h.name),
        service,
      ).toEqual(['node1', 'node2', 'node3'])
  })

  it.each(['other', 'small'])('%s passes the syntax check', async (name) => {
    const { exitCode, output } = await ansible(
      'ansible-playbook',
      ['--syntax-check', 'site.yml'],
      join(generated.path, name),
    )
    expect(output).not.toMatch(/ERROR|DEPRECATION/)
    expect(exitCode, output).toBe(0)
  })

  it('pass the production profile of ansible-lint', {
    ...needs('the pinned Ansible'),
    timeout: 900_000,
  }, async () => {
    const files = filesBelow(generated.path)
    const outcome = await lint(generated.path)
    expect(summaryOf(outcome), outcome.output.slice(-4000)).toEqual(wantedSummary(files))
    expect(outcome.exitCode).toBe(0)
    expect(outcome.linted).toEqual(files.filter(isLinted))
  })
})

it.each(['src', 'roles-src', 'generated/roles'])(
  'no address and no domain of production stands in %s',
  (folder) => {
    const { domain, controller, hosts, vips } = production.input
    const known = [
      domain,
      controller,
      ...Object.values<HostInput>(hosts).map((h) => h.address),
      ...Object.values<VipInput>(vips).map((v) => v.address),
    ]
    const pattern = new RegExp(
      `(?<![\\d.])(?:${known.map((k) => k.replaceAll('.', '\\.')).join('|')})(?!\\d)`,
    )
    const files = filesBelow(join(root, folder))
    expect(files.length).toBeGreaterThan(10)
    const found = files.flatMap((path) =>
      readFileSync(join(root, folder, path), 'utf8')
        .split('\n')
        .flatMap((line, i) => (pattern.test(line) ? [`${folder}/${path}:${i + 1}: ${line.trim()}`] : [])),
    )
    expect(found).toEqual([])
  },
)
