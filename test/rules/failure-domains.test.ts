import { describe, expect, it } from 'vitest'
import { domainsOutlived, domainsWhole, holdersApart } from '../../src/rules/failure-domains.ts'
import { host, type Redundancy, type ServiceDeclaration } from '../../src/topology/index.ts'
import { said, saidOfPlan, settled, village } from './village.ts'

const farm = { cpus: 1, memory: '1 GB', disks: ['10 GB'], os: 'debian-13' } as const

const well = (hosts: readonly string[], redundancy?: Redundancy): ServiceDeclaration => ({
  hosts,
  endpoints: [{ name: 'water', port: 7000, protocol: 'tcp', purpose: 'water' }],
  needs: [{ from: [], outside: ['clients'], to: { service: 'well', endpoint: 'water' }, purpose: 'water' }],
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

  it('may take as many of each list of hosts', () => {
    const hosts = ['inn', 'mill', 'tower', 'farm']
    const pools: Redundancy = {
      atLeast: 2,
      majority: false,
      groups: [
        ['inn', 'mill'],
        ['tower', 'farm'],
      ],
      because: 'Each pool needs one.',
    }
    const four = (failureDomains: Readonly<Record<string, readonly string[]>>) =>
      said(
        domainsOutlived,
        settled(
          { well: well(hosts, pools) },
          { failureDomains, hosts: { ...village().input.hosts, farm: host('10.1.0.14', farm) } },
        ),
      )
    expect(four({ north: ['inn', 'tower'], south: ['mill', 'farm'] })).toEqual([])
    expect(four({ north: ['inn', 'mill'], south: ['tower'], west: ['farm'] })).toEqual([
      'The failure domain north takes 2 of the 2 hosts of well with it, which may lose 1: inn and mill.',
    ])
  })

  it('is judged in every domain of a host', () => {
    expect(lost(well(['inn', 'mill']), { ...street, feed: ['inn', 'mill', 'tower'] })).toHaveLength(2)
  })

  it('is no matter of a host alone, nor of what nobody waits for', () => {
    expect(lost(well(['tower']), street)).toEqual([])
    const { needs: _, ...alone } = well(['inn', 'mill'])
    expect(lost(alone, street)).toEqual([])
    const need = { from: [], to: { service: 'well', endpoint: 'water' }, purpose: 'water' } as const
    expect(lost({ ...alone, needs: [{ ...need, outside: ['admins', 'controller'] }] }, street)).toEqual([])
    // The only host that asks is lost together with them.
    expect(lost({ ...alone, needs: [{ ...need, from: ['mill'] }] }, street)).toEqual([])
    expect(lost({ ...alone, needs: [{ ...need, from: ['tower'] }] }, street)).toHaveLength(1)
  })

  it('is judged by the hosts that are asked, and not by those that ask', () => {
    const all = ['inn', 'mill', 'tower']
    const time = (sources: readonly string[]): ServiceDeclaration => ({
      hosts: all,
      endpoints: [{ name: 'water', port: 123, protocol: 'udp', hosts: sources, purpose: 'the time' }],
      needs: [{ from: all, to: { service: 'well', endpoint: 'water' }, purpose: 'the time' }],
    })
    expect(lost(time(['inn', 'tower']), street)).toEqual([])
    expect(lost(time(['inn', 'mill']), street)).toEqual([
      'The failure domain street takes 2 of the 2 hosts of well with it, which may lose 1: inn and mill.',
    ])
  })

  it('tells how many domains are enough', () => {
    const hints = (declaration: ServiceDeclaration) =>
      domainsOutlived
        .check(settled({ well: declaration }, { failureDomains: street }))
        .map(({ hint }) => hint?.split(': ')[1])
    expect(hints(well(['inn', 'mill']))).toEqual(['2 domains are enough.'])
    expect(hints(well(['inn', 'mill', 'tower'], majority))).toEqual(['3 domains are enough.'])
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
