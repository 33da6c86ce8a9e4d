/** What to look for where a secret must not be: the secret itself, and what can be turned into it or stands for it. */
import { createHash } from 'node:crypto'

export interface Secret {
  readonly name: string
  readonly value: string
}

export interface Pattern {
  readonly text: string
  /** The secret's name and the form of it, never its value. */
  readonly shown: string
}

/** Shorter ones are found everywhere. */
const SHORTEST = 8

export function patternsOf(secrets: readonly Secret[]): readonly Pattern[] {
  const patterns = new Map<string, Pattern>()
  for (const { name, value } of secrets)
    for (const [form, text] of formsOf(value))
      if (text.length >= SHORTEST && !patterns.has(text))
        patterns.set(text, { text, shown: form === '' ? name : `${name} (${form})` })
  return [...patterns.values()]
}

function formsOf(value: string): readonly (readonly [form: string, text: string])[] {
  if (value.length < SHORTEST) return []
  const bytes = Buffer.from(value)
  // A line of htpasswd gives itself away by its hash alone.
  const [, hash] = /^[^:]+:(\$.+)$/.exec(value) ?? []
  return [
    ['', value],
    ...(hash ? [['its hash', hash] as const] : []),
    ['URL-encoded', encodeURIComponent(value)],
    ['in hexadecimal', bytes.toString('hex')],
    ['its SHA-256', createHash('sha256').update(bytes).digest('hex')],
    ['its SHA-256', createHash('sha256').update(bytes).digest('base64')],
    ['its MD5', createHash('md5').update(bytes).digest('hex')],
    ...[0, 1, 2].flatMap((before) => {
      const text = base64Within(bytes, before)
      return [
        ['in base64', text],
        ['in base64', text.replaceAll('+', '-').replaceAll('/', '_')],
      ] as const
    }),
  ]
}

/** What of the base64 of a longer text depends on these bytes alone, where so many bytes (0 to 2 after groups of three) are before. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  const end = Math.floor(((before + bytes.length) * 8) / 6)
  return text.slice(Math.ceil((before * 8) / 6), end)
}

/** The line of a PEM file that no other key has; the same as in secrets.py. */
export function lineOfKey(pem: string): string {
  const [, kind, body = ''] = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----\s([\s\S]*?)-----END/.exec(pem) ?? []
  const lines = body.split(/\s+/).filter(Boolean)
  return (lines.length > 2 ? lines.at(kind === 'OPENSSH ' ? -2 : 1) : lines[0]) ?? ''
}
