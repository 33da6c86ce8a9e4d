import { z } from 'zod'
import { defineService, type OptionsOf, roleValues } from '#topology'
import role from './role.ts'

const PORT = 9100
/** The root file system of a rehearsal host is an overlay: there it is the one with data. */
const IGNORED_IN_REHEARSAL = ['autofs', 'cgroup2', 'devpts', 'devtmpfs', 'mqueue', 'proc', 'sysfs', 'tmpfs']

const service = defineService({
  name: 'node_metrics',
  summary: 'Metrics of every host.',
  options: z.object({}),

  follow: (_options, topology) => ({
    hosts: topology.hosts.map(({ name }) => name),
    endpoints: [
      {
        name: 'metrics',
        port: PORT,
        protocol: 'tcp',
        purpose: 'metrics of the host',
        metrics: { job: 'node' },
      },
    ],
    packages: [{ name: 'prometheus-node-exporter' }],
    units: ['prometheus-node-exporter'],
  }),

  variables: (_options, topology) => [
    roleValues(
      role,
      topology.hosts.map(({ name }) => name),
      ({ address }) => ({
        listen_address: address,
        port: PORT,
        ...(topology.deployment.input.rehearsal ? { ignored_file_systems: IGNORED_IN_REHEARSAL } : {}),
      }),
    ),
  ],
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    node_metrics: OptionsOf<typeof service, Host, Vip>
  }
}
