/** What a generated literal can hold. */
export type Plain =
  | string
  | number
  | boolean
  | readonly Plain[]
  | { readonly [key: string]: Plain | undefined }

/** As in biome.json: generated files stand as the formatter would leave them. */
export const LINE_WIDTH = 110
const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** A string in single quotes, or in double ones where that saves escapes, as the formatter chooses. */
export function quote(text: string): string {
  const json = JSON.stringify(text)
  if (text.includes("'") && !text.includes('"')) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A key of an object or interface, quoted where it has to be. */
export function propertyName(name: string): string {
  return IDENTIFIER.test(name) ? name : quote(name)
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

function entriesOf(value: {
  readonly [key: string]: Plain | undefined
}): readonly (readonly [string, Plain])[] {
  return Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, item] as const]))
}

const sizeOf = (value: Plain) =>
  typeof value !== 'object' ? 0 : isList(value) ? value.length : entriesOf(value).length

/** The formatter never puts a list of several lists (or objects) with several members on one line. */
function mustBreak(value: Plain): boolean {
  if (typeof value !== 'object') return false
  if (!isList(value)) return entriesOf(value).some(([, item]) => mustBreak(item))
  const groups =
    value.length > 1 && value.every((item) => sizeOf(item) > 1 && isList(item) === isList(value[0] ?? ''))
  return groups || value.some(mustBreak)
}

function flat(value: Plain): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object') return String(value)
  if (isList(value)) return `[${value.map(flat).join(', ')}]`
  const entries = entriesOf(value)
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, item]) => `${propertyName(key)}: ${flat(item)}`).join(', ')} }`
}

/**
 * A literal in TypeScript, laid out as the formatter would.
 * `indent` is the column of the line that it starts on, `used` what already stands in that line and after the value.
 * `open` says how many levels of objects are written one key per line even where they would fit.
 */
export function literal(value: Plain, indent: number, used: number, open = 0): string {
  const opened = open > 0 && typeof value === 'object' && !isList(value) && sizeOf(value) > 0
  const line = flat(value)
  if (typeof value !== 'object' || (!opened && !mustBreak(value) && used + line.length <= LINE_WIDTH))
    return line
  const inner = ' '.repeat(indent + 2)
  // A comma follows every member.
  const members = isList(value)
    ? value.map((item) => literal(item, indent + 2, indent + 3))
    : entriesOf(value).map(([key, item]) => {
        const name = `${propertyName(key)}: `
        return name + literal(item, indent + 2, indent + 3 + name.length, open - 1)
      })
  const [first, last] = isList(value) ? ['[', ']'] : ['{', '}']
  return `${first}\n${members.map((member) => `${inner}${member},\n`).join('')}${' '.repeat(indent)}${last}`
}
