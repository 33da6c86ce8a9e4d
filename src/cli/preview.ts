import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { grouped } from '../review/grouped.ts'
import { hostsNamed, type Preview, preview } from '../review/preview.ts'
import { type Validation, validate } from '../review/validate.ts'
import { count, printFindings, printTable } from './output.ts'
import { languageRoot, noDeployment, openProject, projectRoot } from './project.ts'

export interface PreviewOptions {
  readonly deployment: string
  /** Folder that is made anew; `.preview/<deployment>` in the project's unless told. */
  readonly into?: string
}

/** `rolewright preview`: the files that hosts will have, in a folder per host. Returns the exit code. */
export async function previewHosts(names: readonly string[], options: PreviewOptions): Promise<number> {
  const root = projectRoot()
  const project = await openProject(root)
  if (project.findings.some(({ severity }) => severity === 'error'))
    return printFindings(project.findings, 'text', 'nothing follows from it')
  const deployment = project.deployments.get(options.deployment)
  if (!deployment) throw noDeployment(options.deployment, project.deployments.keys())
  const found = await preview(
    { root, languageRoot },
    project,
    options.deployment,
    hostsNamed(deployment.topology, names),
  )
  const into = options.into ?? join(root, '.preview', options.deployment)
  write(into, found, names)
  const validated = await validate(found.files, deployment.topology.hosts)
  process.stdout.write(
    `${unknownOf(found)}${validationOf(validated)}${totalOf(found, validated)}, written to ${relative(process.cwd(), into) || '.'}\n`,
  )
  return validated.some(({ verdict }) => verdict === 'invalid') ? 1 : 0
}

/** Files of hosts that are previewed anew, readable for their owner alone: secrets are masked, and the rest is nobody's either. */
function write(into: string, { files }: Preview, names: readonly string[]): void {
  for (const folder of names.length > 0 ? names.map((name) => join(into, name)) : [into])
    rmSync(folder, { recursive: true, force: true })
  for (const { host, path, content } of files) {
    const target = join(into, host, path)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    writeFileSync(target, content)
    chmodSync(target, 0o600)
  }
}

/** Tasks that write what only their host knows, a line for each with the number of hosts. */
function unknownOf({ unknown }: Preview): string {
  const rows = grouped(unknown, ({ role, task, reason }) => JSON.stringify([role, task, reason])).map(
    ([{ role, task, reason }, on]) => [role ?? '', task, count(on.length, 'host'), reason],
  )
  return rows.length > 0
    ? `Known on the hosts alone:\n${printTable(['role', 'task', 'on', 'because'], rows)}\n\n`
    : ''
}

/** What programs refuse, in full, and what they could not be asked about. */
function validationOf(validated: readonly Validation[]): string {
  const invalid = validated.filter(({ verdict }) => verdict === 'invalid')
  const unjudged = grouped(
    validated.filter(({ verdict }) => verdict === 'unjudged'),
    ({ file, said }) => JSON.stringify([file.path, said]),
  ).map(([{ file, said }, on]) => [file.path, count(on.length, 'host'), said])
  return [
    ...invalid.map(
      ({ file, said }) => `${file.host}:${file.path} is refused (${file.validate}):\n${said}\n\n`,
    ),
    ...(unjudged.length > 0
      ? [`Not validated here:\n${printTable(['file', 'on', 'because'], unjudged)}\n\n`]
      : []),
  ].join('')
}

function totalOf({ files }: Preview, validated: readonly Validation[]): string {
  const hosts = new Set(files.map(({ host }) => host)).size
  const of = (verdict: Validation['verdict']) => validated.filter((one) => one.verdict === verdict).length
  return `${count(files.length, 'file')} of ${count(hosts, 'host')}, ${of('valid')} found valid by their programs, ${of('invalid')} invalid`
}
