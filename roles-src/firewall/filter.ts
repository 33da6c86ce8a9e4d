import { type Flow, type Topology, type TopologyHost, withoutCovered } from '#topology'

/** What one host lets in. */
export interface Rule {
  readonly purpose: string
  readonly protocol: Flow['protocol']
  readonly ports: string[]
  readonly sources: string[]
  readonly destinations: string[]
}

/** The flows table as one host sees it: what may come to its own address and to the virtual IPs that it may hold. */
export function rulesOf(host: TopologyHost, topology: Topology): readonly Rule[] {
  const own = [
    host.address,
    ...topology.vips
      .filter(({ hosts }) => hosts.some(({ name }) => name === host.name))
      .map((vip) => vip.address),
  ]
  // Ports by destination, protocol and service, each with everybody who may come there.
  const ports = new Map<string, Opened>()
  for (const flow of topology.flows)
    for (const destination of flow.to.filter((address) => own.includes(address))) {
      const key = [destination, flow.protocol, flow.service, flow.port, flow.lastPort].join(' ')
      const opened = ports.get(key) ?? { ...open(flow, destination), sources: new Set(), purposes: new Set() }
      for (const source of flow.from) if (source !== host.address) opened.sources.add(source)
      opened.purposes.add(flow.purpose)
      ports.set(key, opened)
    }
  // Ports of a service that the same sources reach for the same purposes share a rule.
  const rules = new Map<string, Rule>()
  for (const { protocol, service, destination, port, sources, purposes } of ports.values()) {
    if (sources.size === 0) continue
    const purpose = `${service}: ${[...purposes].join('; ')}`
    const sorted = [...withoutCovered([...sources])].sort(byNumber)
    const key = [protocol, destination, purpose, ...sorted].join(' ')
    const rule = rules.get(key)
    if (rule) rule.ports.push(port)
    else
      rules.set(key, {
        purpose,
        protocol,
        ports: protocol === 'vrrp' ? [] : [port],
        sources: sorted,
        destinations: protocol === 'vrrp' ? [] : [destination],
      })
  }
  return [...rules.values()]
}

interface Opened {
  readonly protocol: Flow['protocol']
  readonly service: string
  readonly destination: string
  readonly port: string
  readonly sources: Set<string>
  readonly purposes: Set<string>
}

const open = ({ protocol, service, port, lastPort }: Flow, destination: string) => ({
  protocol,
  service,
  destination,
  port: lastPort > port ? `${port}-${lastPort}` : String(port),
})

/** Addresses in the order of their numbers, for people who read the rules. */
function byNumber(one: string, other: string): number {
  const key = (address: string) =>
    address
      .split(/[./]/)
      .map((part) => part.padStart(3, '0'))
      .join('.')
  return key(one) < key(other) ? -1 : 1
}
