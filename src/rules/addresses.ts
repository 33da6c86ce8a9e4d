import type { DeploymentInput } from '../topology/deployment.ts'
import { isWithin } from '../topology/networks.ts'
import { definePlanRule, type Place, type Violation } from '../topology/rule.ts'

/** Something that has an address of its own. */
interface Owner {
  readonly address: string
  /** In a sentence, such as `the virtual IP edge`. */
  readonly called: string
  readonly subject: string
  readonly at: Place
}

const hostsAndVips = ({ hosts, vips }: DeploymentInput): readonly Owner[] => [
  ...Object.entries(hosts).map(([name, { address }]) => ({
    address,
    called: name,
    subject: name,
    at: ['hosts', name],
  })),
  ...Object.entries(vips).map(([name, { address }]) => ({
    address,
    called: `the virtual IP ${name}`,
    subject: name,
    at: ['vips', name, 'address'],
  })),
]

export const addressInNetwork = definePlanRule({
  code: 'NET-001',
  severity: 'error',
  demand: 'Every host and every virtual IP has an address in a declared network.',
  reason:
    'Interfaces, gateways, firewalls and the addresses that servers listen on follow from the network that an address lies in.',
  evidence: 'src/topology/derive.ts takes them from there; an address elsewhere has none of them.',
  wayOut: 'Correct the address, or declare its network.',
  checkPlan: (input) => {
    const networks = Object.entries(input.networks)
    return hostsAndVips(input)
      .filter(({ address }) => !networks.some(([, { cidr }]) => isWithin(address, cidr)))
      .map(
        ({ address, called, subject, at }): Violation => ({
          message: `${called} has the address ${address}, which lies in no declared network.`,
          subject,
          at,
          hint: `Networks: ${networks.map(([name, { cidr }]) => `${name} ${cidr}`).join(', ')}.`,
        }),
      )
  },
})

export const uniqueAddress = definePlanRule({
  code: 'NET-002',
  severity: 'error',
  demand:
    'Hosts, virtual IPs, gateways, the controller and verifiers have addresses of their own: no address belongs to two of them.',
  reason:
    'Two machines that answer for one address answer in turns, as the switches last heard of them. A virtual IP that is a host of its own cannot move.',
  evidence:
    'RFC 5227 (address conflicts); RFC 9568, section 6 (who owns the address of a virtual router keeps it).',
  wayOut: 'Give one of the two another address.',
  checkPlan: (input) => {
    const taken = new Map<string, string>(
      Object.entries(input.networks).map(([name, { gateway }]) => [gateway, `the gateway of ${name}`]),
    )
    const others = Object.entries(input.verifiers ?? {}).map(
      ([name, address]): Owner => ({
        address,
        called: `the verifier ${name}`,
        subject: name,
        at: ['verifiers', name],
      }),
    )
    const controller = {
      address: input.controller,
      called: 'the controller',
      subject: 'controller',
      at: ['controller'],
    }
    return [...hostsAndVips(input), controller, ...others].flatMap(({ address, called, subject, at }) => {
      const other = taken.get(address)
      if (other === undefined) taken.set(address, called)
      return other === undefined
        ? []
        : [{ message: `${called} has the address ${address}, which is that of ${other}.`, subject, at }]
    })
  },
})

export const verifierOutside = definePlanRule({
  code: 'NET-003',
  severity: 'error',
  demand:
    'A verifier has an address in a network of those whom it stands for, and one that asks as clients do is no administrator.',
  reason:
    'Firewalls and proxies decide by address: what is asked from elsewhere shows what nobody of those people would see.',
  evidence: 'The flows table opens ports for the networks of clients and of admins, and for no others.',
  wayOut: 'Give it a free address of such a network; for clients one outside of those of the administrators.',
  checkPlan: ({ verifiers = {}, clients, admins }) =>
    (['client', 'admin'] as const).flatMap((name): readonly Violation[] => {
      const address = verifiers[name]
      const networks = name === 'client' ? clients : admins
      if (address === undefined) return []
      const at = ['verifiers', name]
      if (!networks.some((network) => isWithin(address, network))) {
        const message = `The verifier ${name} has the address ${address}, which lies in none of the ${name}s' networks.`
        return [{ message, subject: name, at, hint: `Networks: ${networks.join(', ')}.` }]
      }
      const admin = name === 'client' ? admins.find((network) => isWithin(address, network)) : undefined
      const message = `The verifier client has the address ${address} of the administrators' network ${admin}: it would see what no user sees.`
      return admin === undefined ? [] : [{ message, subject: name, at }]
    }),
})
