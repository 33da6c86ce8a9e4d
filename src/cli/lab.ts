import { join } from 'node:path'
import { execa } from 'execa'
import type { Inventory } from '../compile/inventory.ts'
import { CannotRun } from '../finding.ts'
import {
  arrivals,
  deploy,
  down,
  downAll,
  type LabHost,
  type LabPlan,
  runInside,
  sshCommand,
  status,
  summarize,
  up,
} from '../lab/index.ts'
import type { ArtifactEntry } from '../topology/artifact.ts'
import type { Topology } from '../topology/topology.ts'
import { ansibleTool } from './ansible-tool.ts'
import { ensureArtifacts } from './artifacts.ts'
import { printTable } from './output.ts'
import { projectRoot } from './project.ts'
import { initSecrets, secretsPlan } from './secrets.ts'
import { openDeployment } from './show.ts'

export interface LabOptions {
  readonly deployment: string
  readonly hosts?: readonly string[]
}

/** What the rehearsal of a deployment consists of. The outside is its verifiers, or else of its client and admin networks. */
export function labPlan(topology: Topology): LabPlan {
  const { input } = topology.deployment
  const { verifiers = {} } = input
  const tenth = (cidr: string | undefined) => (cidr ?? '').replace(/\d+\/\d+$/, '10')
  return {
    deployment: input.name,
    networks: topology.networks,
    hosts: [
      ...topology.hosts.map(({ name, address, network, release, memory }) => ({
        name,
        address,
        network: network.name,
        release,
        memory,
      })),
      ...topology.verifiers.map(
        ({ name, address }): LabHost => ({
          name,
          address,
          network: name,
          release: topology.hosts[0]?.release ?? 'trixie',
        }),
      ),
    ],
    controller: input.controller,
    client: verifiers.client ?? tenth(input.clients[0]),
    admin: verifiers.admin ?? tenth(input.admins[0]),
  }
}

interface Planned {
  readonly plan: LabPlan
  readonly topology: Topology
  readonly inventory: Inventory
  readonly root: string
}

async function planOf(options: LabOptions): Promise<Planned | number> {
  const found = await openDeployment(options.deployment)
  if (typeof found === 'number') return found
  const { topology, inventory } = found
  if (!topology.deployment.input.rehearsal)
    throw new CannotRun(
      `The deployment "${options.deployment}" is no rehearsal.`,
      'Set `rehearsal: true` in it: its playbooks then refuse hosts without the marker.',
    )
  const plan = labPlan(topology)
  for (const host of options.hosts ?? [])
    if (!plan.hosts.some((h) => h.name === host))
      throw new CannotRun(
        `The deployment "${options.deployment}" has no host "${host}".`,
        `Hosts: ${plan.hosts.map((h) => h.name).join(', ')}.`,
      )
  return { plan, topology, inventory, root: projectRoot() }
}

/** Ansible of the project's own environment where it is there, else the machine's. */
export async function labUp(
  options: LabOptions & { readonly fresh?: boolean; readonly takeOver?: boolean },
): Promise<number> {
  const planned = await planOf(options)
  if (typeof planned === 'number') return planned
  const { plan, root } = planned
  await up(plan, {
    project: root,
    ...(options.hosts ? { only: options.hosts } : {}),
    ...(options.fresh ? { fresh: true } : {}),
    ...(options.takeOver ? { takeOver: true } : {}),
  })
  return 0
}

export async function labDeploy(
  options: LabOptions & { readonly playbook?: string },
  extra: readonly string[],
): Promise<number> {
  const planned = await planOf(options)
  if (typeof planned === 'number') return planned
  const { plan, topology, inventory, root } = planned
  await ensureArtifacts(artifactsOf(topology, inventory, options.hosts), root)
  const passwordFile = join(root, '.lab', plan.deployment, 'vault-password')
  await initSecrets(await secretsPlan(root, plan.deployment), {
    passwordFile,
    makePassword: true,
    quiet: true,
  })
  const limit = options.hosts ? ['--limit', options.hosts.join(',')] : []
  return deploy(plan, {
    project: root,
    generatedDir: join(root, 'generated', topology.deployment.input.name),
    ansiblePlaybook: ansibleTool(root, 'ansible-playbook'),
    env: { ANSIBLE_VAULT_PASSWORD_FILE: passwordFile, LC_ALL: 'C.UTF-8' },
    extraArgs: [...limit, ...extra],
    ...(options.playbook ? { playbook: options.playbook } : {}),
  })
}

