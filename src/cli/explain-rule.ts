import { nearest } from '../compile/nearest.ts'
import { CannotRun } from '../finding.ts'
import { rulesOf } from '../rules/check.ts'
import type { Requirement } from '../topology/requirement.ts'
import type { RuleText } from '../topology/rule.ts'
import { type Format, printTable } from './output.ts'
import { loadProject, projectRoot } from './project.ts'

/**
 * `rolewright check --explain [code]`: the whole of a rule, or all rules a line each; `json` has the whole of all that is asked
 * for. Returns the exit code. Throws `CannotRun`.
 */
export async function explainRule(code: string | undefined, format: Format = 'text'): Promise<number> {
  if (format !== 'text' && format !== 'json')
    throw new CannotRun(`Rules are explained to people and as JSON, and not as ${format}.`)
  const { services } = await loadProject(projectRoot())
  const rules = rulesOf(services)
  const asked = code === undefined ? rules : [find(rules, code)]
  const requirements = services.flatMap(({ definition }) => definition.requirements?.() ?? [])
  const held = (rule: RuleText) => requirements.filter((requirement) => requirement.rules.includes(rule.code))
  if (format === 'json')
    process.stdout.write(
      `${JSON.stringify({ rules: asked.map((rule) => asData(rule, held(rule))) }, undefined, 2)}\n`,
    )
  else if (code === undefined) process.stdout.write(`${listOf(rules)}\n`)
  else for (const rule of asked) process.stdout.write(`${wholeRule(rule, held(rule))}\n`)
  return 0
}

const asData = (
  { code, severity, demand, reason, evidence, wayOut }: RuleText,
  holds: readonly Requirement[],
) => ({
  ...{ code, severity, demand, reason, evidence, wayOut },
  holds: holds.map(({ document, lines, text, verdict, why }) => ({ document, lines, text, verdict, why })),
})

const listOf = (rules: readonly RuleText[]): string =>
  printTable(
    ['rule', 'severity', 'demand'],
    rules.map(({ code, severity, demand }) => [code, severity, demand]),
  )

function find(rules: readonly RuleText[], code: string): RuleText {
  const found = rules.find((rule) => rule.code === code.toUpperCase())
  if (found) return found
  const near = nearest(
    code.toUpperCase(),
    rules.map((rule) => rule.code),
  )
  throw new CannotRun(
    `There is no rule "${code}".`,
    near === undefined
      ? '`rolewright check --explain` lists all.'
      : `Did you mean ${near}? \`rolewright check --explain\` lists all.`,
  )
}

/** All that there is to say of a rule, with what documents demand that it holds. */
export const wholeRule = (
  { code, severity, demand, reason, evidence, wayOut }: RuleText,
  requirements: readonly Requirement[],
): string =>
  [
    `${code}  ${severity}`,
    `  Demand:   ${demand}`,
    `  Reason:   ${reason}`,
    `  Evidence: ${evidence}`,
    `  Way out:  ${wayOut}`,
    ...requirements.flatMap(({ document, lines, text, verdict, why }) => [
      `  Holds:    ${document}:${lines} (${verdict}): ${text}`,
      ...(why === undefined ? [] : [`            ${why}`]),
    ]),
  ].join('\n')
