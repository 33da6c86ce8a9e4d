/** What Ansible's data is made of between the compiler and the text: JSON's values, and `!unsafe` text. */

export type Scalar = string | number | boolean | null

/**
 * One value of a generated document. Objects keep the order of their keys, except that JavaScript moves keys that
 * look like array indices (`'10'`) to the front.
 */
export type Data = Scalar | Unsafe | readonly Data[] | DataMap

export interface DataMap {
  readonly [key: string]: Data
  readonly [COMMENT]?: readonly string[]
}

/** Comment lines (without `#`) that stand above a task; on the task's own map, where no key of Ansible's can meet it. */
export const COMMENT = Symbol('comment')

/** Text that Ansible must not template, such as a literal `{{`. It goes out with the tag `!unsafe`. */
export class Unsafe {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A top-level key of a document, with the comment lines (without `#`) that stand above it. */
export interface Section {
  readonly comment?: readonly string[]
  /** It belongs to the key above, whose comment is its own, too: no blank line sets it apart. */
  readonly joined?: boolean
  readonly key: string
  readonly value: Data
}

/** A value that YAML cannot carry to Ansible unchanged. */
export interface Unwritable {
  /** Where it is inside the data: `copy.content`, `that[2]`; empty for the data itself. */
  readonly path: string
  /** Why it cannot be written; continues a sentence that begins with the path. */
  readonly reason: string
}

export function isList(data: Data): data is readonly Data[] {
  return Array.isArray(data)
}

/**
 * Every value inside `data` that the emitter would refuse, so that a caller can report all of them where the author
 * wrote them. It looks at what is really there: types do not hold back a value that was loaded without a type check.
 */
export function findUnwritable(data: unknown, path = ''): readonly Unwritable[] {
  const reason = whyUnwritable(data)
  if (reason !== undefined) return [{ path, reason }]
  if (Array.isArray(data)) return data.flatMap((item, index) => findUnwritable(item, `${path}[${index}]`))
  if (typeof data !== 'object' || data === null || data instanceof Unsafe) return []
  return Object.entries(data).flatMap(([key, value]) => {
    const inner = path === '' ? key : `${path}.${key}`
    const keyReason = whyUnwritableText(key)
    return keyReason === undefined
      ? findUnwritable(value, inner)
      : [{ path: inner, reason: `has a key that ${keyReason}` }]
  })
}

function whyUnwritable(data: unknown): string | undefined {
  switch (typeof data) {
    case 'string':
      return whyUnwritableText(data)
    case 'number':
      return whyUnwritableNumber(data)
    case 'boolean':
      return undefined
    case 'object': {
      if (data === null || Array.isArray(data)) return undefined
      if (data instanceof Unsafe) return whyUnwritableText(data.text)
      const prototype: unknown = Object.getPrototypeOf(data)
      if (prototype === Object.prototype || prototype === null) return undefined
      return `is an object of the class ${data.constructor?.name || 'without a name'}, not plain data`
    }
    default:
      return `is ${typeof data === 'undefined' ? 'undefined' : `a ${typeof data}`}, which YAML does not have`
  }
}

/** UTF-8 has no form for half of a surrogate pair, and PyYAML rejects its escape. */
function whyUnwritableText(text: string): string | undefined {
  return /\p{Surrogate}/u.test(text)
    ? 'holds half of a surrogate pair, which is no Unicode character'
    : undefined
}

/** Python's integers have no bound; a JavaScript number beyond 2^53 may already differ from what the author wrote. */
function whyUnwritableNumber(number: number): string | undefined {
  if (!Number.isFinite(number)) return `is ${number}, which Ansible cannot use`
  if (Number.isInteger(number) && !Number.isSafeInteger(number))
    return `is ${number}, an integer that JavaScript cannot hold exactly; write it as a string`
  return undefined
}
