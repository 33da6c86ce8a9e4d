import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { makeCgroup } from './cgroup.ts'
import { inCgroup, inNamespace, systemPath } from './command.ts'
import { type Layout, layout, namespaceOf } from './layout.ts'
import { currentMounts } from './mount.ts'
import type { Outside } from './plan.ts'

export interface InsideOptions {
  /** Which of the namespaces outside the command runs in. */
  readonly from: Outside
  /** Folder of all labs. Default: `ROLEWRIGHT_LAB_ROOT`, or `/var/lib/rolewright/labs`. */
  readonly root?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** `inherit` leaves input and output to the command (the default); `pipe` collects output. */
  readonly stdio?: 'inherit' | 'pipe'
  /** Milliseconds after which the command is ended. Default: none. */
  readonly timeout?: number
}

export interface InsideResult {
  readonly exitCode: number
  /** Empty where the output was inherited. */
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command of the machine in one of the lab's namespaces outside, at that one's address. `down` ends it. Throws
 * `CannotRun` where the lab is not up.
 */
export async function runInside(
  deployment: string,
  argv: readonly string[],
  options: InsideOptions,
): Promise<InsideResult> {
  const lab = layout(deployment, options.root)
  return runIn(lab, `${lab.cgroup}/inside`, argv, options)
}

/** The same, in a cgroup that says what it is for. */
export async function runIn(
  lab: Layout,
  cgroup: string,
  argv: readonly string[],
  options: InsideOptions,
): Promise<InsideResult> {
  const namespace = namespaceOf(lab, options.from)
  if (currentMounts(namespace).length === 0)
    throw new CannotRun(`the lab '${lab.deployment}' is not up`, 'run `lab up`')
  // It ends with whoever started it, so that nothing works on after the command was killed.
  const alone = ['setpriv', '--pdeathsig', 'TERM', ...inNamespace(namespace, argv)]
  const [file = '', ...args] = inCgroup(makeCgroup(cgroup), alone)
  const result = await execa(file, args, {
    reject: false,
    stdio: options.stdio === 'pipe' ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    env: { PATH: systemPath(), ...options.env },
  })
  return { exitCode: result.exitCode ?? 128, stdout: result.stdout ?? '', stderr: result.stderr ?? '' }
}
