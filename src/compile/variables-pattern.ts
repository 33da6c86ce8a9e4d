import type { z } from 'zod'
import { toPython } from './variables-regex.ts'

/** A demand on text: the pattern for Python's `re`, and how to say it to people. */
export interface Pattern {
  /** `match` where it is anchored at the beginning, else `search`. */
  readonly test: 'match' | 'search'
  readonly python: string
  readonly ignoreCase: boolean
  /** For people: `IPv4 address`, `matching ^a+$`. */
  readonly label: string
  readonly format: string
}

const OCTET = '(25[0-5]|(2[0-4]|1[0-9]|[1-9])?[0-9])'
const IPV4 = `${OCTET}([.]${OCTET}){3}`
const GROUP = '[0-9a-fA-F]{1,4}'
/** Eight groups; or `::` with at most seven around it. The last two may be written as IPv4. */
const IPV6 =
  `((${GROUP}:){7}${GROUP}|(${GROUP}:){6}${IPV4}|` +
  `(?!:{0,2}([^:/]+:{1,2}){7}[^:/])(${GROUP}(:${GROUP})*)?::((${GROUP}:)*(${GROUP}|${IPV4}))?)`

/**
 * Patterns of our own for what zod tests with code or with a much longer pattern. None refuses what zod accepts, save
 * the fractions that it takes for the length of an IPv6 prefix: a deployment that has been built must not fail on the host.
 */
const OWN: Readonly<Record<string, string>> = {
  ipv4: `^${IPV4}\\Z`,
  ipv6: `^${IPV6}\\Z`,
  cidrv4: `^${IPV4}/(3[0-2]|[12]?[0-9])\\Z`,
  cidrv6: `^${IPV6}/(12[0-8]|(1[01]|[1-9])?[0-9])\\Z`,
  url: '^\\s*[A-Za-z][A-Za-z0-9+.-]*:\\S',
  base64: '^([0-9a-zA-Z+/]{4})*([0-9a-zA-Z+/]{2}={0,2}|[0-9a-zA-Z+/]{3}=?)?\\Z',
}

const LABELS: Readonly<Record<string, string>> = {
  ipv4: 'IPv4 address',
  ipv6: 'IPv6 address',
  cidrv4: 'IPv4 network (address/length)',
  cidrv6: 'IPv6 network (address/length)',
  hostname: 'host name',
  email: 'e-mail address',
  url: 'URL',
  uuid: 'UUID',
  guid: 'UUID',
  mac: 'MAC address',
  base64: 'base64 text',
  base64url: 'base64url text',
  date: 'date (YYYY-MM-DD)',
  time: 'time (HH:MM:SS)',
  datetime: 'date and time (ISO 8601)',
  duration: 'duration (ISO 8601)',
  lowercase: 'lower case',
  uppercase: 'upper case',
}

/** What zod tests with code that no pattern stands for. */
const CODE_ONLY = new Set(['jwt', 'json_string', 'template_literal', 'credit_card', 'iban', 'currency_code'])

/** The pattern of a string format, or why Python cannot test it. */
export function patternOfCheck(check: z.core.$ZodCheckStringFormatDef): Pattern | string {
  const { format } = check
  const own = format === 'url' ? urlPattern(check) : OWN[format]
  if (own !== undefined)
    return { test: 'match', python: own, ignoreCase: false, label: LABELS[format] ?? format, format }
  if (CODE_ONLY.has(format) || !check.pattern) return `Ansible cannot test for ${format}`
  const python = toPython(check.pattern)
  if ('reason' in python) return `the pattern ${check.pattern.source} ${python.reason}`
  return {
    test: python.pattern.startsWith('^') && !python.pattern.includes('|') ? 'match' : 'search',
    python: python.pattern,
    ignoreCase: check.pattern.ignoreCase,
    label: labelOf(check),
    format,
  }
}

/** A URL's own protocol pattern goes in front of the colon, as zod takes it; its host is left to zod. */
function urlPattern(
  check: z.core.$ZodCheckStringFormatDef & { readonly protocol?: RegExp },
): string | undefined {
  const source = check.protocol?.source
  const simple = source?.match(/^\^([A-Za-z0-9+?()|-]+)\$$/)?.[1]
  // Schemes have no case, and zod lowers it before it looks.
  return simple ? `^\\s*(?i:${simple}):\\S` : OWN.url
}

function labelOf(check: z.core.$ZodCheckStringFormatDef): string {
  // The three carry their text under the check's own name.
  const { prefix, suffix, includes } = check as { prefix?: string; suffix?: string; includes?: string }
  if (prefix !== undefined) return `starting with ${prefix}`
  if (suffix !== undefined) return `ending with ${suffix}`
  if (includes !== undefined) return `containing ${includes}`
  const label = LABELS[check.format]
  return label ?? (check.format === 'regex' ? `matching ${check.pattern?.source}` : check.format)
}
