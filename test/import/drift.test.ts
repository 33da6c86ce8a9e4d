import { expect, it } from 'vitest'
import { findDrift } from '../../src/import/drift.ts'
import type { ModuleLock } from '../../src/import/lock.ts'

const lock: ModuleLock = {
  core: '2.19.1',
  collections: { 'acme.demo': '1.0.0' },
  keywords: 'k',
  modules: { 'acme.demo.widget': 'w' },
}
const files = new Map([['src/modules/acme.demo.ts', 'text']])
const drift = (fresh: Partial<ModuleLock>, text: string | undefined = 'text') =>
  findDrift(lock, { lock: { ...lock, ...fresh }, files }, () => text)

it('finds nothing where nothing differs', () => {
  expect(drift({})).toEqual([])
})

it('names every version and module that differs', () => {
  const findings = drift({
    core: '2.19.2',
    collections: { 'acme.demo': '1.1.0' },
    modules: { 'acme.demo.widget': 'x' },
    keywords: 'l',
  })
  expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'module-drift: ansible-core is 2.19.2, the modules were imported from 2.19.1.',
    'module-drift: acme.demo is 1.1.0, the modules were imported from 1.0.0.',
    'module-drift: acme.demo.widget is no longer what was imported.',
    'module-drift: Ansible has other keywords than were imported.',
  ])
})

it('finds files that were edited or lost', () => {
  expect(drift({}, 'edited')[0]).toMatchObject({
    message: 'src/modules/acme.demo.ts is not what the import writes.',
    location: { file: 'src/modules/acme.demo.ts' },
  })
  expect(findDrift(lock, { lock, files }, () => undefined)[0]?.message).toBe(
    'src/modules/acme.demo.ts is missing.',
  )
})
