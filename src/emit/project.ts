import type { CompiledDeployment } from '../compile/deployment.ts'
import type { Sources } from '../compile/load.ts'
import { type CheckedProject, checkProject } from '../compile/project.ts'
import { Report } from '../compile/scope.ts'
import { emitDeployment } from './deployment.ts'
import { emitDocuments } from './deployment-documents.ts'
import { emitRole } from './role.ts'

/** A project compiled: what is wrong with it, and the files that it becomes where nothing is. */
export interface CompiledProject extends CheckedProject {
  /** By path below `generated/`. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
}

/** From what authors wrote to the files of `generated/`. Pure: it reads nothing and writes nothing. */
export async function compileProject(
  sources: Sources,
  collections: Readonly<Record<string, string>>,
): Promise<CompiledProject> {
  const project = checkProject(sources)
  const none = new Map()
  if (project.findings.some(({ severity }) => severity === 'error')) return { ...project, files: none }
  const report = new Report(sources.locate)
  const files = new Map<string, string | Uint8Array>()
  for (const deployment of project.deployments.values())
    for (const [path, text] of await emitFiles(deployment, collections, report)) files.set(path, text)
  for (const role of project.roles.values())
    for (const [path, content] of emitRole(role)) files.set(path, content)
  return {
    ...project,
    findings: [...project.findings, ...report.findings],
    files: report.failed ? none : files,
  }
}

/** A deployment's files, by path below `generated/`. What goes wrong where its texts are made goes to the report. */
export async function emitFiles(
  { topology, inventory, documents, playbooks }: CompiledDeployment,
  collections: Readonly<Record<string, string>>,
  report: Report,
): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...emitDeployment(topology, inventory, playbooks, collections),
    ...(await emitDocuments(topology, documents, report)),
  ])
}
