import { existsSync, mkdirSync } from 'node:fs'
import { CannotRun } from '../finding.ts'
import { ensureBase } from './base.ts'
import { boot, isRunning, type Progress, progressLine, removeHost } from './boot.ts'
import { removeCgroup } from './cgroup.ts'
import { dismantle } from './down.ts'
import { makeFabric } from './fabric.ts'
import { endHost } from './host.ts'
import { hostLayout, type Layout, labRoot, layout, namespaceOf } from './layout.ts'
import { raiseLimits } from './limits.ts'
import { lockLab } from './lock.ts'
import { currentMounts, unmountBelow } from './mount.ts'
import { OUTSIDE } from './outside.ts'
import { assertPlan, type LabHost, type LabPlan, outsides } from './plan.ts'
import { bootId } from './process.ts'
import { assertRequirements } from './requirements.ts'
import { ensureServices } from './services.ts'
import { ensureKeys } from './ssh.ts'
import { afterBoot, newState, outline, readState, StateFile } from './state.ts'

export interface UpOptions {
  /** Folder of the project that the lab belongs to. Keys go to its `.lab/<deployment>/ssh`. */
  readonly project: string
  /** Folder of all labs. Default: `ROLEWRIGHT_LAB_ROOT`, or `/var/lib/rolewright/labs`. */
  readonly root?: string
  /** Names of the hosts to boot. Default: all of the plan. The others stay as they are. */
  readonly only?: readonly string[]
  /** Starts with empty disks: hosts that run are ended first. Default: false. */
  readonly fresh?: boolean
  /** Takes down another project's lab of the same name first. Default: false, which refuses. */
  readonly takeOver?: boolean
  /** How many hosts boot at once. Default: 4. */
  readonly atOnce?: number
  /** Takes one line of progress at a time. Default: standard error. */
  readonly report?: Progress
}

/**
 * Brings a lab up, or what of it is missing: hosts that run stay, hosts that are off boot with the disk they had, hosts
 * that the plan no longer has are removed. May be called again after it was killed at any moment. Throws `CannotRun`.
 */
export async function up(plan: LabPlan, options: UpOptions): Promise<void> {
  assertRequirements()
  assertPlan(plan)
  const began = Date.now()
  const report = options.report ?? progressLine
  const lab = layout(plan.deployment, options.root ?? labRoot())
  const wanted = chosen(plan, options.only)
  const lock = await lockLab(lab.folder, 'lab up')
  try {
    const file = await ownState(lab, plan, options, report)
    // Whatever a killed `deploy` or base build left at work would meddle with what comes now.
    for (const left of ['deploy', 'build']) await removeCgroup(`${lab.cgroup}/${left}`)
    raiseLimits(plan.hosts.length, report)
    await ensureFabric(lab, plan, file, report)
    await ensureServices(lab, file)
    await ensureKeys(lab, options.project, plan.hosts)
    for (const release of new Set(wanted.map((host) => host.release))) {
      const start = Date.now()
      const base = await ensureBase(lab, release, () =>
        report(`making the ${release} base, once (about a minute)`),
      )
      if (base.made) report(`${release} base made in ${seconds(start)}`)
    }
    await removeStrangers(lab, plan, file, report)
    const failures = await bootAll(lab, wanted, file, options, report)
    if (failures.length > 0) throw new CannotRun(`not every host is up: ${failures.join('; ')}`)
    report(
      `lab ${plan.deployment}: ${wanted.length} host${wanted.length === 1 ? '' : 's'} up in ${seconds(began)}`,
    )
  } finally {
    lock.release()
  }
}

function chosen(plan: LabPlan, only: readonly string[] | undefined): readonly LabHost[] {
  const unknown = (only ?? []).filter((name) => !plan.hosts.some((host) => host.name === name))
  if (unknown.length > 0) throw new CannotRun(`${plan.deployment} has no host ${unknown.join(', ')}`)
  return only ? plan.hosts.filter((host) => only.includes(host.name)) : plan.hosts
}

/** The lab's state, made ours: what another project or an unfinished `down` left is removed first. */
async function ownState(
  lab: Layout,
  plan: LabPlan,
  options: UpOptions,
  report: Progress,
): Promise<StateFile> {
  const found = readState(lab)
  if (found && found.owner !== options.project && found.phase === 'up') {
    if (!options.takeOver) {
      throw new CannotRun(
        `the lab '${plan.deployment}' belongs to ${found.owner}`,
        'take it over by name, or set ROLEWRIGHT_LAB_ROOT to a folder of your own',
      )
    }
    report(`taking over the lab '${plan.deployment}' of ${found.owner}`)
  }
  const usable = found?.owner === options.project && found.phase === 'up'
  // A folder without a readable state is what a kill at the first or the last moment leaves.
  if (!usable && existsSync(lab.folder)) await dismantle(lab, found, { grace: 0 })
  mkdirSync(lab.folder, { recursive: true, mode: 0o700 })
  return new StateFile(lab, usable ? afterBoot(found, bootId()) : newState(lab, plan, options.project))
}

async function ensureFabric(lab: Layout, plan: LabPlan, file: StateFile, report: Progress): Promise<void> {
  const { fabric, plan: built, hosts } = file.state
  const complete = ['fabric', OUTSIDE, ...outsides].every(
    (name) => currentMounts(namespaceOf(lab, name)).length === 1,
  )
  if (fabric === 'ready' && complete && JSON.stringify(built) === JSON.stringify(outline(plan))) return
  if (fabric === 'ready' && complete) report('the networks of the plan have changed: hosts are booted anew')
  await Promise.all(Object.keys(hosts).map((name) => endHost(hostLayout(lab, name), 10_000)))
  await removeCgroup(lab.cgroup)
  await unmountBelow(lab.namespaces)
  file.update({ fabric: 'making', plan: outline(plan), services: {} })
  await makeFabric(lab, plan)
  file.update({ fabric: 'ready' })
}

async function removeStrangers(lab: Layout, plan: LabPlan, file: StateFile, report: Progress): Promise<void> {
  for (const [name, { host }] of Object.entries(file.state.hosts)) {
    const now = plan.hosts.find((candidate) => candidate.name === name)
    if (now?.release === host.release) continue
    report(`${name} is not in the plan any more${now ? ` as ${host.release}` : ''}: removed`)
    await removeHost(lab, name, file)
  }
}

/** Boots what does not run, some at a time. Returns what went wrong, a line per host. */
async function bootAll(
  lab: Layout,
  hosts: readonly LabHost[],
  file: StateFile,
  options: UpOptions,
  report: Progress,
): Promise<string[]> {
  const waiting = [...hosts]
  const failures: string[] = []
  const worker = async () => {
    for (let host = waiting.shift(); host; host = waiting.shift()) {
      const start = Date.now()
      try {
        if (options.fresh) await removeHost(lab, host.name, file)
        const ran = isRunning(lab, host, file.state)
        const state = ran ? 'runs already' : await boot(lab, host, file)
        report(
          `${host.name.padEnd(16)} ${host.address.padEnd(15)} ${state}${ran ? '' : ` after ${seconds(start)}`}`,
        )
      } catch (error) {
        failures.push(`${host.name}: ${error instanceof Error ? error.message : String(error)}`)
        report(`${host.name.padEnd(16)} ${host.address.padEnd(15)} failed after ${seconds(start)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: options.atOnce ?? 4 }, worker))
  return failures
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
