import { describe, expect, it } from 'vitest'
import { enoughMembers, singlePoints } from '../../src/rules/redundancy.ts'
import type { Need, ServiceDeclaration } from '../../src/topology/index.ts'
import { said, settled } from './village.ts'

const well = (hosts: readonly string[], needs: readonly Need[] = []): ServiceDeclaration => ({
  hosts,
  endpoints: [{ name: 'water', port: 7000, protocol: 'tcp', purpose: 'water', metrics: {} }],
  needs,
})
const water = { to: { service: 'well', endpoint: 'water' }, purpose: 'water' } as const

describe('a single point of failure', () => {
  it('is what people or other services need of one host', () => {
    const topology = settled({
      well: well(['tower'], [{ ...water, from: [], outside: ['clients'] }]),
      kitchen: { hosts: ['inn'], needs: [{ ...water, from: ['inn'] }] },
    })
    expect(said(singlePoints, topology)).toEqual([
      'well runs on tower alone; it is needed by clients and kitchen.',
    ])
  })

  it('is none where its own host alone needs it, or monitoring', () => {
    const topology = settled({
      well: well(['tower'], [{ ...water, from: ['tower'] }]),
      watch: { hosts: ['inn'], needs: [{ from: ['inn'], to: 'monitored', purpose: 'metrics' }] },
    })
    expect(said(singlePoints, topology)).toEqual([])
  })

  it('is an endpoint that one of several hosts opens', () => {
    const declaration = well(['inn', 'tower'], [{ ...water, from: ['mill'] }])
    const [endpoint] = declaration.endpoints ?? []
    const opened = endpoint ? [{ ...endpoint, hosts: ['tower'] }] : []
    expect(said(singlePoints, settled({ well: { ...declaration, endpoints: opened } }))).toEqual([
      'well runs on tower alone; it is needed by mill.',
    ])
  })

  it('is found behind a virtual IP', () => {
    const topology = settled({
      well: {
        ...well(['tower']),
        listeners: [
          {
            ...{ name: 'spring', vip: 'front', port: 7000, endpoint: 'water', purpose: 'water' },
            ...{ balance: 'first', check: { kind: 'tcp' } },
          },
        ],
      },
      kitchen: { hosts: ['inn'], needs: [{ from: ['inn'], to: { listener: 'spring' }, purpose: 'water' }] },
    })
    expect(said(singlePoints, topology)).toEqual(['well runs on tower alone; it is needed by kitchen.'])
  })
})

describe('members', () => {
  const council = (hosts: readonly string[], majority: boolean) =>
    said(
      enoughMembers,
      settled({ council: { hosts, redundancy: { atLeast: 2, majority, because: 'So it is.' } } }),
    )
  it('are as many as the service says', () => {
    expect(council(['inn'], false)).toEqual(['council has 1 host and needs 2 at least. So it is.'])
    expect(council(['inn', 'mill'], false)).toEqual([])
  })

  it('are an odd number where most of them have to agree', () => {
    expect(council(['inn', 'mill'], true)).toEqual(['council has 2 hosts and needs an odd number. So it is.'])
    expect(council(['inn', 'mill', 'tower'], true)).toEqual([])
  })
})
