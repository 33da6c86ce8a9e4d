import {
  CONSTANTS,
  parseCall,
  parseExpression,
  parseFilter,
  parseFilterName,
  parseTuple,
  type Read,
  TokenStream,
} from './template-expression.ts'
import { type Complain, type Segment, TemplateSyntaxError } from './template-lexer.ts'

/** What a template does with names, in its order. */
export type TemplateNode =
  | { readonly kind: 'read'; readonly reads: readonly Read[] }
  | { readonly kind: 'set'; readonly names: readonly string[] }
  | { readonly kind: 'branches'; readonly bodies: readonly (readonly TemplateNode[])[] }
  /** Names that are set inside do not leave it. `apart`: what surrounds it, other than the template itself, is not seen. */
  | {
      readonly kind: 'scope'
      readonly names: readonly string[]
      readonly body: readonly TemplateNode[]
      readonly apart?: boolean
    }

export interface ParsedTemplate {
  readonly nodes: readonly TemplateNode[]
  readonly includes: readonly string[]
}

/** Names that a macro's body has besides its arguments. */
const IN_MACRO = ['varargs', 'kwargs', 'caller']

/** Reads the tags of a template. What is wrong in one tag is complained of, and the rest read all the same. */
export function parseTemplate(segments: readonly Segment[], complain: Complain): ParsedTemplate {
  return new Parser(segments, complain).parse()
}

class Parser {
  readonly #segments: readonly Segment[]
  readonly #complain: Complain
  readonly #includes: string[] = []
  /** For each open block the words that end it or its current part. */
  readonly #awaited: (readonly string[])[] = []
  #at = 0

  constructor(segments: readonly Segment[], complain: Complain) {
    this.#segments = segments
    this.#complain = complain
  }

  parse(): ParsedTemplate {
    const nodes: TemplateNode[] = []
    while (this.#at < this.#segments.length) nodes.push(...this.#statements([]))
    return { nodes, includes: this.#includes }
  }

  /** Everything up to a tag of one of `ends`, which is left to be read. */
  #statements(ends: readonly string[]): readonly TemplateNode[] {
    const nodes: TemplateNode[] = []
    this.#awaited.push(ends)
    for (;;) {
      const segment = this.#segments[this.#at]
      if (!segment) break
      const word = wordOf(segment)
      if (word !== undefined && ends.includes(word)) break
      // An end that a block further out waits for: the inner one was never closed.
      if (word !== undefined && ENDS.has(word) && this.#awaited.some((outer) => outer.includes(word))) break
      this.#at++
      nodes.push(...this.#guard(segment, (s) => this.#segment(segment, s)))
    }
    this.#awaited.pop()
    return nodes
  }

  /** Runs a reader over a segment's tokens and turns its failure into a complaint. */
  #guard(segment: Segment, read: (s: TokenStream) => readonly TemplateNode[]): readonly TemplateNode[] {
    try {
      return read(new TokenStream(segment.tokens, segment.end))
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error
      if (!segment.broken) this.#complain(error.message, error.offset)
      return []
    }
  }

  #segment(segment: Segment, s: TokenStream): readonly TemplateNode[] {
    if (segment.kind === 'output') {
      parseTuple(s)
      s.expectEnd()
      return [reads(s)]
    }
    const tag = s.expectName()
    const read = this.#tags[tag.text]
    if (read) return read(s, segment)
    throw new TemplateSyntaxError(
      ENDS.has(tag.text)
        ? `Nothing is open that {% ${tag.text} %} belongs to.`
        : `Ansible's Jinja has no tag "${tag.text}".`,
      tag.offset,
    )
  }

  /** The head of a block. Its failure is complained of here, so that the body is still read and the end still found. */
  #head(s: TokenStream, segment: Segment, read: () => readonly TemplateNode[]): readonly TemplateNode[] {
    try {
      const nodes = read()
      // Python's colon is allowed.
      s.skipOperator(':')
      s.expectEnd()
      return nodes
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error
      if (!segment.broken) this.#complain(error.message, error.offset)
      return []
    }
  }

