import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CannotRun } from '../finding.ts'
import { cgroupMount } from './cgroup.ts'
import { systemPath } from './command.ts'

/** Programs that the lab calls, and the Debian package that brings each. */
const programs: Readonly<Record<string, string>> = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  losetup: 'mount',
  'apt-config': 'apt',
  sysctl: 'procps',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  openssl: 'openssl',
  python3: 'python3',
}

/** What the machine offers, looked up once. */
export interface Machine {
  readonly root: boolean
  readonly programs: ReadonlySet<string>
  readonly cgroup2: boolean
  readonly overlay: boolean
}

export function thisMachine(): Machine {
  const folders = systemPath().split(delimiter)
  return {
    root: process.getuid?.() === 0,
    programs: new Set(
      Object.keys(programs).filter((name) => folders.some((folder) => existsSync(join(folder, name)))),
    ),
    cgroup2: cgroupMount(readFileSync('/proc/self/mountinfo', 'utf8')) !== undefined,
    overlay:
      /\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')) || existsSync('/sys/module/overlay'),
  }
}

/** All that keeps the lab from running on a machine, with the way out; undefined where nothing does. */
export function unmet(machine: Machine): { readonly message: string; readonly hint?: string } | undefined {
  const missing = Object.keys(programs).filter((name) => !machine.programs.has(name))
  const problems = [
    ...(machine.root ? [] : ['it is not run as root']),
    ...(missing.length > 0 ? [`${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing`] : []),
    ...(machine.cgroup2 ? [] : ['cgroup 2 is not mounted']),
    ...(machine.overlay ? [] : ['the kernel has no overlay file system']),
  ]
  if (problems.length === 0) return undefined
  const packages = [...new Set(missing.flatMap((name) => programs[name] ?? []))].sort()
  const hints = [
    ...(machine.root ? [] : ['run it as root']),
    ...(packages.length > 0 ? [`apt-get install --no-install-recommends ${packages.join(' ')}`] : []),
    ...(machine.cgroup2 ? [] : ['mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified']),
    ...(machine.overlay ? [] : ['modprobe overlay']),
  ]
  return { message: `the lab cannot run here: ${problems.join('; ')}`, hint: hints.join('; ') }
}

/** Throws one `CannotRun` that names everything that the lab lacks on this machine. */
export function assertRequirements(machine: Machine = thisMachine()): void {
  const problem = unmet(machine)
  if (problem) throw new CannotRun(problem.message, problem.hint)
}
