import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { broken, codesWithFixture, root } from './broken.ts'

/** Codes of the writer of `generated/` and of `check --mdad`: they take a folder on a disk beside a project, and are tested there. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'conflict-in-generated-file': 'test/emit/disk.test.ts',
  'edited-generated-file': 'test/emit/disk.test.ts',
  'foreign-file-in-the-way': 'test/emit/disk.test.ts',
  'mdad-fixed-variable': 'test/matrix/check-mdad.test.ts',
  'mdad-migration': 'test/matrix/check-mdad.test.ts',
  'mdad-renamed-variable': 'test/matrix/check-mdad.test.ts',
  'mdad-roles-missing': 'test/matrix/check-mdad.test.ts',
  'mdad-unknown-variable': 'test/matrix/check-mdad.test.ts',
  'stale-generated-file': 'test/emit/disk.test.ts',
}

const CODE = `'([a-z][a-z0-9-]*)'`
/** Every way in which the sources name a code. */
const PATTERNS: readonly RegExp[] = [
  new RegExp(`\\breport\\.(?:error|warning)\\(\\s*${CODE}`, 'g'),
  new RegExp(`\\breport\\(\\s*${CODE}`, 'g'),
  new RegExp(`\\bnew AuthorError\\(\\s*${CODE}`, 'g'),
  new RegExp(`\\bcode: (?:[^,\\n]*: )?${CODE}`, 'g'),
  new RegExp(`\\breturn error\\(\\s*${CODE}`, 'g'),
]
/** Calls whose code is no literal: a kind of name that was not declared, a problem with its own code, an author's error. */
const OPEN_CALLS = /\b(?:report\.error|new AuthorError)\((?!\s*')\s*([^,]+),/g

const sources = ['src', 'roles-src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.ts') && !path.startsWith('src/modules/'))
  .map((path) => readFileSync(join(root, path), 'utf8'))

function codes(): readonly string[] {
  const literal = sources.flatMap((text) =>
    PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')),
  )
  const kinds = sources.flatMap((text) =>
    [...text.matchAll(/\brecord\(scope, '([a-z]+)'/g)].map((match) => `undeclared-${match[1]}`),
  )
  // zod's word for what an author's schema refuses, which becomes "invalid-option".
  return [...new Set([...literal, ...kinds])].filter((code) => code !== 'custom').sort()
}

it('has a broken fixture for every code, and no other', () => {
  const elsewhere = Object.keys(TESTED_ELSEWHERE)
  expect(codes().filter((code) => !elsewhere.includes(code))).toEqual(codesWithFixture)
  expect(codes().filter((code) => elsewhere.includes(code))).toEqual(elsewhere)
})

it('knows every call that names a code in another way', () => {
  const open = sources.flatMap((text) => [...text.matchAll(OPEN_CALLS)].map((match) => match[1]))
  expect([...new Set(open)].sort()).toEqual(['`undeclared-${kind}`', 'error.code', 'problem.code'])
})

it('has both texts in every fixture', () => {
  for (const code of codesWithFixture)
    for (const file of ['expected.txt', 'typecheck.txt'])
      expect(existsSync(join(broken, code, file)), `${code}/${file}`).toBe(true)
})

it.each(Object.entries(TESTED_ELSEWHERE))('%s is tested in %s', (code, file) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(code)
})
