import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CannotRun } from '../../src/finding.ts'
import { checkOut } from '../../src/review/revision.ts'
import { temporaryFolder } from '../project/project.ts'

const folder = temporaryFolder()
const root = join(folder.path, 'project')
const git = (...args: readonly string[]) =>
  execa('git', ['-C', folder.path, '-c', 'user.name=a', '-c', 'user.email=a@example.net', ...args])
const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

// A project that is a folder of a larger repository.
beforeAll(async () => {
  await git('init', '--quiet')
  await git('commit', '--quiet', '--allow-empty', '--message', 'nothing yet')
  write('inventory/lab.ts', 'before')
  write('roles-src/web/role.ts', 'before')
  write('package.json', '{}')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'before')
  write('inventory/lab.ts', 'after')
  write('inventory/lab/secrets/vault.yml', 'encrypted')
  write('roles-src/mail/role.ts', 'after')
})
afterAll(() => folder.dispose())

const read = (at: string, path: string) => readFileSync(join(at, path), 'utf8')

it('lays out the sources as they were, with the secrets and the packages of now', async () => {
  const { commit, folder: at, dispose } = await checkOut(root, 'HEAD')
  expect(commit).toMatch(/^[0-9a-f]{7,}$/)
  expect(read(at, 'inventory/lab.ts')).toBe('before')
  expect(read(at, 'roles-src/web/role.ts')).toBe('before')
  expect(existsSync(join(at, 'roles-src/mail'))).toBe(false)
  expect(read(at, 'inventory/lab/secrets/vault.yml')).toBe('encrypted')
  expect(read(at, 'package.json')).toBe('{}')
  dispose()
  expect(existsSync(at)).toBe(false)
  expect(read(root, 'inventory/lab.ts'), 'the project itself stays as it is').toBe('after')
})

it.each(['nowhere', '--output=/tmp/x', 'HEAD~9'])('refuses %s, which is no revision', async (revision) => {
  await expect(checkOut(root, revision)).rejects.toThrow(CannotRun)
  await expect(checkOut(root, revision)).rejects.toThrow(`git knows no revision "${revision}"`)
})

it('refuses a revision without a project', async () => {
  await expect(checkOut(root, 'HEAD~1')).rejects.toThrow('has neither roles-src/ nor inventory/')
})
