import fc from 'fast-check'
import { z } from 'zod'
import { Report } from '../../src/compile/scope.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import {
  defineDeployment,
  defineService,
  type Endpoint,
  host,
  type Listener,
  type Need,
  network,
  type Service,
  type Topology,
} from '../../src/topology/index.ts'

/** What a random deployment is made of: numbers and places, from which everything else follows. */
export interface Plan {
  readonly hosts: number
  readonly services: readonly {
    readonly hosts: readonly number[]
    readonly endpoints: readonly {
      readonly port: number
      readonly length: number
      readonly protocol: 'tcp' | 'udp'
    }[]
    readonly listener: { readonly vip: 0 | 1; readonly port: number } | undefined
    readonly needs: readonly {
      readonly from: readonly number[]
      readonly outside: readonly ('clients' | 'admins' | 'controller')[]
      readonly endpoint: number
      readonly throughVip: boolean
    }[]
  }[]
}

const some = <T>(values: readonly T[], options: { readonly min: number }) =>
  fc.subarray([...values], { minLength: options.min })
const port = fc.integer({ min: 1, max: 60_000 })

export const plans: fc.Arbitrary<Plan> = fc.integer({ min: 2, max: 5 }).chain((hosts) => {
  const places = Array.from({ length: hosts }, (_, i) => i)
  return fc.record({
    hosts: fc.constant(hosts),
    services: fc.array(
      fc
        .record({
          hosts: some(places, { min: 1 }),
          endpoints: fc.array(
            fc.record({
              port,
              length: fc.constantFrom(1, 1, 1, 2, 100),
              protocol: fc.constantFrom('tcp' as const, 'udp' as const),
            }),
            { minLength: 1, maxLength: 3 },
          ),
          listener: fc.option(fc.record({ vip: fc.constantFrom(0 as const, 1 as const), port }), {
            nil: undefined,
          }),
          needs: fc.array(
            fc.record({
              from: some(places, { min: 0 }),
              outside: some(['clients', 'admins', 'controller'] as const, { min: 0 }),
              endpoint: fc.nat(2),
              throughVip: fc.boolean(),
            }),
            { maxLength: 3 },
          ),
        })
        // A proxy knows TCP alone.
        .map(({ endpoints, listener, ...rest }) => ({
          ...rest,
          listener,
          endpoints: endpoints.map((endpoint, i) =>
            listener && i === 0 ? { ...endpoint, protocol: 'tcp' as const } : endpoint,
          ),
        })),
      { minLength: 1, maxLength: 4 },
    ),
  })
})

export const CLIENTS = '198.51.100.0/25'
export const ADMINS = '203.0.113.0/28'
export const CONTROLLER = '203.0.113.5'
export const addressOf = (place: number): string => `10.${place % 2}.0.${11 + place}`
export const vipAddress = (vip: 0 | 1): string => `10.${vip}.0.10`
/** Hosts 0, 2, … may hold the first virtual IP, hosts 1, 3, … the second: they are in its network. */
export const holdersOf = (plan: Plan, vip: 0 | 1): readonly number[] =>
  Array.from({ length: plan.hosts }, (_, i) => i).filter((place) => place % 2 === vip)

const name = (place: number): string => `host${place}`
const endpointName = (index: number): string => `port${index}`

function serviceOf({ endpoints, listener, needs, hosts }: Plan['services'][number], index: number): Service {
  const own = `service${index}`
  const listenerName = `${own}-listener`
  return defineService({
    name: own,
    summary: 'One of many.',
    options: z.object({}),
    declare: () => ({
      hosts: hosts.map(name),
      endpoints: endpoints.map(
        ({ port, length, protocol }, i): Endpoint => ({
          name: endpointName(i),
          port,
          ...(length > 1 ? { lastPort: port + length - 1 } : {}),
          protocol,
          purpose: `port ${i}`,
        }),
      ),
      listeners: listener
        ? [
            {
              name: listenerName,
              vip: `vip${listener.vip}`,
              port: listener.port,
              endpoint: endpointName(0),
              purpose: 'the way in',
              balance: 'leastconn',
              check: { kind: 'tcp' },
            } satisfies Listener,
          ]
        : [],
      needs: needs.map(
        ({ from, outside, endpoint, throughVip }): Need => ({
          from: from.map(name),
          outside,
          to:
            listener && throughVip
              ? { listener: listenerName }
              : { service: own, endpoint: endpointName(endpoint % endpoints.length) },
          purpose: 'talk',
        }),
      ),
    }),
  })
}

/** The deployment of a plan, derived by the code under test. */
export function topologyOf(plan: Plan): Topology {
  const hardware = { cpus: 1, memory: '1 GB', disks: ['10 GB'] }
  const places = Array.from({ length: plan.hosts }, (_, i) => i)
  const deployment = defineDeployment({
    name: 'random',
    summary: 'A random deployment.',
    domain: 'example.org',
    networks: { even: network('10.0.0.0/24'), odd: network('10.1.0.0/24') },
    hosts: Object.fromEntries(places.map((place) => [name(place), host(addressOf(place), hardware)])),
    vips: Object.fromEntries(
      ([0, 1] as const).map((vip) => [
        `vip${vip}`,
        { address: vipAddress(vip), hosts: holdersOf(plan, vip).map(name) },
      ]),
    ),
    // Names of services that no file declares.
    services: Object.fromEntries(plan.services.map((_, i) => [`service${i}`, {}])) as object,
    clients: [CLIENTS],
    admins: [ADMINS],
    controller: CONTROLLER,
  })
  const report = new Report(() => undefined)
  const topology = deriveTopology(deployment, plan.services.map(serviceOf), report)
  if (!topology || report.findings.length > 0) throw new Error(JSON.stringify(report.findings))
  return topology
}
