/** One token inside `{{ }}` or `{% %}`. Offsets count from the beginning of the template. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'operator'
  /** Of a string its value, of anything else the text as written. */
  readonly text: string
  readonly offset: number
}

/** What stands between a pair of delimiters. Text and comments leave no trace. */
export interface Segment {
  readonly kind: 'output' | 'tag'
  readonly tokens: readonly Token[]
  readonly offset: number
  /** Where its closing delimiter is. */
  readonly end: number
  /** It could be read in part only, which has been complained of. */
  readonly broken: boolean
}

/** A mistake that Jinja would refuse too. */
export class TemplateSyntaxError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

export type Complain = (message: string, offset: number) => void

const OPENING = /\{\{|\{%|\{#/g
const RAW = /\{%[-+]?\s*raw\s*[-+]?%\}/y
const END_RAW = /\{%[-+]?\s*endraw\s*[-+]?%\}/g

/** Cuts a template into its segments. Of a segment that cannot be read, the tokens before the mistake are kept: a block's word is still among them. */
export function cutTemplate(text: string, complain: Complain): readonly Segment[] {
  const segments: Segment[] = []
  let at = 0
  for (;;) {
    OPENING.lastIndex = at
    const opening = OPENING.exec(text)
    if (!opening) return segments
    const start = opening.index
    if (opening[0] === '{#') {
      const end = text.indexOf('#}', start + 2)
      if (end < 0) complain('This comment is not closed: "#}" is missing.', start)
      at = end < 0 ? text.length : end + 2
      continue
    }
    RAW.lastIndex = start
    const raw = RAW.exec(text)
    if (raw) {
      END_RAW.lastIndex = start + raw[0].length
      if (!END_RAW.exec(text)) complain('This raw block is not closed: {% endraw %} is missing.', start)
      at = END_RAW.lastIndex || text.length
      continue
    }
    const close = opening[0] === '{{' ? '}}' : '%}'
    const kind = close === '}}' ? 'output' : 'tag'
    const tokens: Token[] = []
    try {
      const end = readTokens(text, start + 2, close, tokens)
      segments.push({ kind, tokens, offset: start, end, broken: false })
      at = end + 2
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error
      complain(error.message, error.offset)
      const found = text.indexOf(close, start + 2)
      const end = found < 0 ? text.length : found
      segments.push({ kind, tokens, offset: start, end, broken: true })
      at = end + 2
    }
  }
}

const SPACE = /\s+/y
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y
// A number behind a dot is an index (`a.0.1`), so no fraction is read there.
const FLOAT = /(?<!\.)\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d[\d_]*)?|[eE][+-]?\d[\d_]*)/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|\d[\d_]*/y
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/**
 * Reads tokens from `from` up to `close`, which counts only outside of brackets, or up to the end of the text without one.
 * Returns where it stopped.
 */
export function readTokens(text: string, from: number, close: string | undefined, tokens: Token[]): number {
  const open: Token[] = []
  let at = from
  // Whitespace control belongs to the delimiter.
  if (close && (text[at] === '-' || text[at] === '+')) at++
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    const space = take(SPACE)
    if (space) {
      at += space.length
      continue
    }
    if (close && open.length === 0) {
      const control = text[at] === '-' || (text[at] === '+' && close === '%}') ? 1 : 0
      if (text.startsWith(close, at + control)) return at + control
    }
    const string = take(STRING)
    const number = string ? undefined : (take(FLOAT) ?? take(INTEGER))
    const name = string || number ? undefined : take(NAME)
    const word = string ?? number ?? name ?? take(OPERATOR)
    if (word === undefined) {
      const mark = text.charAt(at)
      throw new TemplateSyntaxError(
        mark === '"' || mark === "'" ? 'This string is not closed.' : `Unexpected "${mark}".`,
        at,
      )
    }
    const kind = string ? 'string' : number ? 'number' : name ? 'name' : 'operator'
    const token: Token = { kind, text: string ? unquote(string) : word, offset: at }
    if (kind === 'operator') balance(open, token)
    tokens.push(token)
    at += word.length
  }
  const left = open.at(-1)
  if (left) throw new TemplateSyntaxError(`"${left.text}" is not closed.`, left.offset)
  if (close) throw new TemplateSyntaxError(`"${close}" is missing.`, from - 2)
  return at
}

function balance(open: Token[], token: Token): void {
  if ('([{'.includes(token.text)) open.push(token)
  const wanted = PAIRS[token.text]
  if (wanted === undefined) return
  const last = open.pop()
  if (last?.text !== wanted)
    throw new TemplateSyntaxError(
      last ? `"${last.text}" is closed by "${token.text}".` : `Nothing is open that "${token.text}" closes.`,
      token.offset,
    )
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
const unquote = (string: string) =>
  string.slice(1, -1).replaceAll(/\\([\s\S])/g, (_, c: string) => ESCAPES[c] ?? c)
