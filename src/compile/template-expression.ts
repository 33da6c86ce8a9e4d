import { TemplateSyntaxError, type Token } from './template-lexer.ts'

/** A name that an expression reads, with the attributes and constant indices directly behind it. */
export interface Read {
  readonly name: string
  readonly path: readonly (string | number)[]
  readonly offset: number
}

/** A place to look at the current token and to move on, with the names read so far. */
export class TokenStream {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #at = 0
  readonly reads: Read[] = []

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  get current(): Token | undefined {
    return this.#tokens[this.#at]
  }
  get next(): Token | undefined {
    return this.#tokens[this.#at + 1]
  }
  get offset(): number {
    return this.current?.offset ?? this.#end
  }
  skip(): Token {
    const token = this.current
    if (!token) this.fail()
    this.#at++
    return token
  }
  is(kind: Token['kind'], ...texts: readonly string[]): boolean {
    return this.current?.kind === kind && texts.includes(this.current.text)
  }
  isOperator(...texts: readonly string[]): boolean {
    return this.is('operator', ...texts)
  }
  isWord(...texts: readonly string[]): boolean {
    return this.is('name', ...texts)
  }
  skipOperator(text: string): boolean {
    if (!this.isOperator(text)) return false
    this.#at++
    return true
  }
  skipWord(text: string): boolean {
    if (!this.isWord(text)) return false
    this.#at++
    return true
  }
  expectOperator(text: string): void {
    if (!this.skipOperator(text)) this.fail(`"${text}"`)
  }
  expectWord(text: string): void {
    if (!this.skipWord(text)) this.fail(`"${text}"`)
  }
  expectName(): Token {
    if (this.current?.kind !== 'name') this.fail('a name')
    return this.skip()
  }
  expectEnd(): void {
    if (this.current) this.fail('the end')
  }
  fail(expected?: string): never {
    const found = this.current ? `"${this.current.text}"` : 'the end'
    throw new TemplateSyntaxError(
      expected ? `Expected ${expected}, but found ${found}.` : `Unexpected ${found}.`,
      this.offset,
    )
  }
}

/** Words that are values, not names. */
export const CONSTANTS = new Set(['true', 'false', 'none', 'True', 'False', 'None'])

/** `a if b else c` and all below it. The functions here follow Jinja's own parser, one for each level of precedence. */
export function parseExpression(s: TokenStream): void {
  parseOr(s)
  while (s.skipWord('if')) {
    parseOr(s)
    if (s.skipWord('else')) parseExpression(s)
  }
}

/** Expressions with commas between them; `stop` is a word that ends them. Without `choice`, `if` belongs to the tag. */
export function parseTuple(s: TokenStream, { choice = true, stop = '' } = {}): void {
  const ended = () => !s.current || s.isOperator(')') || (stop !== '' && s.isWord(stop))
  let first = true
  while (first || s.skipOperator(',')) {
    // Empty parentheses are a tuple; an empty tag is a mistake.
    if (ended()) {
      if (first && !s.isOperator(')')) s.fail('an expression')
      return
    }
    if (choice) parseExpression(s)
    else parseOr(s)
    first = false
  }
}

export function parseOr(s: TokenStream): void {
  do parseAnd(s)
  while (s.skipWord('or'))
}

function parseAnd(s: TokenStream): void {
  do parseNot(s)
  while (s.skipWord('and'))
}

function parseNot(s: TokenStream): void {
  if (s.skipWord('not')) parseNot(s)
  else parseCompare(s)
}

function parseCompare(s: TokenStream): void {
  parseMath(s)
  for (;;) {
    if (s.isOperator('==', '!=', '<', '<=', '>', '>=') || s.isWord('in')) s.skip()
    else if (s.isWord('not') && s.next?.kind === 'name' && s.next.text === 'in') {
      s.skip()
      s.skip()
    } else return
    parseMath(s)
  }
}

/** Arithmetic binds in several levels, which make no difference to the names in it. */
function parseMath(s: TokenStream): void {
  parseUnary(s, true)
  while (s.isOperator('+', '-', '~', '*', '/', '//', '%', '**')) {
    s.skip()
    parseUnary(s, true)
  }
}

function parseUnary(s: TokenStream, withFilter: boolean): void {
  if (s.isOperator('-', '+')) {
    s.skip()
    parseUnary(s, false)
  } else {
    parsePostfix(s, parsePrimary(s))
  }
  if (withFilter) parseFilters(s)
}

