import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { CannotRun } from '../finding.ts'

/** Milliseconds that a build waits for another one; writing takes about a second at most. */
const PATIENCE = 30_000
const PAUSE = 50
/** Milliseconds after which a lock without its owner's name is that of a process killed before it could write it. */
const NAMELESS = 2_000

/**
 * Runs `action` while this process alone holds the lock file. A lock whose process is gone is taken over.
 * @throws {CannotRun} when another process holds it for longer than half a minute.
 */
export function withLock<T>(file: string, action: () => T): T {
  const owner = nameProcess(process.pid)
  const deadline = Date.now() + PATIENCE
  while (!take(file, owner)) {
    const holder = readLock(file)
    if (holder === undefined) continue
    if (isGone(file, holder)) takeAway(file, holder)
    else if (Date.now() > deadline)
      throw new CannotRun(
        `Another build (process ${holder.split(' ')[0]}) is writing and has not finished.`,
        `Wait for it or end it; if there is none, remove ${file}.`,
      )
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
  }
  try {
    return action()
  } finally {
    rmSync(`${file}.stale`, { force: true })
    rmSync(file, { force: true })
  }
}

function take(file: string, owner: string): boolean {
  try {
    const descriptor = openSync(file, 'wx')
    writeSync(descriptor, owner)
    closeSync(descriptor)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function isGone(file: string, holder: string): boolean {
  const pid = Number(holder.split(' ')[0])
  if (holder !== '' && Number.isSafeInteger(pid) && pid > 0) return nameProcess(pid) !== holder
  const since = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return since !== undefined && Date.now() - since > NAMELESS
}

/** Renamed rather than removed, since another waiting build may have done so first and hold the lock by now. */
function takeAway(file: string, holder: string): void {
  const stale = `${file}.stale`
  try {
    renameSync(file, stale)
    if (readFileSync(stale, 'utf8') !== holder) linkSync(stale, file)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error
  }
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
