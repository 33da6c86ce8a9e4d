import { parseExpression, TokenStream } from './template-expression.ts'
import { type Complain, cutTemplate, readTokens, TemplateSyntaxError, type Token } from './template-lexer.ts'
import { parseTemplate } from './template-parser.ts'
import { freeReads } from './template-scope.ts'

/** A name that a template takes from outside, at the place of its use. Lines and columns count from 1. */
export interface TemplateName {
  readonly name: string
  /** The attributes and constant indices directly behind it: `['x', 0]` for `a.x[0]`. A method that is called is not among them. */
  readonly path: readonly (string | number)[]
  readonly line: number
  readonly column: number
}

/** A mistake that Jinja would refuse too. */
export interface TemplateProblem {
  readonly message: string
  readonly line: number
  readonly column: number
}

export interface TemplateScan {
  /** Every use of every free name, in the order of the text. */
  readonly names: readonly TemplateName[]
  readonly problems: readonly TemplateProblem[]
  /** Templates that it includes, imports or extends by literal names. */
  readonly includes: readonly string[]
}

/** What Jinja and Ansible give every template besides variables. */
const GLOBALS: ReadonlySet<string> = new Set(
  'range dict lipsum cycler joiner namespace self lookup query q now undef omit'.split(' '),
)

/** Finds what a template uses. It reads Jinja's own grammar and resolves names as Jinja does, without rendering anything. */
export function scanTemplate(text: string): TemplateScan {
  return scan(text, (complain) => {
    checkHeader(text, complain)
    const { nodes, includes } = parseTemplate(cutTemplate(text, complain), complain)
    return { reads: freeReads(nodes, GLOBALS), includes }
  })
}

/** As `scanTemplate`, of a string: a bare expression such as a condition's, or text with `{{ }}` in it. */
export function scanExpression(text: string): TemplateScan {
  if (/\{[{%#]/.test(text)) return scanTemplate(text)
  return scan(text, (complain) => {
    try {
      const tokens: Token[] = []
      const end = readTokens(text, 0, undefined, tokens)
      const stream = new TokenStream(tokens, end)
      parseExpression(stream)
      stream.expectEnd()
      return { reads: freeReads([{ kind: 'read', reads: stream.reads }], GLOBALS), includes: [] }
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error
      complain(error.message, error.offset)
      return { reads: [], includes: [] }
    }
  })
}

function scan(
  text: string,
  read: (complain: Complain) => {
    readonly reads: ReturnType<typeof freeReads>
    readonly includes: readonly string[]
  },
): TemplateScan {
  const place = placesOf(text)
  const problems: TemplateProblem[] = []
  const { reads, includes } = read((message, offset) => problems.push({ message, ...place(offset) }))
  const names = reads.map(({ name, path, offset }) => ({ name, path, ...place(offset) }))
  problems.sort((a, b) => a.line - b.line || a.column - b.column)
  return { names, problems, includes }
}

/** Ansible's header may change the delimiters, and then nothing here would find anything. */
function checkHeader(text: string, complain: Complain): void {
  const setting = /^#jinja2:.*?\b((?:variable|block|comment)_(?:start|end)_string)\b/.exec(text)?.[1]
  if (setting)
    complain(`The header sets ${setting}, and templates with other delimiters cannot be checked.`, 0)
}

function placesOf(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)]
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset)
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}
