import type { z } from 'zod'
import { nearest } from '../compile/nearest.ts'
import type { Place } from './rule.ts'

/** What is wrong with a value, and where in it. */
export interface Problem {
  readonly at: Place
  /** Without the place and without a full stop. */
  readonly message: string
}

type Issue = z.core.$ZodIssue

/** What zod refuses of a value, in words. */
export function problemsOf(issues: readonly Issue[], value: unknown): readonly Problem[] {
  return issues.flatMap((issue) => explain(issue, value))
}

function explain(issue: Issue, root: unknown): readonly Problem[] {
  const at = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  const value = valueAt(root, at)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ at: [...at, key], message: 'there is no such key' }))
  if (issue.code === 'invalid_union') {
    const [closest] = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)
    if (closest && depth(closest) > 0)
      return closest.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, root))
    const expected = issue.errors.flatMap((branch) =>
      branch.flatMap((inner) => (inner.code === 'invalid_type' ? [nameOf(inner.expected)] : [])),
    )
    return [{ at, message: wanted(value, [...new Set(expected)].join(' or ') || 'something else') }]
  }
  return [{ at, message: sentence(issue, value) }]
}

const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map(({ path }) => path.length))

function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return wanted(value, nameOf(issue.expected))
    case 'invalid_value': {
      const near = typeof value === 'string' ? nearest(value, issue.values.map(String)) : undefined
      return `${wanted(value, issue.values.map(shown).join(' or '))}${near === undefined ? '' : `; did you mean "${near}"?`}`
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => message).join('; ')
    case 'too_small':
    case 'too_big': {
      const [word, bound] =
        issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum]
      if (typeof value === 'number') return `${shown(value)} is wrong: it is ${word} ${bound}`
      const [one, many] = typeof value === 'string' ? ['character', 'characters'] : ['entry', 'entries']
      return issue.message.startsWith('Too ')
        ? `it ${issue.code === 'too_small' ? 'needs' : 'takes'} ${word} ${bound} ${Number(bound) === 1 ? one : many}`
        : issue.message
    }
    case 'invalid_format':
      if (!issue.message.startsWith('Invalid')) return `${shown(value)}: ${issue.message}`
      if ('prefix' in issue) return `${shown(value)} does not start with ${shown(issue.prefix)}`
      return issue.format === 'regex'
        ? `${shown(value)} does not match ${issue.pattern}`
        : `${shown(value)} is no ${issue.format}`
    default:
      return issue.message
  }
}

const wanted = (value: unknown, what: string) =>
  value === undefined ? 'it is missing' : `${shown(value)} is not ${what}`

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}
const nameOf = (expected: string) => NAMES[expected] ?? expected

/** Long texts are cut. */
const LONGEST = 60

/** A value in a sentence, on one line; nothing of an author's is called to write it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const quoted = JSON.stringify(value)
    return quoted.length > LONGEST ? `${quoted.slice(0, LONGEST)}…"` : quoted
  }
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'what is no finite number'
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  return Array.isArray(value) ? 'a list' : 'an object'
}

/** What stands at a place in a value, as its own and not its prototype's; undefined where nothing does. */
export function valueAt(value: unknown, place: Place): unknown {
  const [key, ...rest] = place
  if (key === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return valueAt(value[key as keyof typeof value], rest) // just seen to be its own
}
