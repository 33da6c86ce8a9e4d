import type { Service } from '../topology/service.ts'
import type { Topology } from '../topology/topology.ts'
import type { Data } from './data.ts'
import { header } from './role.ts'
import { emitMapping } from './yaml.ts'

/** What a deployment's services give their roles as files, by path below `generated/`. */
export function emitFiles(topology: Topology, services: readonly Service[]): ReadonlyMap<string, string> {
  const { name, services: given } = topology.deployment.input
  const files = new Map<string, string>()
  for (const { definition } of services) {
    if (!definition.files || !topology.service(definition.name)) continue
    // Services are keyed by name; their options were checked when the topology was derived.
    const options = definition.options.parse(
      (given as Readonly<Record<string, unknown>>)[definition.name] ?? {},
    )
    for (const [path, content] of Object.entries(definition.files(options, topology)))
      files.set(`${name}/files/${definition.name}/${path}`, print(path, content, `inventory/${name}.ts`))
  }
  return files
}

function print(path: string, content: string | Readonly<Record<string, unknown>>, source: string): string {
  if (typeof content === 'string') return content
  // JSON has no comments, so that nothing in the file says where it is from.
  if (path.endsWith('.json')) return `${JSON.stringify(content, undefined, 2)}\n`
  return emitMapping(
    Object.entries(content).map(([key, value]) => ({ key, value: value as Data })), // what it cannot write it refuses
    { header: header(source) },
  )
}
