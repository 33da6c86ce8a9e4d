import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isOutside, type Release } from './plan.ts'

/** Where everything of one lab lies. Nothing else in this folder spells out a path of the lab's. */
export interface Layout {
  readonly deployment: string
  /** The lab's own folder. All its mounts, namespaces and loop files are below it, which is how `down` finds them. */
  readonly folder: string
  readonly state: string
  readonly namespaces: string
  readonly hosts: string
  /** Programs, sockets and logs of the helpers that carry packages in. */
  readonly services: string
  /** cgroup of every process that the lab starts, relative to the cgroup 2 mount. */
  readonly cgroup: string
}

/** Folder of all labs: `ROLEWRIGHT_LAB_ROOT`, or `/var/lib/rolewright/labs`. */
export function labRoot(): string {
  return process.env.ROLEWRIGHT_LAB_ROOT || '/var/lib/rolewright/labs'
}

/** Folder that outlives labs: Debian bases, packages, artifacts. */
export const cacheRoot = '/var/cache/rolewright'
export const artifactsFolder = join(cacheRoot, 'artifacts')
export const packagesFolder = join(cacheRoot, 'packages')

export function layout(deployment: string, root: string = labRoot()): Layout {
  const folder = join(root, deployment)
  return {
    deployment,
    folder,
    state: join(folder, 'state.json'),
    namespaces: join(folder, 'net'),
    hosts: join(folder, 'hosts'),
    services: join(folder, 'services'),
    // Two roots may hold labs of the same name: the cgroup has to tell them apart.
    cgroup: `rolewright-${deployment}-${short(folder)}`,
  }
}

export interface HostLayout {
  readonly folder: string
  /** Where the overlay is mounted. */
  readonly root: string
  /** What the host has written: its disk. */
  readonly upper: string
  readonly work: string
  readonly console: string
  readonly namespace: string
  readonly cgroup: string
  /** Name that systemd-nspawn gives the host; unique on the machine. */
  readonly machine: string
}

export function hostLayout(lab: Layout, host: string): HostLayout {
  const folder = join(lab.hosts, host)
  return {
    folder,
    root: join(folder, 'root'),
    upper: join(folder, 'upper'),
    work: join(folder, 'work'),
    console: join(folder, 'console.log'),
    namespace: namespaceOf(lab, isOutside(host) ? host : `host-${host}`),
    cgroup: `${lab.cgroup}/host-${host}`,
    machine: `${host}-${short(folder)}`,
  }
}

/** File that holds a network namespace: `fabric`, an `Outside`, or `host-<name>`. */
export function namespaceOf(lab: Layout, name: string): string {
  return join(lab.namespaces, name)
}

export function baseFolder(release: Release, recipe: string): string {
  return join(cacheRoot, `base-${release}-${short(recipe)}`)
}

/** What generated configuration refers to by relative path, in the project's own folder. */
export function projectLayout(project: string, deployment: string) {
  const folder = join(project, '.lab', deployment)
  const ssh = join(folder, 'ssh')
  return { folder, ssh, key: join(ssh, 'id_ed25519'), knownHosts: join(ssh, 'known_hosts') } as const
}

/** Eight hexadecimal digits that stand for a text. */
export function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
