/** Escapes that Python's `re` reads as JavaScript does. */
const SAME = new Set(['t', 'n', 'r', 'f', 'v', 'x', 'u', 's', 'S', 'B', 'b', '0'])
/** Classes that are Unicode's in Python and ASCII's in JavaScript. */
const ASCII: Readonly<Record<string, string>> = { d: '0-9', w: 'a-zA-Z0-9_' }
const ASCII_NOT: Readonly<Record<string, string>> = { D: '[^0-9]', W: '[^a-zA-Z0-9_]' }

/**
 * A JavaScript pattern as Python's `re` reads it, with the same meaning for text. Flags `g` and `y` do not matter to a
 * single test; ignoring case is left to the caller, since Ansible's tests take it as an argument.
 */
export function toPython(regex: RegExp): { readonly pattern: string } | { readonly reason: string } {
  const { source } = regex
  if (regex.flags.includes('v')) return { reason: 'has the flag v, which Python does not know' }
  const unicode = regex.flags.includes('u')
  let out = ''
  let inClass = false
  for (let i = 0; i < source.length; i++) {
    const c = source.charAt(i)
    const rest = source.slice(i)
    if (c === '\\') {
      const next = source.charAt(i + 1)
      const named = /^\\k<(\w+)>/.exec(rest)
      if (named) {
        out += `(?P=${named[1]})`
        i += named[0].length - 1
        continue
      }
      if (/^\\([pPc]|u\{)/.test(rest) && (unicode || next === 'c'))
        return { reason: `has \\${next}, which Python does not know` }
      i++
      if (ASCII[next] !== undefined) out += inClass ? ASCII[next] : `[${ASCII[next]}]`
      else if (ASCII_NOT[next] !== undefined) {
        if (inClass) return { reason: `has \\${next} in brackets, which is not ASCII in Python` }
        out += ASCII_NOT[next]
      } else if (SAME.has(next) || /[1-9]/.test(next)) out += `\\${next}`
      else if (/[a-zA-Z]/.test(next)) out += next
      else out += literal(next, inClass)
    } else if (inClass) {
      if (c === ']') inClass = false
      // Python warns of what may become set operations: `[`, `--`, `&&`, `||`, `~~`.
      out +=
        c === '[' || ('-&|~'.includes(c) && source.charAt(i + 1) === c) || /^\{[{%#]/.test(rest)
          ? `\\${c}`
          : c
    } else if (c === '[') {
      if (/^\[\^?\]/.test(rest)) {
        out += rest.startsWith('[^') ? '[\\s\\S]' : '(?!)'
        i += rest.startsWith('[^') ? 2 : 1
      } else {
        inClass = true
        out += '['
        if (source.charAt(i + 1) === '^') out += source.charAt(++i)
      }
    } else if (c === '$') out += regex.multiline ? '$' : '\\Z'
    else if (c === '.') out += regex.dotAll ? '[\\s\\S]' : '[^\\n\\r\\u2028\\u2029]'
    else if (rest.startsWith('(?<') && !/^\(\?<[=!]/.test(rest)) {
      out += '(?P<'
      i += 2
    } else if (/^\(\?<[=!]/.test(rest)) {
      return { reason: 'looks behind, which Python can do for a fixed length only; say it another way' }
    } else if (c === '{' && !/^\{\d+(,\d*)?\}/.test(rest)) out += '[{]'
    else out += c
  }
  // Word boundaries are Unicode's in Python too.
  const flags = `${/[bB]/.test(escapesOf(source)) ? 'a' : ''}${regex.multiline ? 'm' : ''}`
  return { pattern: flags === '' ? out : `(?${flags})${out}` }
}

/** The letters behind backslashes. */
const escapesOf = (source: string) => [...source.matchAll(/\\(.)/gs)].map((m) => m[1]).join('')

/** An escaped character; brackets read better than backslashes, which Jinja's strings would double. */
function literal(c: string, inClass: boolean): string {
  if (inClass) return '\\]^-['.includes(c) ? `\\${c}` : c
  if ('.*+?|(){}$'.includes(c)) return `[${c}]`
  return '^[]\\'.includes(c) ? `\\${c}` : c
}
