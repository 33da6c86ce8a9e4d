import type { CompiledDeployment } from '../compile/deployment.ts'
import type { Flow, Topology } from '../topology/topology.ts'
import { unified } from './files.ts'
import { grouped } from './grouped.ts'

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
  /** Files for other tools and for people, with a unified diff of each. */
  readonly documents: readonly DocumentChange[]
}
export interface DocumentChange {
  /** Below `generated/`. */
  readonly path: string
  readonly patch: string
  /** The command that makes it felt, run where the document says. */
  readonly apply: string | undefined
}
export interface Changed {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export function diffPlans(
  before: CompiledDeployment,
  after: CompiledDeployment,
  texts: { readonly before: Texts; readonly after: Texts },
): PlanChange {
  const [old, now] = [before.topology, after.topology]
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)
  return {
    hosts: changed(names(old.hosts), names(now.hosts)),
    services: changed(names(old.services), names(now.services)),
    secrets: diffSecrets(before.inventory.secrets, after.inventory.secrets),
    flows: { opened: without(now.flows, old.flows), closed: without(old.flows, now.flows) },
    sizes: diffSizes(old, now),
    documents: diffDocuments(before, after, texts),
  }
}

type Texts = ReadonlyMap<string, string | Uint8Array>

function diffDocuments(
  before: CompiledDeployment,
  after: CompiledDeployment,
  texts: { readonly before: Texts; readonly after: Texts },
): readonly DocumentChange[] {
  const { name } = after.topology.deployment.input
  const paths = new Set([...before.documents, ...after.documents].map(({ path }) => path))
  return [...paths].sort().flatMap((below): readonly DocumentChange[] => {
    const path = `${name}/${below}`
    const [old, now] = [texts.before.get(path), texts.after.get(path)].map((text) =>
      text === undefined ? undefined : Buffer.from(text),
    )
    if (old && now?.equals(old)) return []
    const document = after.documents.find((known) => known.path === below)
    return [{ path, patch: unified(path, old, now), apply: document?.apply }]
  })
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

/** A pair of parties and a port: what a flow consists of. */
interface Way {
  readonly from: readonly [name: string, address: string]
  readonly to: readonly [name: string, address: string]
  readonly flow: Flow
}

/** Who may talk to whom in one table and not in the other; parties that have the same in common are one flow again. */
function without(flows: readonly Flow[], others: readonly Flow[]): readonly Flow[] {
  const key = ({ from, to, flow }: Way) =>
    JSON.stringify([from, to, flow.port, flow.lastPort, flow.protocol, flow.via])
  const known = new Set(others.flatMap(waysOf).map(key))
  const ways = flows.flatMap(waysOf).filter((way) => !known.has(key(way)))
  const joined = grouped(ways, ({ from, flow }) => JSON.stringify([from, flow])).map(
    ([{ from, flow }, group]) => ({ from, flow, to: group.map(({ to }) => to) }),
  )
  return grouped(joined, ({ to, flow }) => JSON.stringify([to, flow])).map(
    ([{ to, flow }, group]): Flow => ({
      ...flow,
      fromNames: group.map(({ from: [name] }) => name),
      from: group.map(({ from: [, address] }) => address),
      toNames: to.map(([name]) => name),
      to: to.map(([, address]) => address),
    }),
  )
}

/** An outsider may be several networks: then its last name is all of theirs. */
function waysOf(flow: Flow): readonly Way[] {
  const parties = (names: readonly string[], addresses: readonly string[]) =>
    addresses.map((address, index) => [names[Math.min(index, names.length - 1)] ?? address, address] as const)
  return parties(flow.fromNames, flow.from).flatMap((from) =>
    parties(flow.toNames, flow.to).map((to) => ({
      from,
      to,
      flow: { ...flow, from: [], fromNames: [], to: [], toNames: [] },
    })),
  )
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