/** The name's index in `reads` where it is one, so that attributes can be added to it. */
function parsePrimary(s: TokenStream): number | undefined {
  const token = s.current
  if (token?.kind === 'name') {
    s.skip()
    if (CONSTANTS.has(token.text)) return undefined
    s.reads.push({ name: token.text, path: [], offset: token.offset })
    return s.reads.length - 1
  }
  if (token?.kind === 'string') {
    while (s.current?.kind === 'string') s.skip()
    return undefined
  }
  if (token?.kind === 'number') {
    s.skip()
    return undefined
  }
  if (s.skipOperator('(')) {
    parseTuple(s)
    s.expectOperator(')')
  } else if (s.skipOperator('[')) {
    parseItems(s, ']', () => parseExpression(s))
  } else if (s.skipOperator('{')) {
    parseItems(s, '}', () => {
      parseExpression(s)
      s.expectOperator(':')
      parseExpression(s)
    })
  } else s.fail('an expression')
  return undefined
}

function parseItems(s: TokenStream, close: string, item: () => void): void {
  while (!s.skipOperator(close)) {
    item()
    if (!s.isOperator(close)) s.expectOperator(',')
  }
}

/** Attributes, indices and calls. Whether the last of them is a call. */
function parsePostfix(s: TokenStream, read: number | undefined): boolean {
  let growing = read
  let called = false
  for (;;) {
    const isCall = s.isOperator('(')
    if (s.skipOperator('.')) {
      if (s.current?.kind !== 'name' && s.current?.kind !== 'number') s.fail('a name or a number')
      const token = s.skip()
      // A method that is called is no field.
      if (s.isOperator('(')) growing = undefined
      extend(s, growing, token.kind === 'number' ? Number(token.text) : token.text)
    } else if (s.skipOperator('[')) growing = parseSubscript(s, growing)
    else if (isCall) {
      parseArguments(s)
      growing = undefined
    } else return called
    called = isCall
  }
}

function extend(s: TokenStream, index: number | undefined, key: string | number): void {
  const read = index === undefined ? undefined : s.reads[index]
  if (index !== undefined && read) s.reads[index] = { ...read, path: [...read.path, key] }
}

function parseSubscript(s: TokenStream, read: number | undefined): number | undefined {
  const constant = s.current
  if (constant && s.next?.kind === 'operator' && s.next.text === ']') {
    const key =
      constant.kind === 'string'
        ? constant.text
        : constant.kind === 'number'
          ? Number(constant.text)
          : undefined
    if (key !== undefined) {
      s.skip()
      s.skip()
      extend(s, read, key)
      return read
    }
  }
  if (s.skipOperator(']')) return undefined
  do parseSlice(s)
  while (s.skipOperator(','))
  s.expectOperator(']')
  return undefined
}

/** An index or `from:to:step`, each part of which may be missing. */
function parseSlice(s: TokenStream): void {
  if (!s.isOperator(':')) parseExpression(s)
  while (s.skipOperator(':')) {
    if (!s.isOperator(':', ']', ',')) parseExpression(s)
  }
}

/** A call and nothing around it. */
export function parseCall(s: TokenStream): void {
  if (!parsePostfix(s, parsePrimary(s))) s.fail('a call of a macro')
}

/** Positional ones first, then keywords and `*list` in any order, `**dict` last. */
export function parseArguments(s: TokenStream): void {
  let keywords = false
  let list = false
  let dict = false
  s.expectOperator('(')
  parseItems(s, ')', () => {
    const isKeyword = s.current?.kind === 'name' && s.next?.kind === 'operator' && s.next.text === '='
    if (dict || (list && !isKeyword && !s.isOperator('**'))) s.fail('")"')
    if (s.skipOperator('*')) list = true
    else if (s.skipOperator('**')) dict = true
    else if (isKeyword) {
      keywords = true
      s.skip()
      s.skip()
    } else if (keywords) s.fail('a keyword argument')
    parseExpression(s)
  })
}

function parseFilters(s: TokenStream): void {
  for (;;) {
    if (s.isOperator('|')) parseFilter(s)
    else if (s.isWord('is')) parseTest(s)
    else if (s.isOperator('(')) parseArguments(s)
    else return
  }
}

/** `| name(arguments)`. */
export function parseFilter(s: TokenStream): void {
  s.expectOperator('|')
  parseFilterName(s)
}

/** A filter without its bar, as the filter tag has it. */
export function parseFilterName(s: TokenStream): void {
  do s.expectName()
  while (s.skipOperator('.'))
  if (s.isOperator('(')) parseArguments(s)
}

function parseTest(s: TokenStream): void {
  s.expectWord('is')
  s.skipWord('not')
  do s.expectName()
  while (s.skipOperator('.'))
  if (s.isOperator('(')) parseArguments(s)
  else if (startsOperand(s)) parsePostfix(s, parsePrimary(s))
}

/** Whether a test's argument without parentheses follows: `x is divisibleby 3`. */
function startsOperand(s: TokenStream): boolean {
  if (s.isWord('is')) s.fail('one test only')
  if (s.isOperator('[', '{')) return true
  return s.current !== undefined && s.current.kind !== 'operator' && !s.isWord('else', 'or', 'and')
}
