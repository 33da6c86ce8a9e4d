import type { z } from 'zod'
import { nearest } from '../compile/nearest.ts'
import type { Report } from '../compile/scope.ts'
import type { Deployment } from './deployment.ts'
import { problemsOf, shown } from './issues.ts'
import { type Cause, causeOf } from './place.ts'
import type { Place } from './rule.ts'
import { deploymentInput } from './schema.ts'
import { type Reference, walk } from './schema-walk.ts'

/** Whether a deployment is what its type says, which whoever leaves the type checker out may have missed. */
export function isValid(deployment: Deployment, report: Report): boolean {
  return checkAgainst(deploymentInput, deployment.input, [], deployment, (message, at, hint) =>
    report.error('invalid-deployment', message, at, hint),
  ).valid
}

type Say = (message: string, at: Cause, hint: string | undefined) => void

/** A value of a deployment that was held against its schema. */
export interface CheckedValue {
  readonly valid: boolean
  /** What the schema makes of it, where it is valid. */
  readonly data: unknown
  readonly references: readonly Reference[]
}

/** Says what a schema refuses of the value at a place of a deployment, and the keys that it does not know. */
export function checkAgainst(
  schema: z.ZodType,
  value: unknown,
  place: Place,
  deployment: Deployment,
  say: Say,
): CheckedValue {
  const parsed = schema.safeParse(value)
  const { unknown, references } = walk(schema, value)
  const add = (at: Place, message: string, hint?: string) => {
    const whole = [...place, ...at]
    const sentence = message.endsWith('?') ? message : `${message}.`
    say(`${written(whole)}: ${sentence}`, causeOf(deployment, whole), hint)
  }
  for (const { at, known } of unknown) {
    const near = nearest(String(at.at(-1)), known)
    add(
      at,
      near === undefined ? 'there is no such key' : `there is no such key; did you mean "${near}"?`,
      known.length > 0 ? `Keys: ${known.filter((key) => key !== 'site').join(', ')}.` : undefined,
    )
  }
  if (!parsed.success) for (const { at, message } of problemsOf(parsed.error.issues, value)) add(at, message)
  const halves = parsed.success ? halfCharacters(value) : []
  for (const at of halves) add(at, 'half of a surrogate pair is no character')
  const twice = repeated(references)
  for (const { at, name } of twice) add(at, `${shown(name)} is named a second time`)
  return {
    valid: parsed.success && unknown.length + halves.length + twice.length === 0,
    data: parsed.success ? parsed.data : undefined,
    references: references.map((found) => ({ ...found, at: [...place, ...found.at] })),
  }
}

/** A place as one writes it in TypeScript, as far as that is readable. */
export const written = (place: Place): string =>
  place.length === 0
    ? 'The deployment'
    : place.map((key) => (/^[\w-]*$/.test(String(key)) ? String(key) : shown(key))).join('.')

/** Texts, and keys, that hold half of a character: no file can be written with them. The value fits its schema. */
function halfCharacters(value: unknown, at: Place = []): readonly Place[] {
  const isHalf = (text: unknown) => typeof text === 'string' && /[\ud800-\udfff]/u.test(text)
  if (isHalf(value) || isHalf(at.at(-1))) return [at]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    // Services' options have schemas of their own, and places of calls are nobody's text.
    (at.length === 0 && key === 'services') || key === 'site'
      ? []
      : halfCharacters(inner, [...at, Array.isArray(value) ? Number(key) : key]),
  )
}

/** What a list names that it has named before. */
function repeated(references: readonly Reference[]): readonly Reference[] {
  const seen = new Set<string>()
  return references.filter(({ at, name }) => {
    if (typeof at.at(-1) !== 'number') return false
    const entry = JSON.stringify([at.slice(0, -1), name])
    if (seen.has(entry)) return true
    seen.add(entry)
    return false
  })
}
