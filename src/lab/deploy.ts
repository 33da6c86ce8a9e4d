import { join } from 'node:path'
import { CannotRun } from '../finding.ts'
import { removeCgroup } from './cgroup.ts'
import { runIn } from './inside.ts'
import { layout } from './layout.ts'
import { deployLock, takeLock } from './lock.ts'
import type { LabPlan } from './plan.ts'
import { readState } from './state.ts'

export interface DeployOptions {
  /** Folder of the project that the lab belongs to. */
  readonly project: string
  /** Folder with the deployment's `ansible.cfg` and playbooks; `generated/<deployment>`. The playbook runs from there. */
  readonly generatedDir: string
  /** Default: `site.yml`. */
  readonly playbook?: string
  /** What to hand on to ansible-playbook, `['--check', '--diff']`. */
  readonly extraArgs?: readonly string[]
  /** The program. Default: `ansible-playbook`. */
  readonly ansiblePlaybook?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Folder of all labs. Default: `ROLEWRIGHT_LAB_ROOT`, or `/var/lib/rolewright/labs`. */
  readonly root?: string
  /** Takes the command before it runs. Default: standard output. */
  readonly announce?: (line: string) => void
}

/** The command of a deployment, as somebody at the controller would type it. */
export function deployCommand(options: DeployOptions): string[] {
  return [
    options.ansiblePlaybook ?? 'ansible-playbook',
    options.playbook ?? 'site.yml',
    ...(options.extraArgs ?? []),
  ]
}

/**
 * Runs stock ansible-playbook at the controller's address and returns its exit code. The output is Ansible's own.
 * Throws `CannotRun` where the lab is not up or not this project's.
 */
export async function deploy(plan: Pick<LabPlan, 'deployment'>, options: DeployOptions): Promise<number> {
  const lab = layout(plan.deployment, options.root)
  const lock = await takeLock(deployLock(lab.folder), 'lab deploy')
  try {
    const state = readState(lab)
    if (state && state.owner !== options.project) {
      throw new CannotRun(`the lab '${plan.deployment}' belongs to ${state.owner}`)
    }
    const cgroup = `${lab.cgroup}/deploy`
    await removeCgroup(cgroup)
    const argv = deployCommand(options)
    const announce = options.announce ?? ((line: string) => void process.stdout.write(`${line}\n`))
    announce(`cd ${quote(options.generatedDir)} && ${argv.map(quote).join(' ')}`)
    const env = {
      ...options.env,
      // The folder's ansible.cfg counts, whatever the caller's own environment names.
      ANSIBLE_CONFIG: undefined,
      // Connections are shared within this lab only, on a path short enough for a socket.
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(lab.folder, 'ssh'),
    }
    const result = await runIn(lab, cgroup, argv, { from: 'controller', cwd: options.generatedDir, env })
    return result.exitCode
  } finally {
    // ssh's shared connections stay behind after Ansible has ended.
    await removeCgroup(`${lab.cgroup}/deploy`)
    lock.release()
  }
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
