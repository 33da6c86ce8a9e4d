import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/finding.ts'
import { type Checked, checkFixtures, codesWithFixture, elsewhereOf, folder, marksOf } from './fixtures.ts'

let checked: Checked
beforeAll(async () => {
  checked = await checkFixtures()
})

it('has a fixture for every rule, and no other', () => {
  expect(checked.rules.map(({ code }) => code)).toEqual(codesWithFixture)
})

describe.each(codesWithFixture)('%s', (code) => {
  it('is seen to fire, at the lines that cause it, and nothing else is', () => {
    const all = checked.findings.get(code) ?? []
    const isOwn = ({ location }: Finding) => location?.file === `${folder}/${code}.ts`
    const others = all.filter((finding) => !isOwn(finding)).map((finding) => finding.code)
    expect([...new Set(others)].sort()).toEqual(elsewhereOf(code))
    const found = all.filter(isOwn)
    expect(marksOf(code).join()).toContain(code)
    const lines = found.map((finding) => `${finding.code} ${finding.location?.line}`)
    expect([...new Set(lines)].sort()).toEqual(marksOf(code))
  })

  it('says what, why and the way out, a line each', () => {
    const rule = checked.rules.find((known) => known.code === code)
    for (const text of [rule?.demand, rule?.reason, rule?.evidence, rule?.wayOut])
      expect(text).toMatch(/^[^\n]{15,}[^\n.]\.$|^[^\n]{15,}[.)]$/)
    for (const { message, hint, severity } of checked.findings.get(code) ?? []) {
      expect(`${message}${hint}`).not.toMatch(/\n|undefined|NaN|\[object/)
      expect(severity).toBeDefined()
    }
  })
})
