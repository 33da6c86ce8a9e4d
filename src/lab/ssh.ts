import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inNamespace, run } from './command.ts'
import { type Layout, layout, namespaceOf, projectLayout } from './layout.ts'
import type { LabHost, LabPlan } from './plan.ts'

/** The lab's own host key, the same for all of its hosts: hosts are made anew all the time, their names stay known. */
export function hostKey(lab: Layout): string {
  return join(lab.folder, 'ssh', 'ssh_host_ed25519_key')
}

/** Makes the host key, the client's key and known_hosts, where they are missing or of another plan. */
export async function ensureKeys(lab: Layout, project: string, hosts: readonly LabHost[]): Promise<void> {
  const { key, knownHosts, ssh } = projectLayout(project, lab.deployment)
  await ensureKey(hostKey(lab), `${lab.deployment} host`)
  await ensureKey(key, `${lab.deployment} controller`)
  const [type, public_] = readFileSync(`${hostKey(lab)}.pub`, 'utf8').split(' ')
  const lines = hosts.map((host) => `${host.name},${host.address} ${type} ${public_}\n`)
  mkdirSync(ssh, { recursive: true, mode: 0o700 })
  writeFileSync(`${knownHosts}.partial`, lines.join(''))
  renameSync(`${knownHosts}.partial`, knownHosts)
}

/** The command for a shell on a host, or for `command` there, as root and from the controller's address. */
export function sshCommand(
  plan: Pick<LabPlan, 'deployment'>,
  host: Pick<LabHost, 'address'>,
  options: { readonly project: string; readonly root?: string; readonly command?: readonly string[] },
): string[] {
  const { key, knownHosts } = projectLayout(options.project, plan.deployment)
  const settings = [
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'ConnectTimeout=10',
    'LogLevel=ERROR',
  ]
  const argv = [
    'ssh',
    '-F',
    'none',
    '-i',
    key,
    ...settings.flatMap((setting) => ['-o', setting]),
    `root@${host.address}`,
  ]
  const command = options.command && options.command.length > 0 ? ['--', ...options.command] : []
  return inNamespace(namespaceOf(layout(plan.deployment, options.root), 'controller'), [...argv, ...command])
}

async function ensureKey(file: string, comment: string): Promise<void> {
  // The public half comes last: where it is there, both are whole.
  if (existsSync(file) && existsSync(`${file}.pub`)) return
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const partial = `${file}.partial`
  await run(['rm', '-f', file, partial, `${partial}.pub`])
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', partial])
  renameSync(partial, file)
  renameSync(`${partial}.pub`, `${file}.pub`)
}
