import { type Data, findUnwritable } from '../emit/data.ts'
import type { DocumentEntry, TextDocument, YamlDocument } from '../topology/document.ts'
import { type SecretRecipe, secretName } from '../topology/secret.ts'
import type { Service } from '../topology/service.ts'
import type { Topology } from '../topology/topology.ts'
import { guarded } from './guarded.ts'
import { noteRecipe, optionsOf, replaceSecrets } from './inventory.ts'
import type { Report } from './scope.ts'

/** A document as it is emitted, and the service that wrote it. */
export type CompiledDocument = { readonly service: Service } & (
  | TextDocument
  | (Omit<YamlDocument, 'entries'> & {
      readonly entries: readonly (DocumentEntry & { readonly value: Data })[]
    })
)

export interface Documents {
  readonly documents: readonly CompiledDocument[]
  /** Secrets by name, with the keys of documents that hold each. */
  readonly secrets: ReadonlyMap<string, readonly string[]>
  readonly recipes: ReadonlyMap<string, SecretRecipe>
}

/** What Ansible itself reads, or the build writes: no document may stand there. */
const RESERVED = /^(inventory\/|[^/]+\.(yml|cfg)$)|^\/|(^|\/)\.\.?(\/|$)/

/** Whether a deployment has a service: it is placed, or it is of documents alone and named. */
function has({ deployment, service }: Topology, { definition }: Service): boolean {
  const { name, declare, follow } = definition
  const given = deployment.input.services as Readonly<Record<string, unknown>> // keyed by name
  return service(name) !== undefined || (!declare && !follow && given[name] !== undefined)
}

/** The documents that the services of a deployment write, with references to the vault in place of secrets. */
export function buildDocuments(topology: Topology, services: readonly Service[], report: Report): Documents {
  const documents = new Map<string, CompiledDocument>()
  const secrets = new Map<string, readonly string[]>()
  const recipes = new Map<string, SecretRecipe>()
  for (const service of services) {
    const { name, documents: write } = service.definition
    if (!write || !has(topology, service)) continue
    const written = guarded(
      report,
      service.site,
      () => write(optionsOf(service, topology), topology),
      topology.deployment,
    )
    for (const document of written ?? []) {
      if (documents.has(document.path) || RESERVED.test(document.path))
        report.error(
          'document-path',
          `The document ${document.path} of the service ${name} stands where another file is written.`,
          service.site,
          'Give it a folder of its own, such as dns/ or docs/.',
        )
      if (!('entries' in document)) {
        documents.set(document.path, { ...document, service })
        continue
      }
      const entries = document.entries.map((entry) => {
        const { emitted } = replaceSecrets(entry.value, '', (secret) => {
          const name = secretName(secret) ?? ''
          secrets.set(name, [...new Set([...(secrets.get(name) ?? []), entry.key])])
          noteRecipe(secret, recipes)
        })
        for (const { path, reason } of findUnwritable({ [entry.key]: emitted }))
          report.error('invalid-document', `${document.path}: ${path} ${reason}.`, entry.site ?? service.site)
        return { ...entry, value: emitted }
      })
      documents.set(document.path, { ...document, service, entries })
    }
  }
  return { documents: [...documents.values()], secrets, recipes }
}
