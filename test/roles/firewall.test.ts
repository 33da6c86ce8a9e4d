import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rulesOf } from '../../roles-src/firewall/filter.ts'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'
import { renderTemplate } from './render.ts'
import {
  ADMINS,
  addressOf,
  CLIENTS,
  CONTROLLER,
  holdersOf,
  type Plan,
  plans,
  topologyOf,
  vipAddress,
} from './topologies.ts'

interface Probe {
  readonly source: string
  readonly destination: string
  readonly protocol: 'tcp' | 'udp' | 'vrrp'
  readonly port: number
}

/** Sends packets to a host that has these rules and nothing else. */
function letIn(rules: string, addresses: readonly string[], probes: readonly Probe[]): readonly boolean[] {
  const run = spawnSync('python3', [join(root, 'test/roles/packets.py')], {
    input: JSON.stringify({ rules, addresses, probes }),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout) // the script's own format
}

/** Sources that stand for those inside and outside of networks. */
const OUTSIDERS: Readonly<Record<string, readonly string[]>> = {
  clients: ['198.51.100.1', '198.51.100.127'],
  admins: ['203.0.113.1'],
  controller: [CONTROLLER],
  nobody: ['198.51.100.128', '203.0.113.16', '192.0.2.7', '10.0.0.99'],
}
const belongs = (source: string, outside: Plan['services'][number]['needs'][number]['outside']) =>
  outside.some((who) => OUTSIDERS[who]?.includes(source)) ||
  // The controller's address lies in the administrators' network.
  (outside.includes('admins') && source === CONTROLLER)

/** Whether the plan lets a probe in, worked out from what was declared and not from flows. */
function declared(plan: Plan, place: number, { source, destination, protocol, port }: Probe): boolean {
  const from = (places: readonly number[]) => places.some((p) => p !== place && addressOf(p) === source)
  if (protocol === 'vrrp')
    return ([0, 1] as const).some((vip) => {
      const holders = holdersOf(plan, vip)
      return (
        plan.services.some(({ listener }) => listener?.vip === vip) &&
        holders.length > 1 &&
        holders.includes(place) &&
        from(holders)
      )
    })
  return plan.services.some((service) => {
    const at = (index: number) => {
      const endpoint = service.endpoints[index % service.endpoints.length]
      return (
        endpoint !== undefined &&
        endpoint.protocol === protocol &&
        destination === addressOf(place) &&
        service.hosts.includes(place) &&
        port >= endpoint.port &&
        port < endpoint.port + endpoint.length
      )
    }
    const { listener } = service
    return (
      (listener !== undefined && at(0) && from(holdersOf(plan, listener.vip))) ||
      service.needs.some((need) => {
        if (!from(need.from) && !belongs(source, need.outside)) return false
        if (!listener || !need.throughVip) return at(need.endpoint)
        return (
          protocol === 'tcp' &&
          destination === vipAddress(listener.vip) &&
          port === listener.port &&
          holdersOf(plan, listener.vip).includes(place)
        )
      })
    )
  })
}

/** Every source to every address of the host, at each declared port, beside it, and elsewhere. */
function probesOf(plan: Plan, place: number, addresses: readonly string[]): readonly Probe[] {
  const sources = [
    ...Array.from({ length: plan.hosts }, (_, i) => addressOf(i)).filter((a) => a !== addressOf(place)),
    ...new Set(Object.values(OUTSIDERS).flat()),
  ]
  const ports = new Set(
    plan.services.flatMap(({ endpoints, listener }) => [
      ...endpoints.flatMap(({ port, length }) => [port - 1, port, port + length - 1, port + length]),
      ...(listener ? [listener.port] : []),
    ]),
  )
  return sources.flatMap((source) => [
    { source, destination: addressOf(place), protocol: 'vrrp' as const, port: 0 },
    ...addresses.flatMap((destination) =>
      [...ports, 22, 64_999].flatMap((port) =>
        (['tcp', 'udp'] as const).map((protocol) => ({ source, destination, protocol, port })),
      ),
    ),
  ])
}

describe('the rules of random deployments', needs('root', 'nft', 'ip', 'nsenter', 'sysctl'), () => {
  const cases = fc.sample(plans, { numRuns: 12, seed: 20_261_123 }).map((plan, number) => {
    const place = number % plan.hosts
    const topology = topologyOf(plan)
    const rules = rulesOf(topology.host(`host${place}`), topology)
    const held = ([0, 1] as const).filter((vip) => holdersOf(plan, vip).includes(place)).map(vipAddress)
    return { plan, place, rules, addresses: [addressOf(place), ...held] }
  })
  // A host with nothing to let in cannot be deployed: its rule for SSH is missing.
  const texts = renderTemplate(
    'firewall',
    'rules.nft.j2',
    cases.map(({ rules }) => ({ firewall_rules: rules })),
  )

  it.each(cases.map((_, number) => number))('%i: nft accepts them', (number) => {
    const run = spawnSync('nft', ['-c', '-f', '-'], { input: texts[number] ?? '', encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })

  it.each(cases.map((_, number) => number))('%i: let in what is declared and nothing else', (number) => {
    const { plan, place, addresses } = cases[number] ?? {}
    if (!plan || place === undefined || !addresses) throw new Error('no such case')
    const probes = probesOf(plan, place, addresses)
    const expected = probes.map((probe) => declared(plan, place, probe))
    const actual = letIn(texts[number] ?? '', addresses, probes)
    expect(probes.filter((_, i) => actual[i] !== expected[i])).toEqual([])
    expect(actual.length).toBe(probes.length)
  })

  it('are some that let in much, and many that let in little', () => {
    const admitted = cases.map(
      ({ plan, place, addresses }) =>
        probesOf(plan, place, addresses).filter((probe) => declared(plan, place, probe)).length,
    )
    expect(admitted.filter((count) => count > 0).length).toBeGreaterThan(6)
    expect([CLIENTS, ADMINS]).toHaveLength(2)
  })
})
