import { dirname } from 'node:path'
import { execa } from 'execa'
import { cgroupPids, removeCgroup } from './cgroup.ts'
import { start } from './command.ts'
import type { HostLayout } from './layout.ts'
import { removeIfEmpty, unmountBelow } from './mount.ts'
import { identify, isInit, type ProcessId, signal, until } from './process.ts'

/** With CAP_SYS_TIME a host sets the machine's clock; with the others it reaches the machine's kernel and its log. */
const dropped = ['CAP_SYS_TIME', 'CAP_SYS_MODULE', 'CAP_SYS_RAWIO', 'CAP_SYS_BOOT', 'CAP_SYSLOG']

/** What systemd-nspawn refuses unless told, and containers within a host need: a keyring, and rules for devices. */
const allowed = ['@keyring', 'bpf']

/** SIGRTMIN+3, by number because Node knows no real-time signals: systemd's order to halt. */
const HALT = 37

/** The command that boots a host from its mounted disk, in its network namespace. */
export function nspawnCommand(host: HostLayout, name: string, binds: readonly string[] = []): string[] {
  return [
    'systemd-nspawn',
    '--quiet',
    '--boot',
    '--register=no',
    '--keep-unit',
    `--machine=${host.machine}`,
    `--hostname=${name}`,
    `--directory=${host.root}`,
    `--network-namespace-path=${host.namespace}`,
    '--capability=all',
    `--drop-capability=${dropped.join(',')}`,
    `--system-call-filter=${allowed.join(' ')}`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--console=read-only',
    ...binds.map((bind) => `--bind=${bind}`),
  ]
}

/** What systemd-nspawn needs in its environment where systemd is not the machine's process 1. */
export const nspawnEnvironment = {
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
  // Opens /proc/sys/net to the host, and nothing else below /proc/sys.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
  SYSTEMD_NSPAWN_LOCK: '0',
  SYSTEMD_LOG_LEVEL: 'warning',
} as const

export function startHost(host: HostLayout, name: string): ProcessId {
  return start(nspawnCommand(host, name), { cgroup: host.cgroup, log: host.console, env: nspawnEnvironment })
}

/** The host's own process 1, once it is there. */
export function initOf(host: HostLayout): ProcessId | undefined {
  const pid = cgroupPids(host.cgroup).find(isInit)
  return pid === undefined ? undefined : identify(pid)
}

/** A host's answer to `systemctl is-system-running`: `running`, `degraded`, `starting`, …; `off` where it does not run. */
export async function systemState(init: ProcessId | undefined, wait = false): Promise<string> {
  if (!init) return 'off'
  const result = await inHost(init, ['systemctl', 'is-system-running', ...(wait ? ['--wait'] : [])])
  return result.stdout.trim() || 'starting'
}

export async function failedUnits(init: ProcessId): Promise<string[]> {
  const result = await inHost(init, [
    'systemctl',
    'list-units',
    '--failed',
    '--plain',
    '--no-legend',
    '--no-pager',
  ])
  return result.stdout.split('\n').flatMap((line) => line.split(' ')[0] || [])
}

/** Waits until a host is up. Throws after `seconds`, or when the host ends meanwhile. */
export async function untilRunning(
  host: HostLayout,
  supervisor: ProcessId,
  seconds: number,
): Promise<string> {
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    if (!identify(supervisor.pid)) throw new Error(`it ended while it booted; see ${host.console}`)
    const state = await systemState(initOf(host), true)
    if (state === 'running' || state === 'degraded') return state
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  throw new Error(`it is not up after ${seconds} s; see ${host.console}`)
}

/**
 * Ends a host and all its processes. `grace` is how long (milliseconds) its own process 1 may take to shut services
 * down; 0 is a power cut. systemd-nspawn is not asked: it has been seen to end while its host lived on.
 */
export async function endHost(host: HostLayout, grace: number): Promise<void> {
  if (grace > 0) {
    signal(initOf(host), HALT)
    await until(() => cgroupPids(host.cgroup).length === 0, grace, 100)
  }
  await removeCgroup(host.cgroup)
  await unmountBelow(host.root)
  for (const kind of ['propagate', 'unix-export']) {
    const folder = `/run/systemd/nspawn/${kind}/${host.machine}`
    await unmountBelow(folder)
    removeIfEmpty(folder)
    removeIfEmpty(dirname(folder))
  }
  removeIfEmpty('/run/systemd/nspawn')
}

function inHost(init: ProcessId, argv: readonly string[]) {
  const enter = [
    '--target',
    String(init.pid),
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--cgroup',
    '--',
  ]
  return execa('nsenter', [...enter, ...argv], {
    reject: false,
    timeout: 60_000,
    stdin: 'ignore',
    env: { LC_ALL: 'C' },
  })
}
