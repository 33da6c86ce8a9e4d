import { z } from 'zod'
import { Report } from '../../src/compile/scope.ts'
import { deriveTopology } from '../../src/topology/derive.ts'
import {
  type Deployment,
  type DeploymentInput,
  defineDeployment,
  defineService,
  host,
  network,
  type PlanRule,
  type ServiceDeclaration,
  type Topology,
  type TopologyRule,
} from '../../src/topology/index.ts'

const hardware = { cpus: 1, memory: '1 GB', disks: ['10 GB'], os: 'debian-13' } as const

/** Three hosts and a virtual IP, with changes. */
export function village(changes: Partial<DeploymentInput> = {}): Deployment {
  return defineDeployment({
    name: 'village',
    summary: 'Three hosts.',
    domain: 'village.example',
    networks: { green: network('10.1.0.0/24') },
    hosts: {
      inn: host('10.1.0.11', hardware),
      mill: host('10.1.0.12', hardware),
      tower: host('10.1.0.13', hardware),
    },
    vips: { front: { address: '10.1.0.10', hosts: ['inn', 'mill'] } },
    services: {},
    clients: ['10.2.0.0/16'],
    admins: ['10.3.0.0/24'],
    controller: '10.3.0.5',
    ...changes,
  })
}

/** What follows from a village with these services, by their names. */
export function settled(
  services: Readonly<Record<string, ServiceDeclaration>>,
  changes: Partial<DeploymentInput> = {},
): Topology {
  const report = new Report(() => undefined)
  const placed = Object.fromEntries(Object.entries(services).map(([name, { hosts }]) => [name, { hosts }]))
  const topology = deriveTopology(
    // Services of the repository's own roles are not those of these tests.
    village({ ...changes, services: placed as object }),
    Object.entries(services).map(([name, declaration]) =>
      defineService({
        name,
        summary: 'A service.',
        options: z.object({ hosts: z.array(z.string()) }),
        declare: () => declaration,
      }),
    ),
    report,
  )
  if (!topology) throw new Error(JSON.stringify(report.findings))
  return topology
}

/** The messages of a rule. */
export const said = (rule: TopologyRule, topology: Topology): readonly string[] =>
  rule.check(topology).map(({ message }) => message)
export const saidOfPlan = (rule: PlanRule, changes: Partial<DeploymentInput>): readonly string[] =>
  rule.checkPlan(village(changes).input).map(({ message }) => message)
