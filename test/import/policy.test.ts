import { expect, it } from 'vitest'
import { buildModule } from '../../src/import/build-module.ts'

const path = { type: 'path' }
const mode = { type: 'raw' }

it('demands a mode in the type of what always makes a file, and leaves the spec as Ansible has it', () => {
  const { spec, options } = buildModule(
    'ansible.builtin.copy',
    { doc: { options: { dest: path, mode } } },
    null,
  )
  expect(spec).toMatchObject({ requiresMode: true, options: { mode: { type: 'raw' } } })
  expect(options.find(({ name }) => name === 'mode')).toMatchObject({ demanded: true })
})

it('leaves the mode to the build where only some states make a file', () => {
  const { spec, options } = buildModule('ansible.builtin.file', { doc: { options: { path, mode } } }, null)
  expect(spec.requiresMode).toBe(true)
  expect(options.some(({ demanded }) => demanded)).toBe(false)
})

it('offers cmd in place of free-form text, and gives script the results of command', () => {
  const doc = { doc: { options: { cmd: { type: 'str' }, free_form: {} } } }
  const { spec, results } = buildModule('ansible.builtin.script', doc, null, {
    doc: {},
    return: { rc: { type: 'int' } },
  })
  expect(spec).toEqual({
    fqcn: 'ansible.builtin.script',
    checkMode: 'none',
    requiresChangedWhen: true,
    options: { cmd: { type: 'str' } },
  })
  expect(results).toEqual([{ name: 'rc', type: { kind: 'number' } }])
})
