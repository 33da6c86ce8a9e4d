import { describe, expect, it } from 'vitest'
import { domainsOutlived, domainsWhole, holdersApart } from '../../src/rules/failure-domains.ts'
import type { Redundancy, ServiceDeclaration } from '../../src/topology/index.ts'
import { said, saidOfPlan, settled } from './village.ts'

const well = (hosts: readonly string[], redundancy?: Redundancy): ServiceDeclaration => ({
  hosts,
  endpoints: [{ name: 'water', port: 7000, protocol: 'tcp', purpose: 'water' }],
  ...(redundancy && { redundancy }),
})
const majority: Redundancy = { atLeast: 3, majority: true, because: 'Most agree.' }
const street = { street: ['inn', 'mill'], hill: ['tower'] }
const lost = (declaration: ServiceDeclaration, failureDomains: Readonly<Record<string, readonly string[]>>) =>
  said(domainsOutlived, settled({ well: declaration }, { failureDomains }))

describe('the loss of a failure domain', () => {
  it('may take all hosts of a service but one', () => {
    expect(lost(well(['inn', 'mill', 'tower']), street)).toEqual([])
    expect(lost(well(['inn', 'mill']), street)).toEqual([
      'The failure domain street takes 2 of the 2 hosts of well with it, which may lose 1: inn and mill.',
    ])
  })

  it('may take less than half of those of which most have to agree', () => {
    expect(lost(well(['inn', 'mill', 'tower'], majority), street)).toEqual([
      'The failure domain street takes 2 of the 3 hosts of well with it, which may lose 1: inn and mill.',
    ])
    expect(
      lost(well(['inn', 'mill', 'tower'], majority), { street: ['inn'], brook: ['mill'], hill: ['tower'] }),
    ).toEqual([])
  })

  it('may take as many as the service says', () => {
    const none = { atLeast: 1, majority: false, mayLose: 0, because: 'All are needed.' }
    expect(lost(well(['mill', 'tower'], none), { hill: ['tower'] })).toEqual([
      'The failure domain hill takes 1 of the 2 hosts of well with it, which may lose 0: tower.',
    ])
  })

  it('is judged in every domain of a host', () => {
    expect(lost(well(['inn', 'mill']), { ...street, feed: ['inn', 'mill', 'tower'] })).toHaveLength(2)
  })

  it('is no matter of a host alone, nor of what opens no port', () => {
    expect(lost(well(['tower']), street)).toEqual([])
    expect(lost({ hosts: ['inn', 'mill'] }, street)).toEqual([])
  })
})

it('finds a virtual IP whose holders are lost at once', () => {
  expect(saidOfPlan(holdersApart, { failureDomains: street })).toEqual([
    'All holders of the virtual IP front are in the failure domain street: inn and mill.',
  ])
  expect(saidOfPlan(holdersApart, { failureDomains: { street: ['inn'], hill: ['mill', 'tower'] } })).toEqual(
    [],
  )
})

it('finds a host of which nobody says where it stands, where domains are declared', () => {
  expect(saidOfPlan(domainsWhole, { failureDomains: { street: ['inn', 'mill'] } })).toEqual([
    'tower is in no failure domain.',
  ])
  expect(saidOfPlan(domainsWhole, {})).toEqual([])
})
