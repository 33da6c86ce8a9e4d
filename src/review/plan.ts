import type { CompiledDeployment } from '../compile/project.ts'
import type { Flow, Topology } from '../topology/topology.ts'

/** A figure of a service on a host, before and after. */
export interface SizeChange {
  readonly host: string
  readonly service: string
  readonly size: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** What changed in the deployment: in what it says, and in what follows from it. */
export interface PlanChange {
  readonly hosts: Changed
  readonly services: Changed
  readonly secrets: Changed & { readonly renamed: readonly (readonly [string, string])[] }
  /** Who may talk to whom now, and who no longer. */
  readonly flows: { readonly opened: readonly Flow[]; readonly closed: readonly Flow[] }
  readonly sizes: readonly SizeChange[]
}
export interface Changed {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export function diffPlans(before: CompiledDeployment, after: CompiledDeployment): PlanChange {
  const [old, now] = [before.topology, after.topology]
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)
  return {
    hosts: changed(names(old.hosts), names(now.hosts)),
    services: changed(names(old.services), names(now.services)),
    secrets: diffSecrets(before.inventory.secrets, after.inventory.secrets),
    flows: { opened: without(now.flows, old.flows), closed: without(old.flows, now.flows) },
    sizes: diffSizes(old, now),
  }
}

function changed(before: readonly string[], after: readonly string[]): Changed {
  return {
    added: after.filter((name) => !before.includes(name)),
    removed: before.filter((name) => !after.includes(name)),
  }
}

type Secrets = ReadonlyMap<string, readonly string[]>

/** A secret that the same variables hold under another name was renamed: its value has to be carried over. */
function diffSecrets(before: Secrets, after: Secrets): PlanChange['secrets'] {
  const { added, removed } = changed([...before.keys()], [...after.keys()])
  const users = (secrets: Secrets, name: string) => [...(secrets.get(name) ?? [])].sort().join()
  const renamed = removed.flatMap((from) => {
    const to = added.find((name) => users(after, name) === users(before, from))
    return to === undefined ? [] : [[from, to] as const]
  })
  const isRenamed = (name: string) => renamed.some((pair) => pair.includes(name))
  return {
    added: added.filter((name) => !isRenamed(name)),
    removed: removed.filter((name) => !isRenamed(name)),
    renamed,
  }
}

/** Flows of one table that the other does not have: who, to whom, on which port. */
function without(flows: readonly Flow[], others: readonly Flow[]): readonly Flow[] {
  const key = ({ from, to, port, lastPort, protocol, via }: Flow) =>
    JSON.stringify([from, to, port, lastPort, protocol, via])
  const known = new Set(others.map(key))
  return flows.filter((flow) => !known.has(key(flow)))
}

function diffSizes(before: Topology, after: Topology): readonly SizeChange[] {
  const valuesOf = ({ sizes }: Topology) =>
    new Map(
      sizes.map(({ host, service, size }) => [
        JSON.stringify([host, service, size.name]),
        `${size.value} ${size.unit}`,
      ]),
    )
  const [old, now] = [valuesOf(before), valuesOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key): readonly SizeChange[] => {
    const [host = '', service = '', size = ''] = JSON.parse(key) as readonly string[] // written above
    return old.get(key) === now.get(key)
      ? []
      : [{ host, service, size, before: old.get(key), after: now.get(key) }]
  })
}
