import { describe, expect, it } from 'vitest'
import { buildModule } from '../../src/import/build-module.ts'
import { imported, widget } from './widget.ts'

const { options } = imported.spec

describe('options of a module', () => {
  it('takes the documented name where the spec has it as an alias', () => {
    expect(options.name).toEqual({
      type: 'list',
      elements: 'str',
      aliases: ['package', 'pkg'],
      required: true,
    })
    expect(options.package).toBeUndefined()
  })
  it('offers neither what is undocumented nor what is documented only', () => {
    expect(options.undocumented).toBeUndefined()
    expect(options.imaginary).toBeUndefined()
  })
  it('keeps what is documented only where an action plugin can take it', () => {
    const doc = { ...widget.doc, doc: { ...widget.doc.doc, has_action: true } }
    expect(buildModule('acme.demo.widget', doc, widget.spec).spec.options.imaginary).toEqual({
      type: 'str',
    })
  })
  it('orders choices as documented, or by name where the spec has others', () => {
    expect(options.state?.choices).toEqual(['present', 'absent'])
    expect(options.level?.choices).toEqual([1, 2, 3])
    expect(options.force).toEqual({ type: 'bool' })
  })
  it('lets the documentation type what the spec does by hand, and means str by nothing', () => {
    expect(options.by_hand?.type).toBe('float')
    expect(options.untyped?.type).toBe('str')
  })
  it('keeps secrets, suboptions and their constraints', () => {
    expect(options.token).toEqual({ type: 'str', noLog: true })
    expect(options.mounts).toEqual({
      type: 'list',
      elements: 'dict',
      requiredTogether: [['source', 'kind']],
      options: {
        kind: { type: 'str', choices: ['bind', 'volume'] },
        source: { type: 'path', required: true },
      },
    })
  })
  it('falls back to the documentation alone', () => {
    const { spec } = buildModule('acme.demo.widget', widget.doc, null)
    expect(spec.options.name).toEqual({ type: 'list', elements: 'str', aliases: ['pkg'] })
    expect(spec.checkMode).toBe('none')
  })
})

describe('constraints of a module', () => {
  it('speaks of options by the names that authors use, and never of free-form text', () => {
    expect(imported.spec).toMatchObject({
      checkMode: 'full',
      mutuallyExclusive: [['name', 'extra']],
      requiredIf: [{ option: 'state', value: 'present', requires: ['name', 'size'], any: true }],
      requiredBy: { token: ['name'] },
    })
    expect(imported.spec.requiredOneOf).toBeUndefined()
  })
})