  /** The closing tag of a block that began at `segment`. */
  #close(segment: Segment, end: string): void {
    const closing = this.#segments[this.#at]
    if (closing && wordOf(closing) === end) {
      this.#bare(closing)
      return
    }
    this.#complain(`This ${wordOf(segment)} block is not closed: {% ${end} %} is missing.`, segment.offset)
  }

  /** Steps over a tag that is a word alone; the end of a block may repeat the block's name. */
  #bare(segment: Segment): void {
    this.#at++
    this.#guard(segment, (s) => {
      if (s.skip().text === 'endblock' && s.current?.kind === 'name') s.skip()
      s.expectEnd()
      return []
    })
  }

  #body(segment: Segment, end: string): readonly TemplateNode[] {
    const nodes = this.#statements([end])
    this.#close(segment, end)
    return nodes
  }

  readonly #tags: Readonly<Record<string, (s: TokenStream, segment: Segment) => readonly TemplateNode[]>> = {
    if: (s, segment) => this.#if(s, segment),
    for: (s, segment) => this.#for(s, segment),
    set: (s, segment) => this.#set(s, segment),
    macro: (s, segment) => this.#macro(s, segment),
    call: (s, segment) => this.#call(s, segment),
    with: (s, segment) => this.#with(s, segment),
    filter: (s, segment) => {
      const head = this.#head(s, segment, () => {
        parseFilterName(s)
        while (s.isOperator('|')) parseFilter(s)
        return [reads(s)]
      })
      return [...head, scope([], this.#body(segment, 'endfilter'))]
    },
    autoescape: (s, segment) => {
      const head = this.#head(s, segment, () => {
        parseExpression(s)
        return [reads(s)]
      })
      return [...head, scope([], this.#body(segment, 'endautoescape'))]
    },
    block: (s, segment) => {
      this.#head(s, segment, () => {
        s.expectName()
        while (s.skipWord('scoped') || s.skipWord('required'));
        return []
      })
      return [{ ...scope(['super'], this.#body(segment, 'endblock')), apart: true }]
    },
    print: (s) => {
      parseTuple(s)
      s.expectEnd()
      return [reads(s)]
    },
    extends: (s) => {
      this.#source(s)
      s.expectEnd()
      return [reads(s)]
    },
    include: (s) => {
      this.#source(s)
      if (s.skipWord('ignore')) s.expectWord('missing')
      skipContext(s)
      s.expectEnd()
      return [reads(s)]
    },
    import: (s) => {
      this.#source(s)
      s.expectWord('as')
      const name = s.expectName().text
      skipContext(s)
      s.expectEnd()
      return [reads(s), { kind: 'set', names: [name] }]
    },
    from: (s) => {
      this.#source(s)
      s.expectWord('import')
      const names: string[] = []
      while (names.length === 0 || (s.current && !isContext(s))) {
        const name = s.expectName().text
        names.push(s.skipWord('as') ? s.expectName().text : name)
        if (!s.skipOperator(',')) break
      }
      skipContext(s)
      s.expectEnd()
      return [reads(s), { kind: 'set', names }]
    },
  }

  /** The template that a tag takes in, noted where it is named by literals. */
  #source(s: TokenStream): void {
    const literals: string[] = []
    if (s.current?.kind === 'string') literals.push(s.current.text)
    parseExpression(s)
    this.#includes.push(...literals)
  }

  #if(s: TokenStream, segment: Segment, opening = segment): readonly TemplateNode[] {
    const test = this.#head(s, segment, () => {
      parseTuple(s, { choice: false })
      return [reads(s)]
    })
    const body = this.#statements(['elif', 'else', 'endif'])
    const next = this.#segments[this.#at]
    const word = next && wordOf(next)
    if (next && word === 'elif') {
      this.#at++
      const rest = this.#guard(next, (inner) => {
        inner.skip()
        return this.#if(inner, next, opening)
      })
      return [...test, { kind: 'branches', bodies: [body, rest] }]
    }
    if (next && word === 'else') this.#bare(next)
    const otherwise = word === 'else' ? this.#statements(['endif']) : []
    this.#close(opening, 'endif')
    return [...test, { kind: 'branches', bodies: [body, otherwise] }]
  }

  #for(s: TokenStream, segment: Segment): readonly TemplateNode[] {
    const names: string[] = []
    let test: readonly TemplateNode[] = []
    const head = this.#head(s, segment, () => {
      names.push(...parseTargets(s))
      if (names.includes('loop')) s.fail('another name than "loop"')
      s.expectWord('in')
      parseTuple(s, { choice: false, stop: 'recursive' })
      const iterated = reads(s)
      if (s.skipWord('if')) {
        const before = s.reads.length
        parseExpression(s)
        test = [{ kind: 'read', reads: s.reads.slice(before) }]
      }
      s.skipWord('recursive')
      return [iterated]
    })
    const body = this.#statements(['else', 'endfor'])
    const next = this.#segments[this.#at]
    const hasElse = next !== undefined && wordOf(next) === 'else'
    if (hasElse) this.#bare(next)
    const otherwise = hasElse ? this.#statements(['endfor']) : []
    this.#close(segment, 'endfor')
    return [...head, scope(names, test), scope([...names, 'loop'], body), scope([], otherwise)]
  }

  #set(s: TokenStream, segment: Segment): readonly TemplateNode[] {
    let isBlock = false
    const names: string[] = []
    const head = this.#head(s, segment, () => {
      names.push(...parseTargets(s))
      isBlock = !s.isOperator('=')
      if (s.skipOperator('=')) parseTuple(s)
      else while (s.isOperator('|')) parseFilter(s)
      return [reads(s)]
    })
    const body = isBlock ? [scope([], this.#body(segment, 'endset'))] : []
    return [...head, ...body, { kind: 'set', names }]
  }

  #macro(s: TokenStream, segment: Segment): readonly TemplateNode[] {
    const names: string[] = []
    const own: string[] = []
    const defaults = this.#head(s, segment, () => {
      own.push(s.expectName().text)
      names.push(...parseSignature(s))
      return [reads(s)]
    })
    const body = this.#body(segment, 'endmacro')
    return [{ kind: 'set', names: own }, scope([...names, ...IN_MACRO], [...defaults, ...body])]
  }

  #call(s: TokenStream, segment: Segment): readonly TemplateNode[] {
    const names: string[] = []
    let defaults: readonly Read[] = []
    const head = this.#head(s, segment, () => {
      if (s.isOperator('(')) names.push(...parseSignature(s))
      defaults = [...s.reads]
      parseCall(s)
      return [{ kind: 'read', reads: s.reads.slice(defaults.length) }]
    })
    const body = this.#body(segment, 'endcall')
    return [...head, scope([...names, ...IN_MACRO], [{ kind: 'read', reads: defaults }, ...body])]
  }

  #with(s: TokenStream, segment: Segment): readonly TemplateNode[] {
    const names: string[] = []
    const head = this.#head(s, segment, () => {
      while (s.current) {
        if (names.length > 0) s.expectOperator(',')
        names.push(...parseTargets(s))
        s.expectOperator('=')
        parseExpression(s)
      }
      return [reads(s)]
    })
    return [...head, scope(names, this.#body(segment, 'endwith'))]
  }
}

