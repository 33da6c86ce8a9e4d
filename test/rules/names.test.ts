import { describe, expect, it } from 'vitest'
import { directNamesLeadToHosts, oneAddressPerName, toldNamesLeadToProxy } from '../../src/rules/names.ts'
import type { AdvertisedName, NameNeed, ServiceDeclaration } from '../../src/topology/index.ts'
import { said, settled } from './village.ts'

const name = 'www.village.example'
const told = (leads: AdvertisedName['leads'], ...given: readonly string[]) =>
  settled({
    web: {
      hosts: ['inn', 'mill'],
      frontends: [{ name: 'https', vip: 'front', port: 443, purpose: 'pages' }],
      advertised: [{ name, leads, purpose: 'pages' }],
      names: given.map((of): NameNeed => ({ of, names: [name] })),
    } satisfies ServiceDeclaration,
  })

describe('a name that clients are told', () => {
  it('leads to the virtual IP where a proxy answers', () => {
    const proxy = { listener: 'https' }
    expect(said(toldNamesLeadToProxy, told(proxy, 'front'))).toEqual([])
    const wanted = 'it has to lead to the virtual IP front, 10.1.0.10.'
    expect(said(toldNamesLeadToProxy, told(proxy, 'tower'))).toEqual([
      `Clients are told ${name} (pages), which leads to tower, 10.1.0.13; ${wanted}`,
    ])
    expect(said(toldNamesLeadToProxy, told(proxy))).toEqual([
      `Clients are told ${name} (pages), which leads nowhere; ${wanted}`,
    ])
  })

  it('leads to the host of what passes no proxy', () => {
    expect(said(directNamesLeadToHosts, told({ host: 'tower' }, 'tower'))).toEqual([])
    expect(said(directNamesLeadToHosts, told({ host: 'tower' }, 'front', 'tower'))).toEqual([
      `Clients are told ${name} (pages), which leads to front, 10.1.0.10, and to tower, 10.1.0.13; it has to lead to the host tower, 10.1.0.13.`,
    ])
  })
})

it('A name leads to one address, and may be said to twice', () => {
  const names = (...given: readonly string[]) =>
    settled({ signs: { hosts: ['inn'], names: given.map((of) => ({ of, names: [name] })) } })
  expect(said(oneAddressPerName, names('inn', 'inn'))).toEqual([])
  expect(said(oneAddressPerName, names('inn', 'mill'))).toEqual([
    `The name ${name} would lead to inn and to mill.`,
  ])
})
