import { join, relative } from 'node:path'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { type Drift, type DriftReport, readDrift } from '../review/drift.ts'
import { hostsNamed } from '../review/preview.ts'
import type { Topology } from '../topology/topology.ts'
import { ansibleTool } from './ansible-tool.ts'
import { explainer } from './explain.ts'
import { count } from './output.ts'
import { projectRoot } from './project.ts'
import { openTopology } from './show.ts'

export interface DriftOptions {
  readonly deployment: string
  readonly format: 'text' | 'json'
}

/** A drift with the place in the sources that says how it ought to be. */
type Placed = Drift & { readonly source: string }

/**
 * `rolewright drift`: what hosts have that the deployment does not say, by a run of `site.yml` in check mode, which changes
 * nothing. Returns 1 where there is some.
 */
export async function drift(names: readonly string[], options: DriftOptions): Promise<number> {
  const root = projectRoot()
  const topology = await openTopology(options.deployment)
  if (typeof topology === 'number') return topology
  const report = await check(root, topology, hostsNamed(topology, names))
  const explain = await explainer(root)
  const placed = report.drifts.map((one): Placed => ({ ...one, source: sourceOf(root, one, explain) }))
  process.stdout.write(
    options.format === 'json'
      ? `${JSON.stringify({ ...report, drifts: placed }, undefined, 2)}\n`
      : asText(report, placed),
  )
  return report.drifts.length + report.failed.length > 0 ? 1 : 0
}

/** Runs the playbook as it is run to deploy; a rehearsal's hosts are reached from inside of its lab alone. */
async function check(root: string, topology: Topology, hosts: readonly string[]): Promise<DriftReport> {
  const { name, rehearsal } = topology.deployment.input
  const limit = hosts.length > 0 ? ['--limit', hosts.join(',')] : []
  const program = process.argv[1] ?? ''
  const [file, args, cwd] = rehearsal
    ? ([
        process.execPath,
        [program, 'lab', 'deploy', '--deployment', name, '--', '--check', '--diff', ...limit],
        root,
      ] as const)
    : ([
        ansibleTool(root, 'ansible-playbook'),
        ['site.yml', '--check', '--diff', ...limit],
        join(root, 'generated', name),
      ] as const)
  const { stdout, stderr } = await execa(file, args, {
    cwd,
    reject: false,
    maxBuffer: 2 ** 30,
    env: {
      ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json',
      ANSIBLE_CALLBACKS_ENABLED: undefined,
      LC_ALL: 'C.UTF-8',
    },
  })
  try {
    return readDrift(stdout)
  } catch {
    throw new CannotRun(
      `The check run did not end: ${(stderr || stdout).trim().split('\n').at(-1) ?? ''}`,
      'See whether `ansible-playbook site.yml --check` runs; rolewright only reads what it says.',
    )
  }
}

function sourceOf(
  root: string,
  { path, line }: Drift,
  explain: Awaited<ReturnType<typeof explainer>>,
): string {
  const found = explain(relative(join(root, 'generated'), path), line)
  const at = 'origins' in found ? found.origins[0]?.location : undefined
  return at ? `${at.file}:${at.line}` : `${relative(root, path)}:${line}`
}

function asText({ failed, hosts }: DriftReport, drifts: readonly Placed[]): string {
  const lines = drifts.flatMap(({ host, task, item, source, diffs, censored }) => [
    `${host}: ${task}${item === undefined ? '' : ` (${item})`}`,
    `  ${source}`,
    ...(censored ? ['    It has secrets: what differs is not shown.'] : []),
    ...diffs.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => `    ${line}`.trimEnd()),
    ),
    '',
  ])
  const broken = failed.map(({ host, task, message }) => `${host}: ${task} failed: ${message}`)
  const on = new Set(drifts.map(({ host }) => host)).size
  return `${[...lines, ...broken].join('\n')}${
    drifts.length === 0
      ? `${count(hosts.length, 'host')}: nothing is other than the deployment says.`
      : `${count(drifts.length, 'difference')} on ${on} of ${count(hosts.length, 'host')}.`
  }${failed.length > 0 ? ` ${count(failed.length, 'task')} failed.` : ''}\n`
}
