import type { Inventory } from '../compile/inventory.ts'
import { type CompiledPlaybook, guardTasks } from '../compile/playbook.ts'
import type { Topology } from '../topology/topology.ts'
import type { Data, DataMap } from './data.ts'
import { emitIni } from './ini.ts'
import { header } from './role.ts'
import { emitList, emitMapping } from './yaml.ts'

/** Where a deployment's secrets are, relative to the project's folder. */
export const secretsFolder = (topology: Topology): string =>
  topology.deployment.input.control?.secrets ?? `inventory/${topology.deployment.input.name}/secrets`

/** The files of `generated/<deployment>/`, by path below `generated/`. */
export function emitDeployment(
  topology: Topology,
  inventory: Inventory,
  playbooks: readonly CompiledPlaybook[],
  collections: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const { input } = topology.deployment
  const base = input.name
  const head = { header: header(`inventory/${base}.ts`) }
  const files = new Map<string, string>()
  const mapping = (path: string, values: DataMap) =>
    files.set(
      `${base}/${path}`,
      emitMapping(
        Object.entries(values).map(([key, value]) => ({ key, value })),
        head,
      ),
    )

  files.set(`${base}/ansible.cfg`, emitConfig(topology, head.header))
  mapping('requirements.yml', {
    collections: Object.entries(collections).map(([name, version]): Data => ({ name, version })),
  })
  mapping('inventory/hosts.yml', {
    all: {
      hosts: Object.fromEntries([
        ...topology.hosts.map((h) => [h.name, { ansible_host: h.address }] as const),
        // Whoever asks from outside needs no rights there.
        ...topology.verifiers.map(
          (v) => [v.name, { ansible_host: v.address, ansible_become: false }] as const,
        ),
      ]),
      children: Object.fromEntries(
        [...inventory.groups]
          .filter(([, hosts]) => hosts.length > 0)
          .map(([group, hosts]) => [group, { hosts: Object.fromEntries(hosts.map((h) => [h, null])) }]),
      ),
    },
  })
  mapping('inventory/group_vars/all.yml', {
    deployment_name: base,
    ansible_user: input.control?.user ?? 'root',
  })
  for (const [group, vars] of inventory.groupVars)
    if (Object.keys(vars).length > 0) mapping(`inventory/group_vars/${group}.yml`, vars)
  for (const [host, vars] of inventory.hostVars) mapping(`inventory/host_vars/${host}.yml`, vars)
  files.set(`${base}/guard.yml`, emitList(guardTasks(base, input.rehearsal ?? false), head))
  for (const playbook of playbooks)
    files.set(
      `${base}/${playbook.name}.yml`,
      emitList(playbook.plays, {
        header: [...header(`roles-src/playbooks/${playbook.name}.ts`), playbook.summary],
      }),
    )
  return files
}

function emitConfig(topology: Topology, comment: readonly string[]): string {
  const { input } = topology.deployment
  const up = (path: string) => `../../${path}`
  const { privateKey, knownHosts, forks = 16 } = input.control ?? {}
  return emitIni(
    [
      {
        name: 'defaults',
        settings: [
          { key: 'inventory', value: `inventory,${up(secretsFolder(topology))}/hosts.yml` },
          { key: 'roles_path', value: '../roles' },
          { key: 'forks', value: forks },
          {
            comment: [
              'What a failed task leaves changed is restarted all the same: the next run would see no change and leave it.',
            ],
            key: 'force_handlers',
            value: true,
          },
          { key: 'interpreter_python', value: '/usr/bin/python3' },
          { key: 'callback_result_format', value: 'yaml' },
          { key: 'retry_files_enabled', value: false },
          { key: 'host_key_checking', value: true },
          ...(privateKey ? [{ key: 'private_key_file', value: up(privateKey) }] : []),
        ],
      },
      {
        name: 'ssh_connection',
        settings: [
          { key: 'pipelining', value: true },
          {
            comment: ['Two deployments may have hosts of the same address: they must not share connections.'],
            key: 'control_path_dir',
            value: `~/.ansible/cp-${input.name}`,
          },
          {
            key: 'ssh_args',
            value: `-o ControlMaster=auto -o ControlPersist=60s${knownHosts ? ` -o UserKnownHostsFile=${up(knownHosts)}` : ''}`,
          },
        ],
      },
      {
        name: 'inventory',
        settings: [
          {
            comment: ['A host that matches no pattern is a typing error, not an empty run.'],
            key: 'host_pattern_mismatch',
            value: 'error',
          },
        ],
      },
    ],
    { header: comment },
  )
}
