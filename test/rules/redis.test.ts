import { expect, it } from 'vitest'
import { saidOf } from './production.ts'

it('leads to the memory of Redis where it is told, and to that of its host where it is not', async () => {
  const places = async (memory: string | undefined) => {
    const services = { redis: memory === undefined ? {} : { memory } }
    const { topology } = await saidOf({ services })
    return topology?.capacity.filter(({ what }) => what === 'data of Redis').map(({ at }) => at.join('.'))
  }
  expect(await places('5 GB')).toEqual(['services.redis.memory'])
  expect(await places(undefined)).toEqual(['hosts.redis.memory'])
})

it('says of a size what was written', async () => {
  expect((await saidOf({ services: { redis: { memory: '6 gigs' } } })).refused).toEqual([
    `services.redis.memory: "6 gigs" is no size; write '6 GB'.`,
  ])
})
