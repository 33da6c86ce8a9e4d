import { readFileSync } from 'node:fs'
import { cgroupPids } from './cgroup.ts'
import { inNamespace, run } from './command.ts'
import { hostPort } from './fabric.ts'
import { initOf, systemState } from './host.ts'
import { hostLayout, type Layout, layout, namespaceOf } from './layout.ts'
import { currentMounts } from './mount.ts'
import { isAlive } from './process.ts'
import { type LabState, readState } from './state.ts'

export interface LabStatus {
  readonly deployment: string
  readonly owner: string
  /** `partial` where `up` or `down` has not come to its end. */
  readonly phase: 'up' | 'partial'
  /** Whether packages and artifacts can come in. */
  readonly services: boolean
  readonly hosts: readonly HostStatus[]
}

export interface HostStatus {
  readonly name: string
  readonly address: string
  readonly network: string
  readonly release: string
  /** What systemd says of itself (`running`, `degraded`, `starting`, …), or `off`. */
  readonly state: string
  readonly link: 'up' | 'cut' | 'none'
  /** Bytes that the host's processes hold, shared pages counted in shares. */
  readonly memory: number
  readonly processes: number
}

/** What of a lab there is; undefined where there is none. Needs root, changes nothing. */
export async function status(deployment: string, root?: string): Promise<LabStatus | undefined> {
  const lab = layout(deployment, root)
  const state = readState(lab)
  if (!state) return undefined
  const links = await portStates(lab)
  const hosts = await Promise.all(Object.keys(state.hosts).map((name) => hostStatus(lab, state, name, links)))
  return {
    deployment,
    owner: state.owner,
    phase: state.phase === 'up' && state.fabric === 'ready' ? 'up' : 'partial',
    services: Object.values(state.services).length > 0 && Object.values(state.services).every(isAlive),
    hosts,
  }
}

async function hostStatus(lab: Layout, state: LabState, name: string, links: string[]): Promise<HostStatus> {
  const place = hostLayout(lab, name)
  const pids = cgroupPids(place.cgroup)
  const { address = '', network = '', release = '' } = state.hosts[name]?.host ?? {}
  const link = links.find((line) => line.includes(` ${hostPort(name)}@`))
  return {
    name,
    address,
    network,
    release,
    state: await systemState(initOf(place)),
    link: link ? (link.includes(' master ') && /[<,]UP[,>]/.test(link) ? 'up' : 'cut') : 'none',
    memory: pids.map(memoryOf).reduce((sum, bytes) => sum + bytes, 0),
    processes: pids.length,
  }
}

async function portStates(lab: Layout): Promise<string[]> {
  const fabric = namespaceOf(lab, 'fabric')
  if (currentMounts(fabric).length === 0) return []
  return (await run(inNamespace(fabric, ['ip', '-oneline', 'link', 'show']))).split('\n')
}

function memoryOf(pid: number): number {
  try {
    return (
      Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024
    )
  } catch {
    return 0 // ended meanwhile
  }
}
