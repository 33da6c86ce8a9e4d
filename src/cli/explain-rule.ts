import { nearest } from '../compile/nearest.ts'
import { CannotRun } from '../finding.ts'
import { rulesOf } from '../rules/check.ts'
import type { Requirement } from '../topology/requirement.ts'
import type { RuleText } from '../topology/rule.ts'
import { printTable } from './output.ts'
import { loadProject, projectRoot } from './project.ts'

/** `rolewright check --explain [code]`: the whole of a rule, or all rules a line each. Returns the exit code. */
export async function explainRule(code: string | undefined): Promise<number> {
  const { services } = await loadProject(projectRoot())
  const rules = rulesOf(services)
  if (code === undefined) process.stdout.write(`${listOf(rules)}\n`)
  else {
    const rule = find(rules, code)
    const requirements = services.flatMap(({ definition }) => definition.requirements?.() ?? [])
    process.stdout.write(
      `${wholeRule(
        rule,
        requirements.filter((requirement) => requirement.rules.includes(rule.code)),
      )}\n`,
    )
  }
  return 0
}

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
