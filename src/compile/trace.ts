import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import type { CompiledTask } from './task.ts'

/** What stands at a line of a YAML file that was emitted. Lines count from 1. */
interface Entry {
  readonly key: string
  readonly node: Node | null
  readonly first: number
  readonly last: number
}

/** Keys of a block under which its tasks stand, in the order of `CompiledTask.inner`. */
const SECTIONS = ['block', 'rescue', 'always']

/**
 * The task that a line of a file of tasks belongs to, the innermost where tasks are nested. `text` is what `tasks` were
 * emitted as. A comment belongs to the task below it. Undefined above the first task.
 */
export function taskAt(text: string, tasks: readonly CompiledTask[], line: number): CompiledTask | undefined {
  const { root, lineOf } = read(text)
  return isSeq(root)
    ? within(entriesOf(root.items as readonly Node[], startOf(text), lineOf), tasks, line, lineOf)
    : undefined // a list of tasks has nodes for items
}

function within(
  entries: readonly Entry[],
  tasks: readonly CompiledTask[],
  line: number,
  lineOf: (offset: number) => number,
): CompiledTask | undefined {
  const index = entries.findIndex(({ first, last }) => first <= line && line <= last)
  const [entry, task] = [entries[index], tasks[index]]
  if (!entry || !task) return undefined
  if (task.inner.length === 0 || !isMap(entry.node)) return task
  const inner = pairsOf(entry.node)
    .filter(({ key }) => SECTIONS.includes(String(key)))
    .flatMap(({ key, value }) =>
      isSeq(value)
        ? entriesOf(value.items as readonly Node[], lineOf(key.range?.[0] ?? 0), lineOf) // as above
        : [],
    )
  return within(inner, task.inner, line, lineOf) ?? task
}

/** Names of the items of a list that have one: which of them a line belongs to. */
export function itemAt(
  text: string,
  line: number,
): { readonly index: number; readonly name: string } | undefined {
  const { root, lineOf } = read(text)
  if (!isSeq(root)) return undefined
  const entries = entriesOf(root.items as readonly Node[], startOf(text), lineOf) // plays and tasks are nodes
  const index = entries.findIndex(({ first, last }) => first <= line && line <= last)
  const node = entries[index]?.node
  return isMap(node) ? { index, name: String(node.get('name') ?? '') } : undefined
}

/** The keys from the top of a mapping down to a line: `['etcd_members']`, `['all', 'hosts', 'db1', 'ansible_host']`. */
export function keysAt(text: string, line: number): readonly string[] {
  const { root, lineOf } = read(text)
  const keys: string[] = []
  let node: Node | null = root
  let above = startOf(text)
  while (isMap(node)) {
    const entry: Entry | undefined = mapEntries(node, above, lineOf).find(
      ({ first, last }) => first <= line && line <= last,
    )
    if (!entry) break
    keys.push(entry.key)
    const start: number = lineOf(entry.node?.range?.[0] ?? 0)
    // A comment above a key is the key's, and none of what stands under it.
    if (line < start) break
    node = entry.node
    above = start - 1
  }
  return keys
}

function read(text: string): { readonly root: Node | null; readonly lineOf: (offset: number) => number } {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { version: '1.1', lineCounter, logLevel: 'silent' })
  return { root: document.contents, lineOf: (offset) => lineCounter.linePos(offset).line }
}

/** The line of `---`, below which everything belongs to something. */
const startOf = (text: string): number => text.split('\n').indexOf('---') + 1

interface KeyedPair {
  readonly key: { readonly range?: readonly number[] | null; toString(): string }
  readonly value: Node | null
}
const pairsOf = (map: YAMLMap): readonly KeyedPair[] =>
  (map.items as readonly Pair<Node, Node | null>[]).flatMap(({ key, value }) =>
    isScalar(key) ? [{ key: { range: key.range ?? null, toString: () => String(key.value) }, value }] : [],
  ) // what was parsed has nodes for keys

function entriesOf(
  nodes: readonly Node[],
  above: number,
  lineOf: (offset: number) => number,
): readonly Entry[] {
  return stacked(
    nodes.map((node) => ({ key: '', node, end: endOf(node) })),
    above,
    lineOf,
  )
}

function mapEntries(map: YAMLMap, above: number, lineOf: (offset: number) => number): readonly Entry[] {
  return stacked(
    pairsOf(map).map(({ key, value }) => ({
      key: String(key),
      node: value,
      end: Math.max(endOf(value), key.range?.[1] ?? 0),
    })),
    above,
    lineOf,
  )
}

/** Each entry reaches from the end of the one above it to its own end. */
function stacked(
  nodes: readonly { readonly key: string; readonly node: Node | null; readonly end: number }[],
  above: number,
  lineOf: (offset: number) => number,
): readonly Entry[] {
  let last = above
  return nodes.map(({ key, node, end }) => {
    const first = last + 1
    // The end of a block scalar or a collection is the start of the line below it.
    last = lineOf(Math.max(0, end - 1))
    return { key, node, first, last }
  })
}

const endOf = (node: Node | null): number => node?.range?.[1] ?? 0
