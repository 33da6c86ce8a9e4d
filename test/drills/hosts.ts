import { execa } from 'execa'
import { labPlan } from '../../src/cli/lab.ts'
import { openTopology } from '../../src/cli/show.ts'
import { sshCommand, status } from '../../src/lab/index.ts'

/** The hosts of a deployment whose lab is up, and a way to run things on them. */
export async function openLab(deployment: string) {
  const topology = await openTopology(deployment)
  if (typeof topology === 'number') process.exit(topology)
  const plan = labPlan(topology)
  const running = new Set(
    (await status(deployment))?.hosts.filter(({ state }) => state !== 'off').map(({ name }) => name),
  )
  const hosts = topology.hosts.filter(({ name }) => running.has(name))
  if (hosts.length === 0) throw new Error(`no host of the lab ${deployment} runs`)
  return {
    hosts,
    /** Whether no host of the deployment is down. */
    isWhole: hosts.length === topology.hosts.length,
    /** Runs a command on a host, with something for it to read. Throws where it fails. */
    run: async (name: string, command: readonly string[], input = ''): Promise<string> => {
      const [ssh = 'ssh', ...args] = sshCommand(plan, topology.host(name), {
        project: process.cwd(),
        command,
      })
      const { stdout } = await execa(ssh, args, { input, timeout: 600_000, maxBuffer: 2 ** 28 })
      return stdout
    },
  }
}
