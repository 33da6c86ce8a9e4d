import { expect, it } from 'vitest'
import { variant } from '../roles/variants.ts'

const waivers = [{ rule: 'HA-006', because: 'An example.' }]

it('lets nobody make rooms for every Matrix server, or for none', async () => {
  const of = async (...homeservers: string[]) =>
    (await variant({ services: { livekit_jwt: { homeservers } } })).findings.join()
  expect(await of('*')).toContain('is no name of a Matrix server; * would let users of every one make rooms')
  expect(await of()).toContain('names no server, so that nobody could begin a call')
  expect(await of('chat.z3r0d3v.com')).toBe('')
})

it('asks whether somebody uses Redis also where there is no LiveKit', async () => {
  const services = {
    livekit: undefined,
    livekit_jwt: undefined,
    names: { hosts: ['monitoring', 'livekit'] as const },
  }
  const { findings } = await variant({ services, waivers })
  expect(findings).toContain('Redis is there, and nobody keeps anything in it.')
})

it('wants no more ports of a range than people are expected in calls', async () => {
  const range = (last: number) => ({ livekit: { udpPorts: { mode: 'range', first: 50_000, last } as const } })
  // 500 of 10,000 users are in calls at once, and each takes two ports.
  expect((await variant({ services: range(50_999) })).findings).toEqual([])
  expect((await variant({ services: range(50_997) })).findings.join()).toContain('500 are expected there')
})
