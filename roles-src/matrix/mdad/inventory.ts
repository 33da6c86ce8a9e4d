import type { DeploymentDocument, Topology } from '#topology'
import type { Options } from '../options.ts'
import { matrixName, surroundingsOf } from '../surroundings.ts'
import { edgeEntries } from './edge.ts'
import { homeserverEntries } from './homeserver.ts'
import { playbookEntries } from './playbook.ts'
import { checked } from './variables.ts'
import { webEntries } from './web.ts'
import { workerEntries } from './workers.ts'

/**
 * The inventories that MDAD runs with, each with one host and its variables: that of the application, and that of its
 * standby, in which nothing differs but the host's own address. Both are called the same, since MDAD names files by it.
 */
export function inventoryOf(options: Options, topology: Topology): readonly DeploymentDocument[] {
  return [
    ...inventoryFor(options.host, 'matrix/inventory', options, topology),
    ...(options.standby === undefined
      ? []
      : inventoryFor(options.standby, 'matrix/standby', options, topology)),
  ]
}

function inventoryFor(
  on: string,
  folder: string,
  options: Options,
  topology: Topology,
): readonly DeploymentDocument[] {
  const around = surroundingsOf(topology, on, options.uploads.bucket)
  const { host, domain } = around
  const name = matrixName(domain)
  const { control, expects } = topology.deployment.input
  const user = control?.user ?? 'root'
  const cache = topology.size('matrix', host.name, 'cache')
  const whose = on === options.host ? '' : ' on the standby'
  return [
    {
      path: `${folder}/hosts`,
      summary: `The inventory of matrix-docker-ansible-deploy${whose}.`,
      comment: '#',
      content: [
        '',
        '[matrix_servers]',
        `${name} ansible_host=${host.address} ansible_user=${user}${user === 'root' ? '' : ' ansible_become=true'}`,
        '',
      ].join('\n'),
    },
    {
      path: `${folder}/host_vars/${name}/vars.yml`,
      apply:
        "in MDAD's folder, its setup.yml with --tags=install-all,start (docs/matrix.md has the whole command)",
      summary: `The variables of matrix-docker-ansible-deploy${whose}; secrets are those of the deployment.`,
      entries: checked([
        ...playbookEntries(options, around),
        ...edgeEntries(around),
        ...homeserverEntries(options, around),
        ...workerEntries(options, cache, expects?.users ?? 0),
        ...webEntries(options, around),
      ]),
    },
  ]
}
