import { connect, createServer } from 'node:net'
import { CannotRun } from '../finding.ts'
import { short } from './layout.ts'

export interface Lock {
  release(): void
}

/**
 * Takes a lock that ends with this process, even when it is killed: an abstract Unix socket, which the kernel gives to
 * one process at a time and which leaves no file. Throws `CannotRun`, naming the holder, when it is taken for longer
 * than `patience` milliseconds (0: at once).
 */
export async function takeLock(name: string, doing: string, patience = 0): Promise<Lock> {
  const path = `\0rolewright-${short(name)}`
  const end = Date.now() + patience
  for (;;) {
    const lock = await listen(path, `${doing} (process ${process.pid})`)
    if (lock) return lock
    if (Date.now() >= end) {
      const holder = await ask(path)
      throw new CannotRun(`${name} is in use: ${holder} is at work on it`, 'wait for it to end, or end it')
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Takes a lab for a command that may change all of it: neither another such command nor a deployment is at work then. */
export async function lockLab(folder: string, doing: string): Promise<Lock> {
  const lab = await takeLock(folder, doing)
  try {
    const deployment = await takeLock(deployLock(folder), doing)
    return {
      release: () => {
        deployment.release()
        lab.release()
      },
    }
  } catch (error) {
    lab.release()
    throw error
  }
}

/** Name of the lock of whoever deploys to a lab. Hosts may be killed meanwhile, which is what drills do. */
export function deployLock(folder: string): string {
  return `the deployment of ${folder}`
}

function listen(path: string, answer: string): Promise<Lock | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(answer)
    })
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(path, () => {
      server.unref()
      resolve({ release: () => void server.close() })
    })
  })
}

/** What the holder of a lock says that it is doing. */
function ask(path: string): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(path)
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', (data) => (said += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(said || 'another process'))
  })
}
