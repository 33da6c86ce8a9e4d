import { describe, expect, it } from 'vitest'
import {
  clientsApart,
  clientsAreNoAdmins,
  hostsAreNoAdmins,
  networksApart,
  privateNetworks,
  usableAddresses,
} from '../../src/rules/networks.ts'
import { host, network } from '../../src/topology/index.ts'
import { saidOfPlan } from './village.ts'

describe('networks', () => {
  it('are found to overlap where another one lies between them', () => {
    const networks = {
      green: network('10.1.0.0/24'),
      pond: network('10.1.0.0/28'),
      hill: network('10.1.0.128/25'),
      wood: network('10.1.1.0/24'),
    }
    expect(saidOfPlan(networksApart, { networks })).toEqual([
      'The network pond, 10.1.0.0/28, has addresses in common with green, 10.1.0.0/24.',
      'The network hill, 10.1.0.128/25, has addresses in common with green, 10.1.0.0/24.',
    ])
  })

  it('have the address of their first host as gateway, wherever they begin', () => {
    expect(network('10.1.0.128/25').gateway).toBe('10.1.0.129')
    expect(saidOfPlan(usableAddresses, { networks: { hill: network('10.1.0.128/25') } })).toEqual([])
  })

  it('of two addresses give both to machines', () => {
    const networks = { link: network('10.1.0.10/31', { gateway: '10.1.0.10' }) }
    expect(saidOfPlan(usableAddresses, { networks })).toEqual([])
  })

  it('are private ones, among them those of providers and those of examples', () => {
    const of = (cidr: string) => saidOfPlan(privateNetworks, { networks: { green: network(cidr) } })
    expect(['10.0.0.0/8', '172.31.0.0/16', '100.64.0.0/10', '192.0.2.0/24'].flatMap(of)).toEqual([])
    expect(of('172.32.0.0/16')).toEqual(['The network green, 172.32.0.0/16, has public addresses.'])
    expect(of('0.0.0.0/0')).toHaveLength(1)
  })
})

describe('people', () => {
  it('may administer from a part of the network of clients, and not the other way round', () => {
    expect(saidOfPlan(clientsAreNoAdmins, { clients: ['10.2.0.0/16'], admins: ['10.2.9.0/24'] })).toEqual([])
    expect(
      saidOfPlan(clientsAreNoAdmins, { clients: ['10.2.9.0/24'], admins: ['10.2.0.0/16'] }),
    ).toHaveLength(1)
  })

  it('are no administrators where several networks of these are one of theirs', () => {
    const of = (...admins: string[]) =>
      saidOfPlan(clientsAreNoAdmins, { clients: ['10.2.0.0/16'], admins: ['10.3.0.0/24', ...admins] })
    const all =
      "All of the clients' network 10.2.0.0/16 would be administrators: it lies within 10.2.0.0/17 and 10.2.128.0/17."
    expect(of('10.2.0.0/17', '10.2.128.0/17')).toEqual([all, all])
    expect(of('10.2.0.0/17', '10.2.0.0/18', '10.2.192.0/18')).toEqual([])
  })

  it('may administer from a network of the deployment in which no host stands', () => {
    const networks = { green: network('10.1.0.0/24'), management: network('10.3.0.0/24') }
    expect(saidOfPlan(hostsAreNoAdmins, { networks })).toEqual([])
    expect(saidOfPlan(hostsAreNoAdmins, { networks, admins: ['10.1.0.0/24'] })).toEqual([
      'inn and 2 more would be among the administrators: 10.1.0.0/24 is a network of theirs.',
    ])
  })

  it('have no network that is one of the servers', () => {
    expect(saidOfPlan(clientsApart, { clients: ['10.1.0.64/26'] })).toEqual([
      "The clients' network 10.1.0.64/26 has addresses in common with the network green, 10.1.0.0/24.",
    ])
  })

  it('are no matter of what is no network at all, which is another finding', () => {
    const broken = { clients: ['everybody'], admins: ['10.3.0.0/99'], networks: { green: network('green') } }
    for (const rule of [networksApart, clientsApart, hostsAreNoAdmins, clientsAreNoAdmins, privateNetworks])
      expect(saidOfPlan(rule, broken), rule.code).toEqual([])
    const hosts = { inn: host('inn', { cpus: 1, memory: '1 GB', disks: [] }) }
    expect(saidOfPlan(usableAddresses, { ...broken, hosts })).toEqual([])
  })
})
