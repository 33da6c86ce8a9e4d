import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Layout } from './layout.ts'
import type { LabHost, LabPlan } from './plan.ts'
import { bootId, type ProcessId } from './process.ts'

/**
 * What a lab is and has. It is written before each thing is made, so that whoever finds it after a kill knows where to
 * look. What is really there is always asked of the kernel: by cgroup, and by mounts and loop files below the folder.
 */
export interface LabState {
  readonly version: 1
  /** The project (absolute path of its folder) that this lab belongs to. */
  readonly owner: string
  /** Boot of the machine that the processes and namespaces below belong to. */
  readonly boot: string
  readonly created: string
  /** `leaving` once `down` has begun: nothing of the lab may be used from then on. */
  readonly phase: 'up' | 'leaving'
  readonly plan: Omit<LabPlan, 'hosts'>
  readonly fabric: 'making' | 'ready' | 'none'
  readonly cgroup: string
  readonly services: Readonly<Record<string, ProcessId>>
  readonly hosts: Readonly<Record<string, HostState>>
}

export interface HostState {
  readonly host: LabHost
  /** `disk` while its files are laid out, `booting` until it answers, `running` from then on, `off` when told to be. */
  readonly phase: 'disk' | 'booting' | 'running' | 'off'
  /** Whether the disk holds all that a host starts with. */
  readonly prepared: boolean
  /** Folder of the Debian base below the disk. */
  readonly base: string
  readonly namespace: string
  readonly mounts: readonly string[]
  readonly loops: readonly string[]
  /** systemd-nspawn. */
  readonly supervisor?: ProcessId
  /** The host's own process 1. */
  readonly init?: ProcessId
}

export function newState(lab: Layout, plan: LabPlan, owner: string): LabState {
  return {
    version: 1,
    owner,
    boot: bootId(),
    created: new Date().toISOString(),
    phase: 'up',
    plan: outline(plan),
    fabric: 'none',
    cgroup: lab.cgroup,
    services: {},
    hosts: {},
  }
}

/** A plan without its hosts: what has to be the same for the fabric to stay as it is. */
export function outline(plan: LabPlan): Omit<LabPlan, 'hosts'> {
  const { deployment, networks, controller, client, admin } = plan
  return { deployment, networks, controller, client, admin }
}

/** The same lab after the machine was booted anew: disks are there, all else is gone. */
export function afterBoot(state: LabState, boot: string): LabState {
  if (state.boot === boot) return state
  const hosts = Object.entries(state.hosts).map(([name, { supervisor: _, init: __, ...host }]) => [
    name,
    { ...host, phase: 'off' as const },
  ])
  return { ...state, boot, fabric: 'none', services: {}, hosts: Object.fromEntries(hosts) }
}

/** Reads a lab's state, or undefined when there is none that can be read. */
export function readState(lab: Layout): LabState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(lab.state, 'utf8'))
    if (typeof state !== 'object' || state === null || !('version' in state) || state.version !== 1)
      return undefined
    // Only this file writes it, whole or not at all: a matching version vouches for the rest.
    return state as LabState
  } catch {
    return undefined
  }
}

/** The one place that holds the state of a lab while a command works on it. Every change is on disk when it returns. */
export class StateFile {
  readonly #lab: Layout
  #state: LabState

  constructor(lab: Layout, state: LabState) {
    this.#lab = lab
    this.#state = state
    this.#write()
  }

  get state(): LabState {
    return this.#state
  }

  update(change: Partial<LabState>): void {
    this.#state = { ...this.#state, ...change }
    this.#write()
  }

  setHost(name: string, host: HostState): void {
    this.update({ hosts: { ...this.#state.hosts, [name]: host } })
  }

  removeHost(name: string): void {
    const { [name]: _, ...hosts } = this.#state.hosts
    this.update({ hosts })
  }

  #write(): void {
    mkdirSync(dirname(this.#lab.state), { recursive: true, mode: 0o700 })
    const partial = `${this.#lab.state}.partial`
    writeFileSync(partial, `${JSON.stringify(this.#state, null, 2)}\n`, { mode: 0o600 })
    renameSync(partial, this.#lab.state)
  }
}
