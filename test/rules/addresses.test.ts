import { expect, it } from 'vitest'
import { uniqueAddress, verifierOutside } from '../../src/rules/addresses.ts'
import { usableAddresses } from '../../src/rules/networks.ts'
import { saidOfPlan } from './village.ts'

it('has the one who asks as clients do see what clients see', () => {
  const of = (client: string) =>
    saidOfPlan(verifierOutside, { admins: ['10.3.0.0/24', '10.2.9.0/24'], verifiers: { client } })
  expect(of('10.2.0.7')).toEqual([])
  expect(of('10.2.9.7')).toEqual([
    "The verifier client has the address 10.2.9.7 of the administrators' network 10.2.9.0/24: it would see what no user sees.",
  ])
  expect(of('10.3.0.7')).toEqual([
    "The verifier client has the address 10.3.0.7, which lies in none of the clients' networks.",
  ])
})

it('lets administrators ask from a part of the network of clients', () => {
  expect(saidOfPlan(verifierOutside, { admins: ['10.2.9.0/24'], verifiers: { admin: '10.2.9.7' } })).toEqual(
    [],
  )
})

it('gives the controller and verifiers addresses of their own, and none that no machine can have', () => {
  const given = { controller: '10.1.0.11', verifiers: { admin: '10.1.0.255', client: '10.1.0.11' } }
  expect(saidOfPlan(uniqueAddress, given)).toHaveLength(2)
  expect(saidOfPlan(usableAddresses, { ...given, controller: '10.1.0.0' })).toEqual([
    'The controller has the address 10.1.0.0, which is the network green itself.',
    'The verifier admin has the address 10.1.0.255, which is all hosts of the network green at once.',
  ])
})
