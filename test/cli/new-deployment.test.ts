import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeDeployment } from '../../src/cli/new-deployment.ts'
import { loadSources } from '../../src/compile/load.ts'
import { compileProject } from '../../src/emit/project.ts'
import { CannotRun } from '../../src/finding.ts'

const home = fileURLToPath(new URL('../..', import.meta.url))
let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rolewright-new-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('A new deployment builds from the roles there are, and check has nothing to say of it', async () => {
  expect(writeDeployment(root, 'north_berlin')).toBe('inventory/north_berlin.ts')
  const sources = await loadSources(home, home, relative(home, join(root, 'inventory')))
  const project = await compileProject(sources, {})
  expect(project.findings).toEqual([])
  expect(String(project.files.get('north_berlin/inventory/hosts.yml'))).toContain('ansible_host: 10.1.1.13')
})

test('A new deployment is as the formatter would write it', () => {
  writeDeployment(root, 'berlin')
  cpSync(join(home, 'biome.json'), join(root, 'biome.json'))
  const args = ['check', '--error-on-warnings', '--vcs-enabled=false', 'inventory']
  expect(() =>
    execFileSync(join(home, 'node_modules/.bin/biome'), args, { cwd: root, stdio: 'pipe' }),
  ).not.toThrow()
})

test('A new deployment does not touch what is there, nor take a name that will not do', () => {
  writeDeployment(root, 'berlin')
  expect(() => writeDeployment(root, 'berlin')).toThrow(CannotRun)
  expect(() => writeDeployment(root, 'North Berlin')).toThrow('"North Berlin" is no name for a deployment.')
})
