import { styleText } from 'node:util'
import type { Finding } from '../finding.ts'
import type { RuleText } from '../topology/rule.ts'

/** A case in which a rule does not hold, and the reason for which a deployment accepts it. */
export interface WaivedCase {
  readonly deployment: string
  readonly code: string
  readonly subject: string
  readonly message: string
  readonly because: string
}

/**
 * Findings for people (`text`) or for tools, sorted by place, then by code and message. Ends with a newline; without
 * findings, `text` and `github` are empty. What `rules` say of a code goes to tools with it, and `waived` to `json` alone.
 */
export function formatFindings(
  findings: readonly Finding[],
  format: 'text' | 'json' | 'sarif' | 'github',
  options: {
    readonly color: boolean
    readonly rules?: readonly RuleText[]
    readonly waived?: readonly WaivedCase[] | undefined
  },
): string {
  const sorted = [...findings].sort(byPlace)
  const rules = new Map(options.rules?.map((rule) => [rule.code, rule]))
  switch (format) {
    case 'text':
      return sorted.map((finding) => `${printText(finding, options.color)}\n`).join('')
    case 'json':
      return `{${[
        listed(
          'findings',
          sorted.map((finding) => withDemand(finding, rules)),
        ),
        ...(options.waived ? [listed('waived', options.waived)] : []),
      ].join(',')}}\n`
    case 'sarif':
      return `${JSON.stringify(toSarif(sorted, rules), undefined, 2)}\n`
    case 'github':
      return sorted.map((finding) => `${printAnnotation(finding)}\n`).join('')
  }
}

/** A key of an object in JSON, whose list has a line for each of its values. */
const listed = (key: string, values: readonly object[]): string =>
  `"${key}":[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]`

/** Findings without a place come first. Text is compared by code units, so that no locale matters. */
function byPlace(a: Finding, b: Finding): number {
  const [x, y] = [a.location, b.location]
  return (
    compare(x?.file ?? '', y?.file ?? '') ||
    (x?.line ?? 0) - (y?.line ?? 0) ||
    (x?.column ?? 0) - (y?.column ?? 0) ||
    compare(a.code, b.code) ||
    compare(a.message, b.message)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function printText(finding: Finding, color: boolean): string {
  const { code, severity, message, location } = finding
  const hint = hintOf(finding)
  const paint = (style: 'red' | 'yellow' | 'bold' | 'dim', text: string) =>
    // Whether a terminal reads this is the caller's knowledge, and may not be standard output.
    color ? styleText(style, text, { validateStream: false }) : text
  const place = location && `${oneLine(location.file)}:${location.line}:${location.column}`
  const line = [
    ...(place === undefined ? [] : [paint('bold', place)]),
    paint(severity === 'error' ? 'red' : 'yellow', severity),
    code,
    oneLine(message),
  ].join('  ')
  return hint === undefined ? line : `${line}\n  ${paint('dim', oneLine(hint))}`
}

/** The way out, with the subject that a waiver would name where the message does not. */
function hintOf({ message, hint, subject }: Finding): string | undefined {
  if (subject === undefined || message.includes(subject)) return hint
  return `${hint === undefined ? '' : `${hint} `}A waiver of this case says of: '${subject}'.`
}

/** Names out of the sources may hold anything; here they neither break the line nor steer the terminal. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/**
 * A workflow command of GitHub Actions. Properties need more escapes than the text; see `escapeData` and
 * `escapeProperty` in `command.ts` of actions/toolkit.
 */
function printAnnotation({ code, severity, message, hint, location }: Finding): string {
  const place =
    location && `file=${escapeProperty(location.file)},line=${location.line},col=${location.column},`
  const text = hint === undefined ? message : `${message}\n${hint}`
  return `::${severity} ${place ?? ''}title=${escapeProperty(code)}::${escapeData(text)}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

type Rules = ReadonlyMap<string, RuleText>

/** A finding with what its rule demands, where it is a rule's. */
function withDemand(finding: Finding, rules: Rules): Finding & { readonly demand?: string } {
  const rule = rules.get(finding.code)
  return rule ? { ...finding, demand: rule.demand } : finding
}

/** SARIF 2.1.0 as code scanning reads it; both severities are levels of SARIF's too. */
function toSarif(findings: readonly Finding[], rules: Rules): object {
  const codes = [...new Set(findings.map(({ code }) => code))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'rolewright', rules: codes.map((id) => describeRule(id, rules.get(id))) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ code, severity, message, hint, subject, location }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: severity,
          message: { text: hint === undefined ? message : `${message}\n${hint}` },
          ...(subject !== undefined && { properties: { subject } }),
          ...(location && {
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: location.file.split('/').map(encodeURIComponent).join('/') },
                  region: { startLine: location.line, startColumn: location.column },
                },
              },
            ],
          }),
        })),
      },
    ],
  }
}

/** A rule as SARIF describes one. What is no rule of deployments is described by its findings. */
function describeRule(id: string, rule: RuleText | undefined): object {
  if (!rule) return { id }
  return {
    id,
    shortDescription: { text: rule.demand },
    fullDescription: { text: rule.reason },
    help: { text: `${rule.wayOut}\nEvidence: ${rule.evidence}` },
    defaultConfiguration: { level: rule.severity },
  }
}
