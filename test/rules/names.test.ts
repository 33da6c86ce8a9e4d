import { describe, expect, it } from 'vitest'
import {
  directNamesLeadToHosts,
  oneAddressPerName,
  reservedNames,
  toldNamesLeadToProxy,
} from '../../src/rules/names.ts'
import {
  type AdvertisedName,
  host,
  type NameNeed,
  type ServiceDeclaration,
} from '../../src/topology/index.ts'
import { said, saidOfPlan, settled, village } from './village.ts'

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

describe('the own name of a host or a virtual IP', () => {
  const names = (of: string, ...given: readonly string[]) =>
    said(oneAddressPerName, settled({ signs: { hosts: ['inn'], names: [{ of, names: given }] } }))

  it('is given to nothing else', () => {
    expect(names('front', 'mill', 'mill.internal', 'front-vip')).toEqual([
      'The name mill would lead to front and to mill.',
      'The name mill.internal would lead to front and to mill.',
    ])
    expect(names('inn', 'front-vip.internal')).toEqual([
      'The name front-vip.internal would lead to inn and to front.',
    ])
    expect(names('inn', 'localhost')).toEqual([
      'The name localhost would lead to inn and to every host itself.',
    ])
  })

  it('may be said again', () => {
    expect(names('mill', 'mill', 'mill.internal')).toEqual([])
  })

  it('is judged where clients are told it, too', () => {
    const topology = settled({
      web: {
        hosts: ['inn'],
        frontends: [{ name: 'https', vip: 'front', port: 443, purpose: 'pages' }],
        advertised: [{ name: 'mill.internal', leads: { listener: 'https' }, purpose: 'pages' }],
        names: [{ of: 'front', names: ['mill.internal'] }],
      },
    })
    expect(said(oneAddressPerName, topology)).toEqual([
      'The name mill.internal would lead to front and to mill.',
    ])
  })

  it('is not one of a virtual IP where it is that of a host', () => {
    const hardware = { cpus: 1, memory: '1 GB', disks: ['10 GB'] }
    const hosts = { ...village().input.hosts, 'front-vip': host('10.1.0.14', hardware) }
    expect(said(oneAddressPerName, settled({}, { hosts }))).toEqual([
      'The name front-vip.internal would lead to front-vip and to front.',
      'The name front-vip would lead to front-vip and to front.',
    ])
  })
})

it('A name is not reserved for something else', () => {
  const { inn, ...others } = village().input.hosts
  const called = (name: string) =>
    saidOfPlan(reservedNames, inn ? { hosts: { ...others, [name]: inn }, vips: {} } : {})
  expect(['ungrouped', 'outside', 'client'].flatMap(called)).toHaveLength(3)
  expect(called('outsider')).toEqual([])
  expect(saidOfPlan(reservedNames, { name: 'roles' })).toEqual([
    'The deployment is called roles, which is the folder of the roles that all of them share.',
  ])
})
