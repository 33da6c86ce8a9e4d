import { watch } from 'node:fs'
import { join } from 'node:path'
import { writeGenerated } from '../emit/disk.ts'
import { count, type Format, printFindings } from './output.ts'
import { openProject, projectRoot } from './project.ts'

export interface BuildOptions {
  readonly check?: boolean
  readonly dryRun?: boolean
  readonly watch?: boolean
  readonly discard?: readonly string[]
  readonly format: Format
}

/** `rolewright build`: compiles everything and writes `generated/`. Returns the exit code. */
export async function build(options: BuildOptions): Promise<number> {
  const root = projectRoot()
  const code = await buildOnce(root, options)
  if (!options.watch) return code
  process.stdout.write('Watching roles-src/ and inventory/; end with Ctrl-C.\n')
  let timer: NodeJS.Timeout | undefined
  for (const folder of ['roles-src', 'inventory'])
    watch(join(root, folder), { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(() => void buildOnce(root, options), 50)
    })
  return new Promise(() => undefined)
}

async function buildOnce(root: string, options: BuildOptions): Promise<number> {
  const began = performance.now()
  const project = await openProject(root)
  if (project.findings.some((f) => f.severity === 'error'))
    return printFindings(project.findings, options.format, 'nothing was written', project.rules)
  const { check = false, dryRun = false, discard = [] } = options
  const report = writeGenerated(project.files, { root: join(root, 'generated'), check, dryRun, discard })
  const code = printFindings(
    [...project.findings, ...report.findings],
    options.format,
    'nothing was written',
    project.rules,
  )
  if (options.format !== 'text' || code !== 0) return code
  if (dryRun)
    for (const [verb, paths] of [
      ['would write', report.written],
      ['would remove', report.removed],
    ] as const)
      for (const path of paths) process.stdout.write(`${verb} generated/${path}\n`)
  const deployments = [...project.deployments.values()].map(
    ({ topology }) => `${topology.deployment.input.name} (${count(topology.hosts.length, 'host')})`,
  )
  const done = dryRun
    ? ''
    : `; ${report.written.length} written, ${report.removed.length} removed, ${report.unchanged.length} unchanged`
  process.stdout.write(
    `${count(project.roles.size, 'role')}, ${count(project.files.size, 'file')} for ${deployments.join(', ')}${done} in ${((performance.now() - began) / 1000).toFixed(2)} s\n`,
  )
  return code
}
