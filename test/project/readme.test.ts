import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { root } from './project.ts'

const roles = join(root, 'generated/roles')

describe.each(readdirSync(roles).sort())('the README of %s', (role) => {
  const text = readFileSync(join(roles, role, 'README.md'), 'utf8')
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']): unknown => parse(yaml))

  it('has a play that can be copied', () => {
    expect(blocks[0]).toEqual([{ name: expect.any(String), hosts: 'all', become: true, roles: [{ role }] }])
  })

  it('gives every variable that the role cannot do without', () => {
    const required = [...text.matchAll(/^\| `([a-z0-9_]+)` \| \w+ \| \*required\* \|/gm)].map(
      ([, name]) => name,
    )
    expect(Object.keys(blocks[1] ?? {})).toEqual(expect.arrayContaining(required))
  })
})
