import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')

/** The first block of a language in the README. */
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? 'no such block'

test('The TypeScript of the README stands in the role', () => {
  expect(read('roles-src/etcd/role.ts')).toContain(block('ts'))
})

test('The YAML of the README stands in what is generated', () => {
  expect(read('generated/roles/etcd/tasks/configure.yml')).toContain(block('yaml'))
})

test('The README opens with two commands that package.json has', () => {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'))
  const commands = readme.split('\n\n')[0]?.split('\n') ?? []
  expect(commands.map((line) => line.trim().split(/\s{2,}/)[0])).toEqual(['npm start', 'npm test'])
  expect(Object.keys(scripts)).toEqual(
    expect.arrayContaining(['start', 'test', 'build', 'typecheck', 'bench']),
  )
})
