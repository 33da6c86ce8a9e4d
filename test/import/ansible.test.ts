import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { importModules } from '../../src/cli/import-module.ts'
import { needs } from '../needs.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const bin = (name: string) => join(project, '.venv/bin', name)
const ansible = { python: bin('python'), ansibleDoc: bin('ansible-doc') }
// Debian's Ansible, to which tools/setup.sh may have to fall back, has other modules.

const root = mkdtempSync(join(tmpdir(), 'rolewright-import-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('an import from the pinned Ansible', needs('the pinned Ansible'), () => {
  const modules = ['ansible.builtin.apt', 'ansible.posix.sysctl', 'community.crypto.x509_certificate']

  it('writes what is committed, once', async () => {
    const first = await importModules(modules, { root, ansible })
    expect(first.modules).toEqual(modules)
    for (const path of [
      'ansible.builtin/apt.ts',
      'ansible.posix/sysctl.ts',
      'community.crypto/x509_certificate.ts',
    ]) {
      const read = (folder: string) => readFileSync(join(folder, 'src/modules', path), 'utf8')
      expect(read(root)).toBe(read(project))
    }
    const table = 'src/dsl/keyword-table.ts'
    expect(readFileSync(join(root, table), 'utf8')).toBe(readFileSync(join(project, table), 'utf8'))
    expect((await importModules([], { root, ansible })).written).toEqual([])
  })

  it('finds a file that was edited', async () => {
    writeFileSync(join(root, 'src/modules/builtin.ts'), '')
    const { written, findings } = await importModules([], { root, ansible, check: true })
    expect(written).toEqual([])
    expect(findings.map(({ message }) => message)).toEqual([
      'src/modules/builtin.ts is not what the import writes.',
    ])
  })

  it('names every module that Ansible does not know', async () => {
    const unknown = importModules(['ansible.builtin.atp', 'ansible.builtin.mount'], { root, ansible })
    await expect(unknown).rejects.toThrow(
      'Ansible cannot give these modules: ansible.builtin.atp (unknown), ansible.builtin.mount (now called ansible.posix.mount).',
    )
  })

  it('leaves the committed modules without drift', async () => {
    expect((await importModules([], { root: project, ansible, check: true })).findings).toEqual([])
  })
})

it('says what to do where there is no Ansible', async () => {
  const nowhere = { python: '/nowhere/python', ansibleDoc: '/nowhere/ansible-doc' }
  await expect(importModules(['ansible.builtin.apt'], { root, ansible: nowhere })).rejects.toMatchObject({
    name: 'CannotRun',
    hint: 'Run tools/setup.sh, which brings Ansible into .venv.',
  })
})
