import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { removeCgroup } from './cgroup.ts'
import { inNamespace, run, start } from './command.ts'
import { artifactsFolder, type Layout, namespaceOf, packagesFolder } from './layout.ts'
import { OUTSIDE, outsideArguments, outsideFiles, outsideOf } from './outside.ts'
import { isAlive } from './process.ts'
import type { LabState, StateFile } from './state.ts'

/** TCP ports on the controller's address: a proxy for apt, and the artifacts of `/var/cache/rolewright/artifacts`. */
export const packagesPort = 3142
export const artifactsPort = 8081

/** Starts the two helpers that carry packages and artifacts into the lab, and the outside, where they do not run already. */
export async function ensureServices(lab: Layout, file: StateFile): Promise<void> {
  const { 'machine-side': machineSide, 'lab-side': labSide, outside } = file.state.services
  if (isAlive(machineSide) && isAlive(labSide) && isAlive(outside)) return
  // One of them may live on unrecorded, from a command that was killed: all are ended before all are started.
  const cgroup = `${lab.cgroup}/services`
  await removeCgroup(cgroup)
  mkdirSync(lab.services, { recursive: true, mode: 0o700 })
  const packages = join(lab.services, 'packages.socket')
  const artifacts = join(lab.services, 'artifacts.socket')
  const machine = [await program(lab, 'machine-side'), packages, packagesFolder, artifacts, artifactsFolder]
  const inside = [
    await program(lab, 'lab-side'),
    `${packagesPort}=${packages}`,
    `${artifactsPort}=${artifacts}`,
  ]
  const log = join(lab.services, 'services.log')
  const controller = namespaceOf(lab, 'controller')
  file.update({
    services: {
      'machine-side': start([process.execPath, ...machine], { cgroup, log }),
      'lab-side': start(inNamespace(controller, [process.execPath, ...inside]), { cgroup, log }),
      outside: start(inNamespace(namespaceOf(lab, OUTSIDE), await outsideCommand(lab, file.state.plan)), {
        cgroup,
        log,
      }),
    },
  })
  // The artifacts take both helpers. The outside is asked from within, so that its log begins with the hosts' questions.
  await answers(lab, 'package helpers', 'controller', `http://127.0.0.1:${artifactsPort}/`)
  await answers(lab, 'simulated outside', OUTSIDE, `http://${outsideOf(file.state.plan).address}/`)
}

/** Waits until something can be fetched in one of the lab's namespaces. */
async function answers(lab: Layout, what: string, namespace: string, url: string): Promise<void> {
  const script = `fetch('${url}').then(() => process.exit(0), () => process.exit(1))`
  const [file = '', ...args] = inNamespace(namespaceOf(lab, namespace), [process.execPath, '--eval', script])
  for (let attempt = 0; attempt < 50; attempt++) {
    const result = await execa(file, args, { reject: false })
    if (!result.failed) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new CannotRun(`the lab's ${what} do not answer`, `see ${join(lab.services, 'services.log')}`)
}

/** The command that is the outside: a copy of its program, with a certificate that nobody has reason to believe. */
async function outsideCommand(lab: Layout, plan: LabState['plan']): Promise<string[]> {
  const { folder, certificate, key } = outsideFiles(lab)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '365']
  await run(['openssl', 'req', '-x509', '-subj', '/CN=outside', ...made])
  const program = join(lab.services, 'outside.py')
  copyFileSync(source('outside.py'), program)
  return ['python3', program, ...outsideArguments(lab, plan)]
}

// The helpers outlive the command that starts them, so each becomes a file of the lab's own.
async function program(lab: Layout, name: string): Promise<string> {
  const outfile = join(lab.services, `${name}.mjs`)
  const options = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
  } as const
  await build({ entryPoints: [source(`${name}.ts`)], outfile, ...options })
  return outfile
}

/** The helper's source, wherever this file was bundled to within the project. */
function source(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const file = join(folder, 'src', 'lab', 'service', name)
    if (existsSync(file)) return file
    if (dirname(folder) === folder) throw new CannotRun(`src/lab/service/${name} is missing`)
    folder = dirname(folder)
  }
}
