import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { broken, codesWithFixture, findingsOf, printed, typeCheck } from './broken.ts'

/**
 * Each folder of `test/fixtures/broken` provokes the finding it is named by. `expected.txt` holds what `build` prints of
 * it, `typecheck.txt` what the type checker says. Write both anew with `npx vitest run test/findings -u`, and read them.
 */
describe.each(codesWithFixture)('%s', (code) => {
  let said: ReadonlyMap<string, string> = new Map()
  beforeAll(() => {
    said = typeChecked()
  })

  it('is what build says of its fixture', async () => {
    const findings = await findingsOf(code)
    expect(findings.map((f) => f.code)).toContain(code)
    for (const { message, location, hint } of findings) {
      expect(`${message}${hint ?? ''}`, 'one line each').not.toMatch(/\n/)
      expect(location, message).toBeDefined()
      // A place that nobody can open is no place.
      const path = join(broken, code, location?.file ?? '')
      expect(existsSync(path), path).toBe(true)
      const lines = readFileSync(path, 'utf8').split('\n')
      expect(location?.line).toBeLessThanOrEqual(lines.length)
      expect(location?.column).toBeLessThanOrEqual((lines[(location?.line ?? 0) - 1] ?? '').length + 1)
    }
    await expect(printed(findings)).toMatchFileSnapshot(join(broken, code, 'expected.txt'))
  })

  it('is what the type checker says, or does not', async () => {
    await expect(said.get(code)).toMatchFileSnapshot(join(broken, code, 'typecheck.txt'))
  })
})

let once: ReadonlyMap<string, string> | undefined
function typeChecked(): ReadonlyMap<string, string> {
  once ??= typeCheck()
  return once
}
