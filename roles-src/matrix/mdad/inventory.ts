import type { DeploymentDocument, Topology } from '#topology'
import type { Options } from '../options.ts'
import { matrixName, surroundingsOf } from '../surroundings.ts'
import { edgeEntries } from './edge.ts'
import { homeserverEntries } from './homeserver.ts'
import { playbookEntries } from './playbook.ts'
import { checked } from './variables.ts'
import { webEntries } from './web.ts'
import { workerEntries } from './workers.ts'

/** The inventory that MDAD runs with: one host, and its variables. */
export function inventoryOf(options: Options, topology: Topology): readonly DeploymentDocument[] {
  const around = surroundingsOf(topology, options.host, options.uploads.bucket)
  const { host, domain } = around
  const name = matrixName(domain)
  const user = topology.deployment.input.control?.user ?? 'root'
  const cache = topology.size('matrix', host.name, 'cache')
  return [
    {
      path: 'matrix/inventory/hosts',
      summary: 'The inventory of matrix-docker-ansible-deploy.',
      comment: '#',
      content: [
        '',
        '[matrix_servers]',
        `${name} ansible_host=${host.address} ansible_user=${user}${user === 'root' ? '' : ' ansible_become=true'}`,
        '',
      ].join('\n'),
    },
    {
      path: `matrix/inventory/host_vars/${name}/vars.yml`,
      apply:
        "in MDAD's folder, its setup.yml with --tags=install-all,start (docs/matrix.md has the whole command)",
      summary: 'The variables of matrix-docker-ansible-deploy; secrets are those of the deployment.',
      entries: checked([
        ...playbookEntries(options, around),
        ...edgeEntries(around),
        ...homeserverEntries(options, around),
        ...workerEntries(options, cache),
        ...webEntries(options, around),
      ]),
    },
  ]
}
