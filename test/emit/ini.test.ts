import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emitIni, type IniSection } from '../../src/emit/ini.ts'
import { findPython } from './pyyaml.ts'

/** The reader as ansible-core sets it up in `config/manager.py`, asked for values as they stand (`raw`). */
const READER = `
import configparser, json, sys
def read(text):
    parser = configparser.ConfigParser(inline_comment_prefixes=(';',))
    parser.read_string(text)
    return {s: {k: parser.get(s, k, raw=True) for k in parser.options(s)} for s in parser.sections()}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`

function read(texts: readonly string[]): unknown {
  return JSON.parse(
    execFileSync(findPython(), ['-c', READER], { input: JSON.stringify(texts), encoding: 'utf8' }),
  )
}

function settingsOf(sections: readonly IniSection[]): unknown {
  return Object.fromEntries(
    sections.map(({ name, settings }) => [
      name,
      Object.fromEntries(settings.map(({ key, value }) => [key.toLowerCase(), String(value)])),
    ]),
  )
}

it('writes sections, settings and comments', () => {
  expect(
    emitIni(
      [
        {
          name: 'defaults',
          settings: [
            {
              key: 'inventory',
              value: 'inventory,../secrets',
              comment: ['Two sources:', 'hosts and secrets.'],
            },
            { key: 'host_key_checking', value: true },
            { key: 'forks', value: 20 },
          ],
        },
        { name: 'ssh_connection', settings: [{ key: 'ssh_args', value: '' }] },
      ],
      { header: ['Managed.'] },
    ),
  ).toBe(`# Managed.

[defaults]
# Two sources:
# hosts and secrets.
inventory = inventory,../secrets
host_key_checking = True
forks = 20

[ssh_connection]
ssh_args =
`)
})

describe('an INI file', () => {
  it.each([
    ['a newline', 'x', 'a\nb'],
    ['a comment', 'x', 'a ;b'],
    ['white space at an end', 'x', 'a '],
    ['a colon in a key', 'a:b', 'a'],
    ['an empty key', '', 'a'],
  ])('refuses %s', (_, key, value) => {
    expect(() => emitIni([{ name: 'defaults', settings: [{ key, value }] }])).toThrow(
      'An INI file cannot hold',
    )
  })

  it('refuses the same key twice, in any case', () => {
    const settings = [
      { key: 'a', value: 1 },
      { key: 'A', value: 2 },
    ]
    expect(() => emitIni([{ name: 'defaults', settings }])).toThrow('a occurs twice')
  })

  it('is read by configparser as it was meant, or refused', { timeout: 120_000 }, () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a;b', 'a ;b', '#a', 'a=b', '%(x)s', '$x', '"a"', 'REM a', 'rem'),
    )
    const setting = fc.record({
      key: fc.oneof(fc.string({ unit: fc.constantFrom('a', 'B', ' ', '_', ';', '#', '[', '=') }), text),
      value: fc.oneof(text, fc.integer()),
      comment: fc.array(text),
    })
    const candidates = fc.sample(fc.array(setting, { minLength: 1, maxLength: 2 }), {
      numRuns: 3_000,
      seed: 1,
    })
    const files = candidates.flatMap((settings) => {
      const sections = [{ name: 'defaults', settings }]
      try {
        return [{ text: emitIni(sections), expected: settingsOf(sections) }]
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        return []
      }
    })
    expect(files.length).toBeGreaterThan(300)
    expect(read(files.map(({ text }) => text))).toEqual(files.map(({ expected }) => expected))
  })
})
