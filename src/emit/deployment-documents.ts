import type { CompiledDocument } from '../compile/documents.ts'
import { reportThrown } from '../compile/guarded.ts'
import type { Report } from '../compile/scope.ts'
import type { Topology } from '../topology/topology.ts'
import { header } from './role.ts'
import { emitMapping } from './yaml.ts'

/** The documents of a deployment, by path below `generated/`. One that cannot be made goes to the report. */
export async function emitDocuments(
  topology: Topology,
  documents: readonly CompiledDocument[],
  report: Report,
): Promise<ReadonlyMap<string, string>> {
  const { name } = topology.deployment.input
  const head = ({ summary }: CompiledDocument) => [
    ...header(`inventory/${name}.ts`),
    ...(summary === undefined ? [] : [summary]),
  ]
  const files = new Map<string, string>()
  for (const document of documents)
    try {
      files.set(`${name}/${document.path}`, await print(document, head(document)))
    } catch (error) {
      reportThrown(error, report, document.service.site, topology.deployment)
    }
  return files
}

async function print(document: CompiledDocument, head: readonly string[]): Promise<string> {
  if ('entries' in document)
    return emitMapping(
      document.entries.map(({ comment, key, value }) => ({
        key,
        value,
        ...(comment ? { comment } : { joined: true }),
      })),
      { header: head },
    )
  const { comment } = document
  const content = typeof document.content === 'string' ? document.content : await document.content()
  return comment ? `${head.map((line) => `${comment} ${line}\n`).join('')}${content}` : content
}
