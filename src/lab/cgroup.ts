import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './process.ts'

// Every process that a lab starts is born in a cgroup of the lab's. The kernel keeps the account of what is ours, so
// that none is missed after a kill at any moment, whatever forked, and none that is not ours can be in it.

/** Mount point of cgroup 2 in a text of `/proc/self/mountinfo`. */
export function cgroupMount(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').find((candidate) => candidate.includes(' - cgroup2 '))
  return line?.split(' ')[4]
}

/**
 * Mount point of systemd's own cgroup 1 hierarchy, where the machine has that too: systemd-nspawn makes each of its
 * cgroups in both.
 */
export function legacyMount(mountinfo: string): string | undefined {
  const line = mountinfo
    .split('\n')
    .find((candidate) => / - cgroup \S+ (\S+,)?name=systemd(,|$)/.test(candidate))
  return line?.split(' ')[4]
}

/** Folder of a cgroup. Throws where the machine has no cgroup 2, which the requirements rule out beforehand. */
export function cgroupFolder(path: string): string {
  const mount = cgroupMount(mountinfo())
  if (!mount) throw new Error('cgroup 2 is not mounted')
  return join(mount, path)
}

export function makeCgroup(path: string): string {
  const folder = cgroupFolder(path)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Numbers of the processes in a cgroup and below it. */
export function cgroupPids(path: string): number[] {
  return below(cgroupFolder(path)).flatMap((folder) => {
    try {
      return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
    } catch {
      return []
    }
  })
}

/** Kills what is in a cgroup and below it, waits for its end, and removes it. Throws when something survives 20 s. */
export async function removeCgroup(path: string): Promise<void> {
  const folder = cgroupFolder(path)
  const gone = await until(() => {
    // Again and again: what was just about to enter the cgroup is caught too.
    if (!existsSync(folder)) return true
    kill(folder)
    if (cgroupPids(path).length > 0) return false
    for (const child of below(folder)) remove(child)
    return !existsSync(folder)
  }, 20_000)
  if (!gone) throw new Error(`processes ${cgroupPids(path).join(', ')} in ${folder} do not end`)
  const legacy = legacyMount(mountinfo())
  if (legacy) for (const child of below(join(legacy, path))) remove(child)
}

/** A cgroup's folder and all below it, the deepest first. */
function below(folder: string): string[] {
  if (!existsSync(folder)) return []
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [...children.flatMap((child) => below(join(folder, child.name))), folder]
}

function kill(folder: string): void {
  try {
    writeFileSync(join(folder, 'cgroup.kill'), '1')
  } catch {
    // Removed meanwhile; `removeCgroup` looks again.
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Not empty yet.
  }
}

function mountinfo(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8')
}
