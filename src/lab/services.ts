import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { removeCgroup } from './cgroup.ts'
import { inNamespace, start } from './command.ts'
import { artifactsFolder, type Layout, namespaceOf, packagesFolder } from './layout.ts'
import { isAlive } from './process.ts'
import type { StateFile } from './state.ts'

/** TCP ports on the controller's address: a proxy for apt, and the artifacts of `/var/cache/rolewright/artifacts`. */
export const packagesPort = 3142
export const artifactsPort = 8081

/** Starts the two helpers that carry packages and artifacts into the lab, where they do not run already. */
export async function ensureServices(lab: Layout, file: StateFile): Promise<void> {
  const { 'machine-side': machineSide, 'lab-side': labSide } = file.state.services
  if (isAlive(machineSide) && isAlive(labSide)) return
  // One of them may live on unrecorded, from a command that was killed: both are ended before both are started.
  const cgroup = `${lab.cgroup}/services`
  await removeCgroup(cgroup)
  mkdirSync(lab.services, { recursive: true, mode: 0o700 })
  const packages = join(lab.services, 'packages.socket')
  const artifacts = join(lab.services, 'artifacts.socket')
  const outside = [await program(lab, 'machine-side'), packages, packagesFolder, artifacts, artifactsFolder]
  const inside = [
    await program(lab, 'lab-side'),
    `${packagesPort}=${packages}`,
    `${artifactsPort}=${artifacts}`,
  ]
  const log = join(lab.services, 'services.log')
  const controller = namespaceOf(lab, 'controller')
  file.update({
    services: {
      'machine-side': start([process.execPath, ...outside], { cgroup, log }),
      'lab-side': start(inNamespace(controller, [process.execPath, ...inside]), { cgroup, log }),
    },
  })
  await answers(lab)
}

/** Waits until the artifacts can be fetched inside the lab, which takes both helpers. */
async function answers(lab: Layout): Promise<void> {
  const script = `fetch('http://127.0.0.1:${artifactsPort}/').then(() => process.exit(0), () => process.exit(1))`
  const [file = '', ...args] = inNamespace(namespaceOf(lab, 'controller'), [
    process.execPath,
    '--eval',
    script,
  ])
  for (let attempt = 0; attempt < 50; attempt++) {
    const result = await execa(file, args, { reject: false })
    if (!result.failed) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new CannotRun(
    'the package helpers of the lab do not answer',
    `see ${join(lab.services, 'services.log')}`,
  )
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
  await build({ entryPoints: [source(name)], outfile, ...options })
  return outfile
}

/** The helper's source, wherever this file was bundled to within the project. */
function source(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const file = join(folder, 'src', 'lab', 'service', `${name}.ts`)
    if (existsSync(file)) return file
    if (dirname(folder) === folder) throw new CannotRun(`src/lab/service/${name}.ts is missing`)
    folder = dirname(folder)
  }
}
