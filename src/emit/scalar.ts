/**
 * How a scalar is written so that PyYAML, which reads YAML 1.1, gives back the same value with the same type, and so
 * that yamllint's 160 columns hold. The `yaml` library's own choices fail both: its output loads as something else
 * for `12:30`, `1e-7` or U+2028, and not at all for DEL. See test/emit/yaml.test.ts, which asks the real PyYAML.
 */

/** Where a scalar is printed. Columns count from 0. */
export interface Place {
  /** Columns that its further lines are indented by. */
  readonly indent: number
  /** Column of its first character. */
  readonly column: number
  /** Keys stay on one line. */
  readonly key: boolean
}

/** Columns after which a line is folded. */
const WIDTH = 120
/** Columns that ansible-lint's yamllint configuration allows (`line-length`). */
const LINT_WIDTH = 160
/** Columns that text is given at least, however deep it is nested. */
const LEAST_WIDTH = 40

/**
 * Characters that stay as they are: ASCII, and what is seen of the rest. Left out are what PyYAML rejects (C1, DEL,
 * surrogates, U+FFFE), what YAML 1.1 takes for a line break (NEL, U+2028, U+2029), and what nobody sees (NBSP, BOM,
 * zero-width and bidirectional controls). The ranges are written out because `\p{…}` changes between releases of Node.
 */
const SEEN =
  '\\x20-\\x7e\\u00a1-\\u00ac\\u00ae-\\u05ff\\u0606-\\u061b\\u061d-\\u06dc\\u06de-\\u070e\\u0710-\\u180d\\u180f-\\u1fff' +
  '\\u2010-\\u2027\\u2030-\\u205e\\u2070-\\u2fff\\u3001-\\ud7ff\\ue000-\\ufefe\\uff00-\\uffef\\u{10000}-\\u{10ffff}'
const SEEN_LINE = new RegExp(`^[${SEEN}]*$`, 'u')
const SEEN_TEXT = new RegExp(`^[${SEEN}\\t\\n]*$`, 'u')
const UNSEEN = new RegExp(`[^${SEEN}]`, 'gu')

/** First characters with which no implicit type of PyYAML and no indicator of YAML begins. */
const PLAIN_START = /^[A-Za-z_/(\u00a1-\u{10ffff}]/u
/** `: ` and ` #` end a plain scalar, braces open a flow mapping or Jinja. */
const NOT_PLAIN = /: |:$| #| $|[{}]/
/** PyYAML's booleans and null in any case, with `y` and `n`, which other readers of YAML 1.1 take for booleans. */
const PLAIN_WORDS = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null'])
/** Four numbers match neither PyYAML's float (one dot) nor its sexagesimals (colons). */
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?$/

export function printString(text: string, place: Place): string {
  if (place.key) return isPlain(text) ? text : quote(text, place)
  if (text.includes('\n')) {
    if (isTidy(text, LINT_WIDTH - place.indent)) return printLiteral(text, place)
    return isFoldable(text) ? printFolded(text, place) : quoteDouble(text, place)
  }
  const line = isPlain(text) ? text : quote(text, { ...place, key: true })
  if (place.column + line.length <= WIDTH) return line
  return isFoldable(text) ? printFolded(text, place) : quoteDouble(text, place)
}

/** -0 goes out as 0. PyYAML takes a number for a float only if it has a dot, and its exponent a sign. */
export function printNumber(number: number): string {
  if (number === 0) return '0'
  return String(number).replace(/^(-?\d+)e/, '$1.0e')
}

function isPlain(text: string): boolean {
  if (IPV4.test(text)) return true
  return (
    PLAIN_START.test(text) &&
    !NOT_PLAIN.test(text) &&
    SEEN_LINE.test(text) &&
    !(text.length <= 5 && PLAIN_WORDS.has(text.toLowerCase()))
  )
}

/** Can stand as a `|` literal: seen, no trailing white space, at most one newline at its end, nothing that yamllint minds. */
function isTidy(text: string, width: number): boolean {
  return (
    SEEN_TEXT.test(text) &&
    !/^[ \t\n]|[ \t]$|[ \t]\n|\n{4}|\n\n$/.test(text) &&
    text.split('\n').every((line) => line.length <= width)
  )
}

/** Can stand as a `>` block: single spaces between words only, so that each of them may become a line break and back. */
function isFoldable(text: string): boolean {
  return SEEN_TEXT.test(text) && !/\t|^[ \n]| $| {2}| \n|\n |\n{3}|\n\n$/.test(text)
}

function printLiteral(text: string, { indent }: Place): string {
  const [body, chomp] = splitChomp(text)
  return `|${chomp}\n${indentLines(body.split('\n'), indent)}`
}

function printFolded(text: string, { indent }: Place): string {
  const [body, chomp] = splitChomp(text)
  // One line break folds to a space, n + 1 of them to n newlines.
  const lines = body.split('\n').flatMap((line, index) => {
    const wrapped = wrap(line, widthFrom(indent))
    return index > 0 && line !== '' ? ['', ...wrapped] : wrapped
  })
  return `>${chomp}\n${indentLines(lines, indent)}`
}

function splitChomp(text: string): readonly [string, '' | '-'] {
  return text.endsWith('\n') ? [text.slice(0, -1), ''] : [text, '-']
}

function indentLines(lines: readonly string[], indent: number): string {
  const margin = ' '.repeat(indent)
  return lines.map((line) => (line === '' ? '' : margin + line)).join('\n')
}

function widthFrom(column: number): number {
  return Math.max(LEAST_WIDTH, WIDTH - column)
}

/** Breaks a line at its spaces; a word longer than `width` stands alone, which yamllint allows. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    if (line !== undefined && line.length + 1 + word.length <= width) line += ` ${word}`
    else {
      if (line !== undefined) lines.push(line)
      line = word
    }
  }
  return [...lines, line ?? '']
}

/** In the quotes that need no escapes; double ones where both do or neither. */
function quote(text: string, place: Place): string {
  const single = /["\\]/.test(text) && !text.includes("'") && SEEN_LINE.test(text)
  return single ? `'${text}'` : quoteDouble(text, place)
}

function quoteDouble(text: string, place: Place): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(UNSEEN, escapeUnseen)
  if (place.key || place.column + escaped.length + 2 <= WIDTH) return `"${escaped}"`
  return foldQuoted(escaped, place)
}

function escapeUnseen(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  // All characters that are not seen are below U+10000, so that four digits do.
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Breaks double-quoted text with a backslash at the end of a line, which adds nothing to the value. */
function foldQuoted(escaped: string, { indent, column }: Place): string {
  const lines: string[] = []
  let line = '"'
  let room = WIDTH - column
  for (const piece of splitQuoted(escaped, widthFrom(indent) - 2)) {
    if (line.length + piece.length < room) {
      line += piece
    } else {
      lines.push(`${line}\\`)
      room = widthFrom(indent)
      // White space at the start of a line would be skipped.
      line = piece.startsWith(' ') ? `\\${piece}` : piece
    }
  }
  return [...lines, `${line}"`].join(`\n${' '.repeat(indent)}`)
}

/** Escaped text in pieces that end after spaces, after newlines, or where they grow past `longest`; no escape is cut. */
function splitQuoted(escaped: string, longest: number): readonly string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of escaped.match(/\\u[0-9a-f]{4}|\\.|[^\\]/gu) ?? []) {
    const ends =
      (piece.endsWith(' ') && character !== ' ') ||
      (piece.endsWith('\\n') && character !== '\\n') ||
      piece.length + character.length > longest
    if (ends) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}
