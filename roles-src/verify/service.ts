import { z } from 'zod'
import {
  DeploymentError,
  defineService,
  type Machine,
  machineValues,
  type OptionsOf,
  type Topology,
} from '#topology'
import { secretsFolder } from '../tls/service.ts'
import { copyQuestions, repositoryQuestions } from './questions/backups.ts'
import { edgeQuestions } from './questions/edge.ts'
import { pageQuestions } from './questions/matrix.ts'
import { prometheusQuestions } from './questions/monitoring.ts'
import { hostsFileQuestions, recordQuestions, serversOf } from './questions/names.ts'
import type { Questions } from './questions/questions.ts'
import { bucketQuestions, databaseQuestions, redisQuestions } from './questions/stores.ts'
import role from './role.ts'

const options = z.object({
  standIn: z
    .array(z.string())
    .default([])
    .describe(
      'Services of which only a stand-in runs, that echoes in JSON what it received: what arrives there is looked at, and what the service itself would say is not asked.',
    ),
})

/** What a machine asks, of all that there is in the topology. */
export function questionsOf(topology: Topology, machine: Machine, standIn: readonly string[]): Questions {
  const outside = topology.verifiers.some(({ name }) => name === machine.name)
  const edge = edgeQuestions(topology, machine, standIn)
  return {
    address: machine.address,
    ca_certificate_file: `${secretsFolder(topology)}/ca.crt`,
    resolvers: outside ? [...serversOf(topology)] : [],
    names: outside ? [] : hostsFileQuestions(topology),
    records: recordQuestions(topology, machine),
    certificates: edge.certificates ?? [],
    pages: [...(edge.pages ?? []), ...(outside ? pageQuestions(topology, standIn) : [])],
    databases: databaseQuestions(topology, machine),
    buckets: bucketQuestions(topology, machine),
    redis: redisQuestions(topology, machine),
    repositories: repositoryQuestions(topology, machine),
    copies: copyQuestions(topology, machine),
    prometheus: prometheusQuestions(topology, machine, standIn),
  }
}

const service = defineService({
  name: 'verify',
  summary: 'What is asked of a deployment, from where its clients are.',
  options,

  follow: ({ standIn }, topology) => {
    const unknown = standIn.filter((name) => !topology.service(name))
    if (unknown.length > 0)
      throw new DeploymentError(
        ['services', 'verify', 'standIn'],
        `services.verify.standIn names ${unknown.join(', ')}: no service that is placed.`,
      )
    return {
      hosts: topology.hosts.map(({ name }) => name),
      verifiers: topology.verifiers.map(({ name }) => name),
    }
  },

  variables: ({ standIn }, topology) => {
    const machines = [...topology.hosts, ...topology.verifiers].map(({ name }) => name)
    return [machineValues(role, machines, (machine) => questionsOf(topology, machine, standIn))]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    verify: OptionsOf<typeof service, Host, Vip>
  }
}
