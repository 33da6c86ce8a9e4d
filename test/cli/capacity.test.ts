import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'

let printed: string[]
beforeEach(() => {
  printed = []
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed.push(String(text))
      return true
    })
})
afterEach(() => vi.restoreAllMocks())

/** Exit code and all that was printed. */
const run = async (...args: string[]) => {
  const code = await main(['capacity', ...args])
  return { code, text: printed.join('') }
}

describe('rolewright capacity', () => {
  it('prints a deployment with another number of users', async () => {
    const { code, text } = await run('--users', '20_000')
    expect(code).toBe(0)
    expect(text).toContain('production with 20,000 users, 200,000 messages and 400 GB of media a day')
  })

  it('prints the same for tools', async () => {
    const { code, text } = await run('production', '--format', 'json')
    expect(code).toBe(0)
    const { load, breaking, scaleUps } = JSON.parse(text)
    expect(load.users).toBe(10_000)
    expect(breaking[0]).toMatchObject({ where: 'matrix', users: 10_001 })
    expect(scaleUps.map(({ metric }: { readonly metric: string }) => metric)).toContain('MinIO bandwidth')
  })

  it.each([
    [['village'], 'There is no deployment "village"'],
    [['--users', 'many'], 'Write a number'],
  ])('refuses %j', async (args, message) => {
    const { code, text } = await run(...args)
    expect(code).toBe(2)
    expect(text).toContain(message)
  })
})
