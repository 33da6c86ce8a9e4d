import type { CompiledDocument } from '../compile/documents.ts'
import type { Topology } from '../topology/topology.ts'
import { header } from './role.ts'
import { emitMapping } from './yaml.ts'

/** The documents of a deployment, by path below `generated/`. */
export function emitDocuments(
  topology: Topology,
  documents: readonly CompiledDocument[],
): ReadonlyMap<string, string> {
  const { name } = topology.deployment.input
  const head = ({ summary }: CompiledDocument) => [
    ...header(`inventory/${name}.ts`),
    ...(summary === undefined ? [] : [summary]),
  ]
  return new Map(documents.map((document) => [`${name}/${document.path}`, print(document, head(document))]))
}

function print(document: CompiledDocument, head: readonly string[]): string {
  if ('entries' in document)
    return emitMapping(
      document.entries.map(({ comment, key, value }) => ({
        key,
        value,
        ...(comment ? { comment } : { joined: true }),
      })),
      { header: head },
    )
  const { comment, content } = document
  return comment ? `${head.map((line) => `${comment} ${line}\n`).join('')}${content}` : content
}
