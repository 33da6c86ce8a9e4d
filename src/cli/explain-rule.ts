import { loadSources } from '../compile/load.ts'
import { nearest } from '../compile/nearest.ts'
import { CannotRun } from '../finding.ts'
import { rulesOf } from '../rules/check.ts'
import type { RuleText } from '../topology/rule.ts'
import { printTable } from './output.ts'
import { languageRoot, projectRoot } from './project.ts'

/** `rolewright check --explain [code]`: the whole of a rule, or all rules a line each. Returns the exit code. */
export async function explainRule(code: string | undefined): Promise<number> {
  const { services } = await loadSources(projectRoot(), languageRoot)
  const rules = rulesOf(services)
  process.stdout.write(`${code === undefined ? listOf(rules) : whole(find(rules, code))}\n`)
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

const whole = ({ code, severity, demand, reason, evidence, wayOut }: RuleText): string =>
  [
    `${code}  ${severity}`,
    `  Demand:   ${demand}`,
    `  Reason:   ${reason}`,
    `  Evidence: ${evidence}`,
    `  Way out:  ${wayOut}`,
  ].join('\n')
