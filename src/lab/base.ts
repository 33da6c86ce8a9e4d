import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { makeCgroup } from './cgroup.ts'
import { inCgroup, inNamespace, run, systemPath } from './command.ts'
import { baseFolder, cacheRoot, type Layout, namespaceOf } from './layout.ts'
import { takeLock } from './lock.ts'
import { unmountBelow } from './mount.ts'
import type { Release } from './plan.ts'
import { packagesPort } from './services.ts'
import { debianNames } from './sources.ts'

const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'python3', 'python3-apt', 'sudo'],
  ...[
    'iproute2',
    'iputils-ping',
    'ca-certificates',
    'procps',
    'kmod',
    'less',
    'nftables',
    'netbase',
    'tzdata',
  ],
]

/** Units that have no business in a host without a kernel and an internet of its own, or that hold apt's lock unasked. */
const masked = [
  'systemd-modules-load.service',
  'systemd-udevd.service',
  'systemd-networkd-wait-online.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'console-getty.service',
]

/** Shell commands that finish a base; `$1` is its root. What differs from host to host is none of a base's business. */
const finish = [
  ...masked.map((unit) => `ln -sf /dev/null "$1/etc/systemd/system/${unit}"`),
  'rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" "$1/etc/resolv.conf" "$1/var/lib/dbus/machine-id"',
  ': > "$1/etc/resolv.conf"',
  'echo "LANG=C.UTF-8" > "$1/etc/default/locale"',
  'ln -sf /usr/share/zoneinfo/Etc/UTC "$1/etc/localtime"',
  'mkdir -p "$1/etc/systemd/journald.conf.d" "$1/etc/ssh/sshd_config.d" "$1/root/.ssh" "$1/var/log/journal"',
  'chmod 700 "$1/root/.ssh"',
  'printf "[Journal]\\nReadKMsg=no\\nSystemMaxUse=64M\\nForwardToWall=no\\n" > "$1/etc/systemd/journald.conf.d/lab.conf"',
  'printf "UseDNS no\\nPermitRootLogin prohibit-password\\nPasswordAuthentication no\\n" > "$1/etc/ssh/sshd_config.d/lab.conf"',
]

/** The arguments of mmdebstrap that make a release's base, up to the folder and the sources. */
export function recipe(release: Release): { readonly options: string[]; readonly sources: string[] } {
  const { main, security } = debianNames
  return {
    options: [
      '--variant=minbase',
      '--mode=root',
      '--format=directory',
      `--include=${packages.join(',')}`,
      '--dpkgopt=path-exclude=/usr/share/man/*',
      '--dpkgopt=path-exclude=/usr/share/locale/*',
      ...finish.map((command) => `--customize-hook=${command}`),
    ],
    sources: [
      `deb ${main} ${release} main`,
      `deb ${main} ${release}-updates main`,
      `deb ${security} ${release}-security main`,
    ],
  }
}

/** Folder of a release's base, as its recipe now stands. */
export function baseOf(release: Release): string {
  return baseFolder(release, JSON.stringify(recipe(release)))
}

/** Options for apt that say whether a mirror's dates count: a property of the mirror that the machine's apt knows. */
export async function datePolicy(): Promise<string[]> {
  const dump = await run(['apt-config', 'dump'])
  return dump.split('\n').filter((line) => /^Acquire::(Check-Valid-Until|Check-Date) /.test(line))
}

/** apt's configuration in the lab: packages come by the proxy at the controller's address. */
export function aptConfiguration(proxy: string, policy: readonly string[]): string[] {
  return [
    `Acquire::http::Proxy "http://${proxy}:${packagesPort}";`,
    // The proxy answers when it has the whole file.
    'Acquire::http::Timeout "300";',
    'Acquire::Retries "3";',
    'Acquire::Languages "none";',
    ...policy,
  ]
}

/** Makes a release's base unless it is there, under another name until it is whole. `making` is called before. */
export async function ensureBase(
  lab: Layout,
  release: Release,
  making: () => void,
): Promise<{ readonly made: boolean }> {
  const folder = baseOf(release)
  if (existsSync(folder)) return { made: false }
  // Two labs may want the same base; the second waits for the first.
  const lock = await takeLock(folder, `building ${release}`, 15 * 60_000)
  try {
    if (existsSync(folder)) return { made: false }
    making()
    await removePartial(folder)
    mkdirSync(cacheRoot, { recursive: true })
    const partial = `${folder}.partial`
    const { options, sources } = recipe(release)
    const apt = aptConfiguration('127.0.0.1', await datePolicy()).map((line) => `--aptopt=${line}`)
    const build = ['mmdebstrap', ...options, ...apt, release, partial, ...sources]
    // In the controller's namespace, where the proxy is; with mounts of its own, which end with it.
    const argv = [
      'setpriv',
      '--pdeathsig',
      'KILL',
      'unshare',
      '--mount',
      '--',
      ...inNamespace(namespaceOf(lab, 'controller'), build),
    ]
    const [file = '', ...args] = inCgroup(makeCgroup(`${lab.cgroup}/build`), argv)
    const result = await execa(file, args, {
      reject: false,
      stdin: 'ignore',
      env: { TMPDIR: '/tmp', PATH: systemPath() },
    })
    if (result.failed) {
      throw new CannotRun(
        `mmdebstrap could not make the ${release} base: ${result.stderr.split('\n').slice(-15).join('\n')}`,
      )
    }
    await run(['rm', '-f', join(partial, 'etc/apt/apt.conf.d/99mmdebstrap')])
    renameSync(partial, folder)
    return { made: true }
  } finally {
    lock.release()
  }
}

/** Removes what a killed build left. Only the holder of the base's lock may. */
async function removePartial(folder: string): Promise<void> {
  await unmountBelow(`${folder}.partial`)
  await run(['rm', '-rf', '--one-file-system', `${folder}.partial`])
}
