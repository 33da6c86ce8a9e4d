import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { aptConfiguration } from './base.ts'
import { run } from './command.ts'
import { type HostLayout, type Layout, projectLayout } from './layout.ts'
import { currentMounts, unmountBelow } from './mount.ts'
import { outsideOf } from './outside.ts'
import type { LabHost, LabPlan } from './plan.ts'
import { hostKey } from './ssh.ts'

/** A file that a host starts with. */
interface HostFile {
  readonly path: string
  readonly text: string
  readonly mode?: number
}

/** Mounts a host's disk over its base. What the host writes stays in `upper`. */
export async function mountDisk(host: HostLayout, base: string): Promise<void> {
  await unmountBelow(host.root)
  for (const folder of [host.root, host.upper, host.work]) mkdirSync(folder, { recursive: true })
  const options = `lowerdir=${base},upperdir=${host.upper},workdir=${host.work}`
  await run(['mount', '-t', 'overlay', 'overlay', '-o', options, host.root])
  // The root of an overlay takes its mode from the upper folder, and every daemon of the host has to pass it.
  chmodSync(host.root, 0o755)
}

/** Takes a host's disk away for good. */
export async function removeDisk(host: HostLayout): Promise<void> {
  await unmountBelow(host.folder)
  if (currentMounts(host.folder).length > 0) throw new Error(`${host.folder} still holds mounts`)
  await run(['rm', '-rf', '--one-file-system', host.folder])
}

/** Lays out what tells a host from its base, on its mounted disk. */
export function writeIdentity(host: HostLayout, files: readonly HostFile[]): void {
  for (const file of files) {
    const target = join(host.root, file.path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, file.text)
    chmodSync(target, file.mode ?? 0o644)
  }
}

/** The files that a host starts with. */
export function identity(
  plan: Omit<LabPlan, 'hosts'>,
  host: LabHost,
  keys: { readonly hostKey: string; readonly hostKeyPublic: string; readonly authorized: string },
  policy: readonly string[],
): HostFile[] {
  const machineId = createHash('sha256').update(`${plan.deployment} ${host.name}`).digest('hex').slice(0, 32)
  return [
    { path: 'etc/hostname', text: `${host.name}\n` },
    // No 127.0.1.1: a cluster member would announce it to the others.
    { path: 'etc/hosts', text: '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' },
    // The playbooks refuse a host whose marker is not their deployment's.
    { path: 'etc/machine-info', text: `DEPLOYMENT=${plan.deployment}\n` },
    { path: 'etc/machine-id', text: `${machineId}\n`, mode: 0o444 },
    // As a provider would tell it by DHCP.
    { path: 'etc/resolv.conf', text: `nameserver ${outsideOf(plan).address}\n` },
    { path: 'etc/apt/apt.conf.d/01lab', text: `${aptConfiguration(plan.controller, policy).join('\n')}\n` },
    { path: 'etc/ssh/ssh_host_ed25519_key', text: keys.hostKey, mode: 0o600 },
    { path: 'etc/ssh/ssh_host_ed25519_key.pub', text: keys.hostKeyPublic },
    { path: 'root/.ssh/authorized_keys', text: keys.authorized, mode: 0o600 },
  ]
}

export function readKeys(lab: Layout, project: string) {
  const text = (file: string) => readFileSync(file, 'utf8')
  return {
    hostKey: text(hostKey(lab)),
    hostKeyPublic: text(`${hostKey(lab)}.pub`),
    authorized: text(`${projectLayout(project, lab.deployment).key}.pub`),
  } as const
}
