import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { printJinja, printValue } from '../../src/compile/jinja.ts'
import { nodeOf } from '../../src/dsl/expr.ts'
import { value } from '../../src/dsl/index.ts'
import { ansible, temporaryFolder } from '../project/project.ts'

const TEXTS = [
  'plain',
  "it's",
  'a "b"',
  `both ' and " and '' again "'`,
  '\\d+ \\\\ \\n',
  `\\'\\"`,
  'one\ntwo\n\nfour',
  '',
  'C:\\',
  '\\\\',
]

it('prints texts so that Ansible reads them back, in braces and in bare conditions', async () => {
  const folder = temporaryFolder()
  try {
    const node = (text: string) => nodeOf(value<string>(text)) ?? { kind: 'literal' as const, value: text }
    const write = () => ''
    const play = {
      hosts: 'localhost',
      connection: 'local',
      gather_facts: false,
      vars: {
        texts: TEXTS.map((text) => ({ __ansible_unsafe: text })),
        printed: TEXTS.map((text) => printValue(node(text), write)),
      },
      tasks: [
        {
          name: 'Braces',
          'ansible.builtin.assert': { that: TEXTS.map((_, i) => `printed[${i}] == texts[${i}]`) },
        },
        {
          name: 'Bare',
          'ansible.builtin.assert': {
            that: TEXTS.map((text, i) => `${printJinja(node(text), write)} == texts[${i}]`),
          },
        },
        {
          name: 'In a longer expression',
          'ansible.builtin.assert': {
            that: TEXTS.map((_, i) => `lengths[${i}] == texts[${i}] | length`),
          },
          vars: {
            lengths: TEXTS.map((text) =>
              printValue(nodeOf(value<string>(text).pipe('length')) ?? node(text), write),
            ),
          },
        },
      ],
    }
    // JSON is YAML to Ansible.
    writeFileSync(join(folder.path, 'texts.yml'), JSON.stringify([play]))
    const { exitCode, output } = await ansible(
      'ansible-playbook',
      ['-i', 'localhost,', 'texts.yml'],
      folder.path,
    )
    expect(output).not.toContain('FAILED')
    expect(exitCode).toBe(0)
  } finally {
    folder.dispose()
  }
})
