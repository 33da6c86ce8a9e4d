import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeRole } from '../../src/cli/new-role.ts'
import { openProject } from '../../src/cli/project.ts'
import { CannotRun } from '../../src/finding.ts'

const home = fileURLToPath(new URL('../..', import.meta.url))
let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rolewright-new-'))
  mkdirSync(join(root, 'roles-src'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('A new role builds without findings', async () => {
  expect(writeRole(root, 'tile_server')).toEqual([
    'roles-src/tile_server/role.ts',
    'roles-src/tile_server/templates/tile_server.conf.j2',
  ])
  const project = await openProject(root)
  expect(project.findings).toEqual([])
  expect(project.files.get('roles/tile_server/tasks/configure.yml')).toContain('notify: Restart tile_server')
  expect(String(project.files.get('roles/tile_server/templates/tile_server.conf.j2'))).toBeDefined()
})

test('A new role passes the type checker and the formatter', () => {
  writeRole(root, 'kiosk')
  const { compilerOptions, ...rest } = JSON.parse(readFileSync(join(home, 'tsconfig.json'), 'utf8'))
  for (const file of ['package.json', 'biome.json']) cpSync(join(home, file), join(root, file))
  writeFileSync(
    join(root, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions,
      include: ['roles-src'],
      exclude: rest.exclude,
    }),
  )
  // The language and its libraries are those of this project, as `imports` in package.json finds them.
  for (const folder of ['src', 'node_modules'])
    execFileSync('ln', ['-s', join(home, folder), join(root, folder)])
  const tool = (name: string, ...args: string[]) =>
    execFileSync(join(home, 'node_modules/.bin', name), args, { cwd: root, stdio: 'pipe' })
  tool('tsc', '--noEmit')
  tool('biome', 'check', '--vcs-enabled=false', '--error-on-warnings', 'roles-src')
}, 120_000)

test('A role that is there already is left alone', () => {
  writeRole(root, 'kiosk')
  expect(() => writeRole(root, 'kiosk')).toThrow(CannotRun)
  expect(() => writeRole(root, 'kiosk')).toThrow('roles-src/kiosk exists already.')
})

test.each(['', 'Kiosk', '1st', 'a-b', '../kiosk', 'a/b', 'playbooks', 'ansible'])(
  'The name "%s" is refused',
  (name) => {
    expect(() => writeRole(root, name)).toThrow(CannotRun)
  },
)
