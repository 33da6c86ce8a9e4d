import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CannotRun } from '../finding.ts'
import { type Progress, progressLine } from './boot.ts'
import { cgroupFolder, cgroupPids, removeCgroup } from './cgroup.ts'
import { run } from './command.ts'
import { endHost } from './host.ts'
import { hostLayout, type Layout, labRoot, layout, projectLayout } from './layout.ts'
import { lockLab } from './lock.ts'
import { currentMounts, detachLoops, loopDevices, removeIfEmpty, unmountBelow } from './mount.ts'
import { allPids, identify, isReaped, processLink, signal, until } from './process.ts'
import { type LabState, readState, StateFile } from './state.ts'

export interface DownOptions {
  /** Folder of the project that asks. Another project's lab is refused. Default: any lab may be taken down. */
  readonly project?: string
  /** Folder of all labs. Default: `ROLEWRIGHT_LAB_ROOT`, or `/var/lib/rolewright/labs`. */
  readonly root?: string
  /** How long hosts may take to shut down before they are killed, in milliseconds. Default: 10 000. */
  readonly grace?: number
  /** Removes the lab's throw-away secrets (`.lab/<deployment>/secrets`) too. Default: false. */
  readonly secrets?: boolean
  /** Takes one line of progress at a time. Default: standard error. */
  readonly report?: Progress
}

/**
 * Takes a lab down and makes sure that nothing of it is left: processes, mounts, namespaces, loop devices, cgroups,
 * files. Fine where there is none. May be called again after it was killed at any moment. Throws `CannotRun`.
 */
export async function down(deployment: string, options: DownOptions = {}): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new CannotRun('the lab cannot be taken down: it is not run as root', 'run it as root')
  const report = options.report ?? progressLine
  const lab = layout(deployment, options.root ?? labRoot())
  const lock = await lockLab(lab.folder, 'lab down')
  try {
    const began = Date.now()
    const state = readState(lab)
    if (options.project && state && state.owner !== options.project) {
      throw new CannotRun(
        `the lab '${deployment}' belongs to ${state.owner}`,
        'take down all labs, of whatever project',
      )
    }
    const there = existsSync(lab.folder)
    await dismantle(lab, state, options)
    const time = ((Date.now() - began) / 1000).toFixed(1)
    report(there ? `lab ${deployment} is down after ${time} s` : `there is no lab ${deployment}`)
  } finally {
    lock.release()
  }
}

/** Takes down every lab below the root, whatever project made it. Returns their names. */
export async function downAll(options: Omit<DownOptions, 'project'> = {}): Promise<string[]> {
  const root = options.root ?? labRoot()
  const names = existsSync(root)
    ? readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory())
    : []
  for (const name of names) await down(name, { ...options, root })
  return names
}

/** The work of `down`, for whoever holds the lab's lock. */
export async function dismantle(
  lab: Layout,
  state: LabState | undefined,
  options: Pick<DownOptions, 'grace' | 'secrets'>,
): Promise<void> {
  if (state) new StateFile(lab, { ...state, phase: 'leaving' })
  const recorded = Object.values(state?.hosts ?? {}).flatMap((host) =>
    [host.supervisor ?? [], host.init ?? []].flat(),
  )
  const ours = [...recorded, ...cgroupPids(lab.cgroup).flatMap((pid) => identify(pid) ?? [])]
  await removeCgroup(`${lab.cgroup}/deploy`)
  // Folders rather than the state's list: they are made before anything runs in them, and are there without a state.
  const hosts = existsSync(lab.hosts) ? readdirSync(lab.hosts) : []
  await Promise.all(hosts.map((name) => endHost(hostLayout(lab, name), options.grace ?? 10_000)))
  await removeCgroup(lab.cgroup)
  await endIntruders(lab)
  await unmountBelow(lab.hosts)
  await detachLoops(lab.folder)
  await unmountBelow(lab.folder)
  assertNothingLeft(lab)
  // Their parent was process 1 of the machine, which may take its time to reap them.
  await until(() => ours.every(isReaped), 5000)
  await removeFiles(lab, state, options.secrets ?? false)
}

/** Ends processes that entered the lab by another way (`nsenter` in a shell): its namespaces live as long as they do. */
async function endIntruders(lab: Layout): Promise<void> {
  const inside = intruders(lab).map(identify)
  for (const id of inside) signal(id, 'SIGKILL')
  await until(() => intruders(lab).length === 0, 5000)
}

function intruders(lab: Layout): number[] {
  const namespaces = new Set(
    currentMounts(lab.namespaces).map((file) => `net:[${statSync(file, { throwIfNoEntry: false })?.ino}]`),
  )
  return allPids().filter((pid) => {
    const root = processLink(pid, 'root') ?? ''
    return root.startsWith(`${lab.hosts}/`) || namespaces.has(processLink(pid, 'ns/net') ?? '')
  })
}

function assertNothingLeft(lab: Layout): void {
  const left = [
    ...currentMounts(lab.folder).map((mount) => `mount ${mount}`),
    ...loopDevices(lab.folder).map((device) => `loop device ${device}`),
    ...intruders(lab).map((pid) => `process ${pid}`),
    ...(existsSync(cgroupFolder(lab.cgroup)) ? [`cgroup ${lab.cgroup}`] : []),
  ]
  if (left.length > 0)
    throw new CannotRun(`of the lab '${lab.deployment}' something is left: ${left.join(', ')}`)
}

async function removeFiles(lab: Layout, state: LabState | undefined, secrets: boolean): Promise<void> {
  if (state) {
    const project = projectLayout(state.owner, lab.deployment)
    rmSync(secrets ? project.folder : project.ssh, { recursive: true, force: true })
    removeIfEmpty(project.folder)
    removeIfEmpty(dirname(project.folder))
  }
  // The state goes last: as long as it is there, whoever comes next knows that the lab was being removed.
  for (const name of existsSync(lab.folder) ? readdirSync(lab.folder) : []) {
    const path = join(lab.folder, name)
    if (path !== lab.state) await run(['rm', '-rf', '--one-file-system', path])
  }
  rmSync(lab.folder, { recursive: true, force: true })
  removeIfEmpty(dirname(lab.folder))
}
