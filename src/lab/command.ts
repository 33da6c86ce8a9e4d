import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { makeCgroup } from './cgroup.ts'
import { identify, type ProcessId } from './process.ts'

/** PATH with the folders of administration programs, which a plain `su` or cron leaves out. */
export function systemPath(): string {
  return [process.env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':')
}

/** The command that enters a network namespace and then becomes `argv`. */
export function inNamespace(namespace: string, argv: readonly string[]): string[] {
  return ['nsenter', `--net=${namespace}`, '--', ...argv]
}

/** The command that enters a cgroup and then becomes `argv`. When the cgroup is gone, `argv` never starts. */
export function inCgroup(folder: string, argv: readonly string[]): string[] {
  return ['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', folder, ...argv]
}

/** Runs a command to its end and returns its standard output. Throws `CannotRun` with what the command said. */
export async function run(argv: readonly string[], input?: string): Promise<string> {
  const [file = '', ...args] = argv
  const result = await execa(file, args, {
    reject: false,
    env: { PATH: systemPath() },
    ...(input === undefined ? {} : { input }),
  })
  if (result.failed) {
    throw new CannotRun(`\`${argv.join(' ')}\` failed: ${result.stderr || result.shortMessage}`)
  }
  return result.stdout
}

export interface Background {
  readonly cgroup: string
  /** File that takes what the process prints. */
  readonly log: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a process that outlives this one, in a cgroup of the lab's. */
export function start(argv: readonly string[], options: Background): ProcessId {
  const [file = '', ...args] = inCgroup(makeCgroup(options.cgroup), argv)
  const log = openSync(options.log, 'a')
  try {
    const child = spawn(file, args, {
      detached: true,
      cwd: '/',
      stdio: ['ignore', log, log],
      env: { ...process.env, PATH: systemPath(), ...options.env },
    })
    child.on('error', () => undefined)
    child.unref()
    const id = child.pid && identify(child.pid)
    if (!id) throw new CannotRun(`${argv[0]} did not start`, `see ${options.log}`)
    return id
  } finally {
    closeSync(log)
  }
}