/** The artifacts that these machines are told to fetch; those of all hosts and verifiers unless told. */
export function artifactsOf(
  topology: Topology,
  { groups, groupVars, hostVars }: Inventory,
  hosts: readonly string[] = [...topology.hosts, ...topology.verifiers].map(({ name }) => name),
): readonly ArtifactEntry[] {
  const ofGroups = [...groupVars].filter(([group]) =>
    (groups.get(group) ?? hosts).some((name) => hosts.includes(name)),
  )
  const ofHosts = [...hostVars].filter(([name]) => hosts.includes(name))
  const text = JSON.stringify([...ofGroups, ...ofHosts])
  return [...topology.artifacts.values()].filter(({ file }) => text.includes(`/${file}"`))
}

export async function labStatus(options: LabOptions): Promise<number> {
  const found = await status(options.deployment)
  if (!found) {
    process.stdout.write(`The lab ${options.deployment} is down.\n`)
    return 0
  }
  process.stdout.write(
    `${printTable(
      ['host', 'address', 'release', 'state', 'link', 'memory'],
      found.hosts.map((h) => [
        h.name,
        h.address,
        h.release,
        h.state,
        h.link,
        `${Math.round(h.memory / 2 ** 20)} MB`,
      ]),
    )}\n`,
  )
  return 0
}

/** What hosts asked of the outside, all of it or since a time that the last such command printed. */
export async function labOutside(options: LabOptions & { readonly since?: string }): Promise<number> {
  const since = options.since === undefined ? 0 : Date.parse(options.since) / 1000
  if (Number.isNaN(since))
    throw new CannotRun(`"${options.since}" is no time.`, 'Write it as 2026-01-31T12:00:00Z.')
  const found = await status(options.deployment)
  const asked = summarize(arrivals(options.deployment, since), found?.hosts ?? [])
  const time = (seconds: number) => new Date(seconds * 1000).toISOString()
  if (asked.length === 0)
    process.stdout.write(`Nothing came outside${since > 0 ? ` since ${time(since)}` : ''}.\n`)
  else
    process.stdout.write(
      `${printTable(
        ['from', 'what', 'packets', 'first', 'last'],
        asked.map(({ from, what, count, first, last }) => [
          from,
          what,
          String(count),
          time(first),
          time(last),
        ]),
      )}\n`,
    )
  return 0
}

export async function labDown(options: LabOptions & { readonly all?: boolean }): Promise<number> {
  if (options.all) await downAll()
  else await down(options.deployment, { project: projectRoot() })
  return 0
}

/** A shell on a host, or a command there. */
export async function labSsh(options: LabOptions, host: string, command: readonly string[]): Promise<number> {
  const planned = await planOf({ ...options, hosts: [host] })
  if (typeof planned === 'number') return planned
  const { plan, root } = planned
  const address = plan.hosts.find(({ name }) => name === host)?.address ?? host
  const [program, ...args] = sshCommand(plan, { address }, { project: root, command })
  const result = await execa(program ?? 'ssh', args, { stdio: 'inherit', reject: false })
  return result.exitCode ?? 2
}

/** A command of this machine at the controller's, the client's or the admin's address. */
export async function labRun(
  options: LabOptions,
  from: 'controller' | 'client' | 'admin',
  argv: readonly string[],
): Promise<number> {
  // What stands after -- is taken as it is, the sign itself included.
  const command = argv[0] === '--' ? argv.slice(1) : argv
  return (await runInside(options.deployment, command, { from })).exitCode
}
