import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { main } from '../../src/cli/main.ts'
import { optionsOf } from '../../src/cli/options.ts'
import { hostName, vipName } from '../../src/topology/index.ts'

afterEach(() => vi.restoreAllMocks())

async function run(...args: readonly string[]) {
  let text = ''
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((written) => {
      text += written
      return true
    })
  return { code: await main(['options', ...args]), text }
}

it('lists the services of the project, and how each comes to be there', async () => {
  const { code, text } = await run()
  expect(text).toMatch(/^service +is there +written in +what it is\n/)
  expect(text).toMatch(/^pooler +where it is named +roles-src\/pgbouncer\/service\.ts +PgBouncer/m)
  expect(text).toMatch(/^tls +by itself, where others want it /m)
  expect(code).toBe(0)
})

it('prints what a deployment may say of one', async () => {
  const { code, text } = await run('database')
  expect(text).toMatch(/^database \(roles-src\/patroni\/service\.ts\): PostgreSQL with one writer/)
  expect(text).toMatch(/^hosts +a list of hosts +required +Members/m)
  expect(text).toMatch(/^vip +a virtual IP +required /m)
  expect(text).toMatch(/^timing\.ttl +a whole number +20 +Seconds/m)
  expect(text).toMatch(/^databases\[\]\.owner +text +required/m)
  expect(code).toBe(0)
})

it('refuses a service that there is not, with the one that was most likely meant', async () => {
  const { code, text } = await run('databse')
  expect(text).toContain('There is no service "databse". Did you mean "database"?')
  expect(code).toBe(2)
})

describe('what an option takes', () => {
  it.each([
    [z.string(), 'text'],
    [z.boolean(), 'true or false'],
    [z.enum(['on', 'off']), 'on or off'],
    [z.literal('only'), 'only'],
    [z.union([z.literal('auto'), z.int().min(1)]), 'auto or a whole number from 1 on'],
    [z.int(), 'a whole number'],
    [z.int().max(9), 'a whole number up to 9'],
    [z.number().min(0).max(1), 'a number from 0 to 1'],
    [hostName(), 'a host'],
    [z.array(hostName()), 'a list of hosts'],
    [z.array(vipName()), 'a list of virtual IPs'],
    [z.array(z.string()), 'a list of texts'],
    [z.array(z.enum(['a', 'b'])), 'a list, each a or b'],
    [z.array(z.object({})), 'a list of objects'],
    [z.record(z.string(), z.int()), 'a whole number by name'],
    [z.custom(() => true), 'any value'],
  ] as const)('%#: %s', (schema, takes) => {
    expect(optionsOf(z.object({ option: schema }))).toMatchObject([{ path: 'option', takes }])
  })
})

it('tells what is required, what has a default, and what may be left out, inside of others, too', () => {
  const inner = z.object({ port: z.int().default(80), name: z.string().describe('Its name.') })
  const schema = z.object({
    all: z.array(inner),
    one: inner.prefault({ name: 'x' }),
    more: z.string().optional(),
  })
  expect(optionsOf(schema).map(({ path, fallback }) => `${path} ${fallback}`.trim())).toEqual([
    'all required',
    'all[].port 80',
    'all[].name required',
    'one',
    'one.port 80',
    'one.name required',
    'more',
  ])
})
