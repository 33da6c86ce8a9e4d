import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { ansible, filesBelow, isLinted, lint, root, summaryOf, wantedSummary } from './project.ts'

/** What is committed in `generated/`, as Ansible and ansible-lint see it. The manifest is the compiler's own. */
const generated = join(root, 'generated')
const files = filesBelow(generated)

describe('generated/', () => {
  it.each(['production', 'lab'])('%s passes the syntax check', async (name) => {
    const { exitCode, output } = await ansible(
      'ansible-playbook',
      ['--syntax-check', 'site.yml'],
      join(generated, name),
    )
    expect(output).not.toMatch(/ERROR|DEPRECATION/)
    expect(exitCode, output).toBe(0)
  })

  it('passes the production profile of ansible-lint, every file of it', {
    ...needs('the pinned Ansible'),
    timeout: 900_000,
  }, async () => {
    const outcome = await lint(generated)
    expect(summaryOf(outcome), outcome.output.slice(-4000)).toEqual(wantedSummary(files))
    expect(outcome.exitCode).toBe(0)
    expect(outcome.linted).toEqual(files.filter(isLinted))
  })

  it('holds no other kind of file that could have been linted', () => {
    const others = files.filter((path) => !isLinted(path))
    expect(
      others.filter(
        (path) =>
          !/^(\.manifest|[^/]+\/(ansible\.cfg|dns\/.+\.zone|docs\/.+\.md|files\/.+\.json|matrix\/inventory\/hosts)|roles\/\w+\/(README\.md|files\/.+))$/.test(
            path,
          ),
      ),
    ).toEqual([])
  })

  it('asks for no exception', () => {
    for (const path of files) expect(readFileSync(join(generated, path), 'utf8'), path).not.toMatch(/noqa/i)
    for (const name of [
      '.ansible-lint-ignore',
      '.config/ansible-lint-ignore.txt',
      '.yamllint',
      '.yamllint.yml',
    ])
      for (const folder of [root, generated]) expect(existsSync(join(folder, name)), name).toBe(false)
  })
})

it('the configuration of ansible-lint is the production profile and nothing else', () => {
  expect(readFileSync(join(root, '.ansible-lint'), 'utf8')).toBe('profile: production\n')
})
