import { readFileSync, writeFileSync } from 'node:fs'
import type { Progress } from './boot.ts'

const INOTIFY = '/proc/sys/fs/inotify/max_user_instances'
/** inotify instances that a host's programs may take: systemd, journald, logind, dbus and what is deployed took 6 to 8 each. */
const PER_HOST = 32
/** What the machine's own programs keep: the kernel's default for all. */
const OWN = 128

/** How many inotify instances a machine that carries so many hosts should allow, whose root they all share. */
export const wantedInstances = (hosts: number): number => OWN + hosts * PER_HOST

/** Raises the kernel's limit where it is lower: beyond it systemd ends while it boots. It is never lowered again, which harms nobody. */
export function raiseLimits(hosts: number, report: Progress): void {
  const now = Number(readFileSync(INOTIFY, 'utf8'))
  const wanted = wantedInstances(hosts)
  if (now >= wanted) return
  writeFileSync(INOTIFY, String(wanted))
  report(`fs.inotify.max_user_instances raised from ${now} to ${wanted}`)
}
