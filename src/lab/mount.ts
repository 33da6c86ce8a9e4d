import { readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { run } from './command.ts'

/** Mount points at or below a folder in a text of `/proc/self/mountinfo`, the last mounted first. */
export function mountsBelow(mountinfo: string, folder: string): string[] {
  const points = mountinfo.split('\n').flatMap((line) => line.split(' ')[4] ?? [])
  // The kernel writes blanks and the like as octal escapes.
  const plain = points.map((point) =>
    point.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8))),
  )
  return plain.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse()
}

export function currentMounts(folder: string): string[] {
  return mountsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), folder)
}

/** Unmounts all at or below a folder. Throws `CannotRun` when something stays: nothing below may be deleted then. */
export async function unmountBelow(folder: string): Promise<void> {
  // Several rounds, because what was mounted onto a mount point comes to light one layer at a time.
  for (let round = 0; round < 5; round++) {
    const mounts = currentMounts(folder)
    if (mounts.length === 0) return
    for (const point of mounts) await execa('umount', [point], { reject: false })
  }
  for (const point of currentMounts(folder)) await run(['umount', point])
}

/** Loop devices (`/dev/loop3`) whose file lies below a folder. */
export function loopDevices(folder: string): string[] {
  const devices = readdirSync('/sys/block').filter((name) => name.startsWith('loop'))
  return devices.flatMap((name) => {
    try {
      const file = readFileSync(join('/sys/block', name, 'loop/backing_file'), 'utf8').trim()
      return file.startsWith(`${folder}/`) ? [`/dev/${name}`] : []
    } catch {
      return [] // not in use
    }
  })
}

/** Detaches every loop device whose file lies below a folder. What is mounted from them is unmounted beforehand. */
export async function detachLoops(folder: string): Promise<void> {
  for (const device of loopDevices(folder)) await run(['losetup', '--detach', device])
}

/** Removes a folder that nobody uses any more, and lets be one that somebody does. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Others use it, or it is gone.
  }
}
