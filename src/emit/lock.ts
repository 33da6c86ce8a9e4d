import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { CannotRun } from '../finding.ts'

/** Milliseconds that a build waits for one other build; writing takes about a second, and a minute where disks are busy. */
const PATIENCE = 120_000
const PAUSE = 50

/**
 * Runs `action` while this process alone holds the lock: a symbolic link whose text is its owner, since that is made
 * with its text in one step. A lock whose process is gone is taken over.
 * @throws {CannotRun} when another process holds it for longer than two minutes.
 */
export function withLock<T>(file: string, action: () => T): T {
  const owner = nameProcess(process.pid)
  let turn: number | undefined
  let deadline = Date.now() + PATIENCE
  while (!take(file, owner)) {
    const holder = readLock(file)
    if (holder === undefined || (isGone(holder) && takeAway(file, owner))) continue
    // Others may come first, again and again: as long as they end, nothing is stuck.
    const since = lstatSync(file, { throwIfNoEntry: false })?.ctimeMs
    if (since !== turn) deadline = Date.now() + PATIENCE
    turn = since
    if (Date.now() > deadline)
      throw new CannotRun(
        `Another build (process ${holder.split(' ')[0]}) is writing and has not finished.`,
        `Wait for it or end it; if there is none, remove ${file}.`,
      )
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
  }
  try {
    return action()
  } finally {
    removeIfGone(`${file}.stale`)
    rmSync(file, { force: true })
  }
}

function take(file: string, owner: string): boolean {
  try {
    symlinkSync(owner, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function readLock(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    // Not a link: a lock that people or an older version wrote as a file.
    if (codeOf(error) === 'EINVAL') return readFileSync(file, 'utf8')
    throw error
  }
}

function isGone(holder: string): boolean {
  const pid = Number(holder.split(' ')[0])
  return !Number.isSafeInteger(pid) || pid <= 0 || nameProcess(pid) !== holder
}

/**
 * Whether the lock of a process that is gone was removed here. Only one waiting build at a time may, and it looks again
 * first: another may have done so already, and the lock be that of a third.
 */
function takeAway(file: string, owner: string): boolean {
  const stale = `${file}.stale`
  if (!take(stale, owner)) {
    removeIfGone(stale)
    return false
  }
  try {
    removeIfGone(file)
    return true
  } finally {
    rmSync(stale, { force: true })
  }
}

function removeIfGone(file: string): void {
  const holder = readLock(file)
  if (holder !== undefined && isGone(holder)) rmSync(file, { force: true })
}

/** A process by its id and its start time, since ids are used again; empty when there is none. */
function nameProcess(pid: number): string {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return ''
  }
  try {
    // proc(5): the start time is field 22. The command in field 2 may hold spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A killed process that its parent has not waited for (field 3) writes nothing any more.
    return fields[0] === 'Z' ? '' : `${pid} ${fields[19]}`
  } catch {
    // Not Linux: the id has to do.
    return `${pid}`
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
