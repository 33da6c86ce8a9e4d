import type { Read } from './template-expression.ts'
import type { TemplateNode } from './template-parser.ts'

/** A scope that is looked at once all of what surrounds it is known, as Jinja does. */
interface Waiting {
  readonly node: Extract<TemplateNode, { kind: 'scope' }>
  /** Set before the scope on every way to it. */
  readonly before: ReadonlySet<string>
}

/**
 * The reads that no assignment of the template's own answers, in the order of their places. A name that only some branches
 * set stays free behind them: Jinja then looks for a variable.
 */
export function freeReads(nodes: readonly TemplateNode[], globals: ReadonlySet<string>): readonly Read[] {
  const free: Read[] = []
  const top = new Set(globals)

  const lookAt = (body: readonly TemplateNode[], visible: ReadonlySet<string>, isTop: boolean): void => {
    const waiting: Waiting[] = []
    const bound = walk(body, new Set(visible), waiting)
    if (isTop) for (const name of bound) top.add(name)
    for (const { node, before } of waiting) {
      const seen = node.apart ? top : new Set([...before, ...bound])
      lookAt(node.body, new Set([...seen, ...node.names]), false)
    }
  }

  const walk = (body: readonly TemplateNode[], start: ReadonlySet<string>, waiting: Waiting[]) => {
    let bound = new Set(start)
    for (const node of body) {
      if (node.kind === 'read') free.push(...node.reads.filter((read) => !bound.has(read.name)))
      else if (node.kind === 'set') for (const name of node.names) bound.add(name)
      else if (node.kind === 'scope') waiting.push({ node, before: new Set(bound) })
      else {
        const ways = node.bodies.map((way) => walk(way, bound, waiting))
        const [first, ...others] = ways
        bound = new Set([...(first ?? [])].filter((name) => others.every((way) => way.has(name))))
      }
    }
    return bound
  }

  lookAt(nodes, globals, true)
  return free.sort((a, b) => a.offset - b.offset)
}
