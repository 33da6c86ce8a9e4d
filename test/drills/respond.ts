/**
 * Starts, on a lab that is up, what answers in place of the services that the deployment's `verify.standIn` names: responder.py, as
 * a transient unit on their hosts, at the ports to which sites lead. It is gone after a reboot. In the project's folder:
 *
 *     npx esbuild test/drills/respond.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/respond.js
 *     node dist/respond.js [--stop]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { labPlan } from '../../src/cli/lab.ts'
import { projectRoot } from '../../src/cli/project.ts'
import { openTopology } from '../../src/cli/show.ts'
import { sshCommand } from '../../src/lab/ssh.ts'

const UNIT = 'responder'
const PROGRAM = '/run/responder.py'

const { values } = parseArgs({
  options: { deployment: { type: 'string', default: 'lab' }, stop: { type: 'boolean', default: false } },
})
const found = await openTopology(values.deployment)
if (typeof found === 'number') process.exit(found)
const topology = found
const responder = readFileSync(join(projectRoot(), 'test/drills/responder.py'), 'utf8')

/** Runs a command on a host. */
async function on(address: string, command: string, input = ''): Promise<void> {
  const [program = 'ssh', ...args] = sshCommand(
    labPlan(topology),
    { address },
    { project: projectRoot(), command: [command] },
  )
  await execa(program, args, { input, stderr: 'inherit' })
}

for (const name of topology.deployment.input.services.verify?.standIn ?? []) {
  const service = topology.service(name)
  const wanted = new Set(service?.sites.map(({ endpoint }) => endpoint))
  const ports =
    service?.endpoints.filter((endpoint) => wanted.has(endpoint.name)).map(({ port }) => port) ?? []
  for (const { name: host, address } of service?.hosts ?? []) {
    const listen = ports.map((port) => `${address}:${port}`)
    await on(
      address,
      `systemctl stop ${UNIT}.service 2>/dev/null; systemctl reset-failed ${UNIT}.service 2>/dev/null; true`,
    )
    if (!values.stop) {
      await on(address, `cat >${PROGRAM}`, responder)
      await on(
        address,
        `systemd-run --quiet --collect --unit=${UNIT} --property=DynamicUser=yes --property=AmbientCapabilities=CAP_NET_BIND_SERVICE /usr/bin/python3 ${PROGRAM} ${listen.join(' ')}`,
      )
    }
    process.stdout.write(
      `${host}: ${values.stop ? 'stopped' : `answers for ${name} at ${listen.join(', ')}`}\n`,
    )
  }
}
