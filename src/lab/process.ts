import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process that cannot be mistaken for a later one of the same number. */
export interface ProcessId {
  readonly pid: number
  /** When the kernel started it, in clock ticks since boot: field 22 of `/proc/<pid>/stat`. */
  readonly start: number
}

/** Field 22 of a line of `/proc/<pid>/stat`. The second field may itself hold blanks and brackets. */
export function startTime(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const start = Number(fields[19])
  return Number.isInteger(start) && start > 0 ? start : undefined
}

/** The process that has this number now, or undefined when there is none (or only its zombie). */
export function identify(pid: number): ProcessId | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const start = stat && startTime(stat)
  if (!stat || !start) return undefined
  const zombie = stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  return zombie ? undefined : { pid, start }
}

export function isAlive(id: ProcessId | undefined): boolean {
  return id !== undefined && identify(id.pid)?.start === id.start
}

/** Whether not even the zombie of a process is there any more. */
export function isReaped(id: ProcessId): boolean {
  const stat = read(`/proc/${id.pid}/stat`)
  return stat === undefined || startTime(stat) !== id.start
}

/** Sends a signal (name, or a number for the real-time ones) unless the process is gone or its number was reused. */
export function signal(id: ProcessId | undefined, which: NodeJS.Signals | number): void {
  if (!id || !isAlive(id)) return
  try {
    process.kill(id.pid, which)
  } catch {
    // It ended between the two calls, which is what the signal was for.
  }
}

/** Numbers of all processes. */
export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Whether a process is process 1 of a PID namespace below ours. */
export function isInit(pid: number): boolean {
  const line = read(`/proc/${pid}/status`)?.match(/^NSpid:(.*)$/m)?.[1]
  const numbers = line?.trim().split(/\s+/) ?? []
  return numbers.length > 1 && numbers.at(-1) === '1'
}

/** Where a link of a process points to (`root`, `ns/net`), or undefined when that cannot be read. */
export function processLink(pid: number, link: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${link}`)
  } catch {
    return undefined
  }
}

/** Differs after every boot of the machine. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

export async function until(condition: () => boolean, milliseconds: number, every = 50): Promise<boolean> {
  const end = Date.now() + milliseconds
  while (!condition()) {
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  return true
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
