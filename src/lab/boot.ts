import { baseOf, datePolicy } from './base.ts'
import { identity, mountDisk, readKeys, removeDisk, writeIdentity } from './disk.ts'
import { plugHost, unplugHost } from './fabric.ts'
import { endHost, failedUnits, initOf, startHost, untilRunning } from './host.ts'
import { hostLayout, type Layout } from './layout.ts'
import { detachLoops } from './mount.ts'
import type { LabHost } from './plan.ts'
import { isAlive } from './process.ts'
import type { HostState, LabState, StateFile } from './state.ts'

/** Takes one line of progress at a time. */
export type Progress = (line: string) => void

export const progressLine: Progress = (line) => void process.stderr.write(`${line}\n`)

/** Seconds that a host may take to boot. */
const patience = 120

/** Whether a host runs just as the plan wants it. */
export function isRunning(lab: Layout, host: LabHost, state: LabState): boolean {
  const known = state.hosts[host.name]
  if (known?.phase !== 'running' || !isAlive(known.supervisor) || !isAlive(known.init)) return false
  const same = known.host.address === host.address && known.host.network === host.network
  return same && initOf(hostLayout(lab, host.name))?.pid === known.init?.pid
}

/** Boots a host, with the disk it had where it had one. Returns `running`, or `degraded` and what failed. */
export async function boot(lab: Layout, host: LabHost, file: StateFile): Promise<string> {
  const place = hostLayout(lab, host.name)
  await endHost(place, 0)
  await unplugHost(lab, host.name)
  const known = file.state.hosts[host.name]
  const disk: HostState = {
    host,
    phase: 'disk',
    prepared: known?.prepared ?? false,
    // A disk stays with the base that it was begun on, whatever the recipe says meanwhile.
    base: known?.prepared ? known.base : baseOf(host.release),
    namespace: place.namespace,
    mounts: [place.root],
    loops: [],
  }
  file.setHost(host.name, disk)
  await mountDisk(place, disk.base)
  if (!disk.prepared) {
    const keys = readKeys(lab, file.state.owner)
    writeIdentity(place, identity(file.state.plan, host, keys, await datePolicy()))
  }
  const booting: HostState = { ...disk, prepared: true, phase: 'booting' }
  file.setHost(host.name, booting)
  await plugHost(lab, file.state.plan, host)
  const supervisor = startHost(place, host.name)
  file.setHost(host.name, { ...booting, supervisor })
  const state = await untilRunning(place, supervisor, patience)
  const init = initOf(place)
  if (!init) throw new Error(`its process 1 is not to be found; see ${place.console}`)
  file.setHost(host.name, { ...booting, supervisor, init, phase: 'running' })
  return state === 'running' ? state : `${state} (${(await failedUnits(init)).join(', ')})`
}

/** Ends a host as a power cut would: at once, and its network goes with it. Its disk stays. */
export async function powerOff(lab: Layout, name: string, file: StateFile): Promise<void> {
  const known = file.state.hosts[name]
  if (known) {
    const { supervisor: _, init: __, ...rest } = known
    file.setHost(name, { ...rest, phase: 'off' })
  }
  await endHost(hostLayout(lab, name), 0)
  await unplugHost(lab, name)
}

/** Ends a host and takes its disk away. */
export async function removeHost(lab: Layout, name: string, file: StateFile): Promise<void> {
  const known = file.state.hosts[name]
  // A disk that is being deleted is not whole any more, whenever this is interrupted.
  if (known) file.setHost(name, { ...known, phase: 'off', prepared: false })
  await powerOff(lab, name, file)
  await detachLoops(hostLayout(lab, name).folder)
  await removeDisk(hostLayout(lab, name))
  file.removeHost(name)
}
