import { styleText } from 'node:util'
import type { Finding } from '../finding.ts'

/** Findings for people (`text`) or for tools, sorted by place. Ends with a newline unless there is nothing to say. */
export function formatFindings(findings: readonly Finding[], format: 'text' | 'json' | 'sarif' | 'github', options: { readonly color: boolean }): string {
  const sorted = [...findings].sort(byPlace)
  switch (format) {
    case 'text':
      return sorted.map((f) => `${text(f, options.color)}\n`).join('')
    case 'json':
      return `${JSON.stringify({ findings: sorted }, undefined, 2)}\n`
    case 'sarif':
      return `${JSON.stringify(sarif(sorted), undefined, 2)}\n`
    case 'github':
      return sorted.map((f) => `${annotation(f)}\n`).join('')
  }
}

function byPlace(a: Finding, b: Finding): number {
  const [x, y] = [a.location, b.location]
  const text = (p: string, q: string) => (p < q ? -1 : p > q ? 1 : 0)
  return text(x?.file ?? '', y?.file ?? '') || (x?.line ?? 0) - (y?.line ?? 0) || (x?.column ?? 0) - (y?.column ?? 0) || text(a.code, b.code) || text(a.message, b.message)
}

function text({ code, severity, message, hint, location }: Finding, color: boolean): string {
  const paint = (style: 'red' | 'yellow' | 'bold' | 'dim', words: string) => (color ? styleText(style, words) : words)
  const place = location ? `${location.file}:${location.line}:${location.column}  ` : ''
  const line = `${paint('bold', place)}${paint(severity === 'error' ? 'red' : 'yellow', severity)}  ${code}  ${message}`
  return hint ? `${line}\n  ${paint('dim', hint)}` : line
}

/** GitHub's workflow command; its properties and its text are escaped differently. */
function annotation({ code, severity, message, hint, location }: Finding): string {
  const data = (words: string) => words.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const property = (words: string) => data(words).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const place = location ? `file=${property(location.file)},line=${location.line},col=${location.column},` : ''
  return `::${severity} ${place}title=${property(code)}::${data(hint ? `${message}\n${hint}` : message)}`
}

/** SARIF 2.1.0, as code scanning reads it. */
function sarif(findings: readonly Finding[]): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'rolewright', rules: [...new Set(findings.map((f) => f.code))].sort().map((id) => ({ id })) } },
        results: findings.map(({ code, severity, message, hint, location }) => ({
          ruleId: code,
          level: severity,
          message: { text: hint ? `${message} ${hint}` : message },
          ...(location ? { locations: [{ physicalLocation: { artifactLocation: { uri: location.file }, region: { startLine: location.line, startColumn: location.column } } }] } : {}),
        })),
      },
    ],
  }
}
