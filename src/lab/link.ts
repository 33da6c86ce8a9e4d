import { CannotRun } from '../finding.ts'
import { powerOff } from './boot.ts'
import { inNamespace, run } from './command.ts'
import { deviceName, hostPort } from './fabric.ts'
import { type Layout, layout, namespaceOf } from './layout.ts'
import { takeLock } from './lock.ts'
import { type LabState, readState, StateFile } from './state.ts'

/** A host of a lab that is up. */
export interface Target {
  readonly deployment: string
  readonly host: string
  /** Folder of all labs. Default: `ROLEWRIGHT_LAB_ROOT`, or `/var/lib/rolewright/labs`. */
  readonly root?: string
}

/**
 * Cuts a host's link at the bridge: its packets and those to it vanish, and no connection is closed. `down` (the
 * default) is a pulled cable, so the host sees that its carrier is gone. `detached` is a switch that has lost its
 * configuration: the carrier stays and nothing passes. Throws `CannotRun` where the host has no link.
 */
export async function cutLink(target: Target, how: 'down' | 'detached' = 'down'): Promise<void> {
  await setPort(target, how === 'down' ? ['down'] : ['nomaster'])
}

/** Mends what `cutLink` cut, in either way. */
export async function healLink(target: Target): Promise<void> {
  const { state } = known(target)
  const network = state.hosts[target.host]?.host.network ?? ''
  await setPort(target, ['master', deviceName('net', network), 'up'])
}

/** Ends a host as a power cut would. Its disk stays; the next `up` boots it again. */
export async function killHost(target: Target): Promise<void> {
  const { lab } = known(target)
  const lock = await takeLock(lab.folder, `killing ${target.host}`, 30_000)
  try {
    await powerOff(lab, target.host, new StateFile(lab, known(target).state))
  } finally {
    lock.release()
  }
}

async function setPort(target: Target, change: readonly string[]): Promise<void> {
  const { lab } = known(target)
  await run(inNamespace(namespaceOf(lab, 'fabric'), ['ip', 'link', 'set', hostPort(target.host), ...change]))
}

function known(target: Target): { readonly lab: Layout; readonly state: LabState } {
  const lab = layout(target.deployment, target.root)
  const state = readState(lab)
  if (!state?.hosts[target.host])
    throw new CannotRun(`the lab '${target.deployment}' has no host ${target.host}`)
  return { lab, state }
}