/** Tags that end a block or a part of one. */
const ENDS = new Set(
  'elif else endif endfor endset endmacro endcall endwith endfilter endblock endautoescape endraw'.split(' '),
)

const wordOf = (segment: Segment): string | undefined =>
  segment.kind === 'tag' && segment.tokens[0]?.kind === 'name' ? segment.tokens[0].text : undefined
const reads = (s: TokenStream): TemplateNode => ({ kind: 'read', reads: [...s.reads] })
const scope = (names: readonly string[], body: readonly TemplateNode[]) =>
  ({ kind: 'scope', names, body }) as const

const isContext = (s: TokenStream) =>
  s.isWord('with', 'without') && s.next?.kind === 'name' && s.next.text === 'context'
function skipContext(s: TokenStream): void {
  if (!isContext(s)) return
  s.skip()
  s.skip()
}

/** `a`, `a, b`, `(a, b)` or `namespace.attribute`, which reads the namespace and sets no name. */
function parseTargets(s: TokenStream): readonly string[] {
  const names: string[] = []
  do {
    if (names.length > 0 && (!s.current || s.isOperator(')'))) break
    if (s.skipOperator('(')) {
      names.push(...parseTargets(s))
      s.expectOperator(')')
      continue
    }
    const token = s.expectName()
    if (CONSTANTS.has(token.text))
      throw new TemplateSyntaxError(`"${token.text}" cannot be assigned to.`, token.offset)
    if (s.skipOperator('.')) {
      s.expectName()
      s.reads.push({ name: token.text, path: [], offset: token.offset })
    } else names.push(token.text)
  } while (s.skipOperator(','))
  return names
}

/** A macro's arguments; their defaults are read into the stream. */
function parseSignature(s: TokenStream): readonly string[] {
  const names: string[] = []
  let defaults = false
  s.expectOperator('(')
  while (!s.skipOperator(')')) {
    if (names.length > 0) s.expectOperator(',')
    names.push(s.expectName().text)
    if (s.skipOperator('=')) {
      defaults = true
      parseExpression(s)
    } else if (defaults) s.fail('a default, since an argument before has one')
  }
  return names
}
