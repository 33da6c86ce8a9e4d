import type { Finding } from '../finding.ts'
import type { RuleText } from '../topology/rule.ts'
import { formatFindings, type WaivedCase } from './report.ts'

export type Format = 'text' | 'json' | 'sarif' | 'github'
export const FORMATS: readonly Format[] = ['text', 'json', 'sarif', 'github']

/** Whether colours are wanted: on a terminal, and nobody said NO_COLOR. */
export const wantsColor = (): boolean => process.stdout.isTTY === true && !process.env['NO_COLOR']

/** Prints findings and what became of them; returns the exit code. */
export function printFindings(
  findings: readonly Finding[],
  format: Format,
  consequence: string,
  rules: readonly RuleText[] = [],
  waived?: readonly WaivedCase[],
): number {
  if (findings.length > 0 || format === 'json' || format === 'sarif')
    process.stdout.write(
      `${formatFindings(findings, format, { color: wantsColor(), rules, waived }).trimEnd()}\n`,
    )
  const errors = findings.filter((f) => f.severity === 'error').length
  const warnings = findings.length - errors
  if (format === 'text' && findings.length > 0)
    process.stdout.write(
      `${count(errors, 'error')}${warnings > 0 ? `, ${count(warnings, 'warning')}` : ''}${errors > 0 ? `; ${consequence}` : ''}.\n`,
    )
  return errors > 0 ? 1 : 0
}

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** A table with columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]?.length ?? 0)))
  return [head, ...rows]
    .map((row) =>
      row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
    .join('\n')
}
