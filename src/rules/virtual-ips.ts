import { isWithin } from '../topology/networks.ts'
import { definePlanRule, defineRule, type Violation } from '../topology/rule.ts'
import { frontendsOf } from '../topology/vip.ts'

export const severalHolders = definePlanRule({
  code: 'HA-001',
  severity: 'error',
  demand: 'A virtual IP has two holders at least, each of them once.',
  reason:
    'It is there to move to another host when one is lost; with one holder it is lost together with it.',
  evidence:
    'RFC 9568, section 1 (a virtual router has backups). Measured: with two holders another one answers 2.8 s after a host is lost.',
  wayOut: 'Name a second host of the same network.',
  checkPlan: ({ vips }) =>
    Object.entries(vips).flatMap(([name, { hosts }]): readonly Violation[] => {
      const distinct = [...new Set(hosts)]
      const at = ['vips', name, 'hosts']
      if (distinct.length < 2) {
        const message =
          distinct[0] === undefined
            ? `No host holds the virtual IP ${name}.`
            : `Nobody but ${distinct[0]} can hold the virtual IP ${name}.`
        const hint = distinct[0] === undefined ? { hint: 'Name two hosts of the same network.' } : {}
        return [{ message, subject: name, at, ...hint }]
      }
      return distinct.length < hosts.length
        ? [{ message: `The virtual IP ${name} names a host twice: ${hosts.join(', ')}.`, subject: name, at }]
        : []
    }),
})

export const holdersInNetwork = definePlanRule({
  code: 'HA-002',
  severity: 'error',
  demand: 'The holders of a virtual IP have addresses in its network.',
  reason:
    'The holder answers for the address in its own network segment; from another one nobody would hear it, and the gateway would still send packets to the old segment.',
  evidence:
    'RFC 9568, section 1.6 (the routers of a virtual router share a LAN); RFC 826 (ARP ends at a gateway).',
  wayOut: "Give it an address of its holders' network, or name hosts of its own.",
  checkPlan: ({ vips, hosts, networks }) =>
    Object.entries(vips).flatMap(([name, vip]) => {
      const own = Object.entries(networks).find(([, { cidr }]) => isWithin(vip.address, cidr))
      if (!own) return [] // NET-001 says so
      const [network, { cidr }] = own
      return vip.hosts.flatMap((holder, index): readonly Violation[] => {
        const address = hosts[holder]?.address
        if (address === undefined || isWithin(address, cidr)) return []
        const message = `${holder} may hold the virtual IP ${name} and has the address ${address}, which does not lie in its network ${network}, ${cidr}.`
        return [{ message, subject: name, at: ['vips', name, 'hosts', index] }]
      })
    }),
})

export const preferredApart = definePlanRule({
  code: 'HA-003',
  severity: 'warning',
  demand: 'No two virtual IPs prefer the same host.',
  reason:
    'Of holders that start together the first one gets it: one host would then carry the traffic of several tiers, and take all of them away when it is lost.',
  evidence:
    'RFC 9568, section 6.4 (the backup of the highest priority becomes active); the first holder has it.',
  wayOut: 'Let another of its holders come first.',
  checkPlan: ({ vips }) => {
    const preferring = new Map<string, string>()
    return Object.entries(vips).flatMap(([name, { hosts }]): readonly Violation[] => {
      const [first] = hosts
      if (first === undefined) return []
      const other = preferring.get(first)
      if (other === undefined) preferring.set(first, name)
      const message = `The virtual IPs ${other} and ${name} both prefer ${first}.`
      return other === undefined ? [] : [{ message, subject: name, at: ['vips', name, 'hosts'] }]
    })
  },
})

export const virtualIpServes = defineRule({
  code: 'NET-013',
  severity: 'warning',
  demand: 'Something is found on every virtual IP.',
  reason: 'No host takes an address on which no service has a port: whoever is told of it gets no answer.',
  evidence: 'The service keepalived has an instance for virtual IPs with listeners, and for no others.',
  wayOut: 'Give the virtual IP to a service (`vip`), or take it out.',
  check: ({ vips, services }) => {
    const used = new Set(services.flatMap((service) => frontendsOf(service).map(({ vip }) => vip)))
    return vips
      .filter(({ name }) => !used.has(name))
      .map(({ name, address }) => ({
        message: `Nothing is found on the virtual IP ${name}, ${address}.`,
        subject: name,
        at: ['vips', name],
      }))
  },
})
