import { nearest } from '../compile/nearest.ts'
import type { Report } from '../compile/scope.ts'
import type { Deployment } from '../topology/deployment.ts'
import { causeOf } from '../topology/place.ts'
import type { GeneralRule, RuleText, ServiceRule, Violation, WaiverInput } from '../topology/rule.ts'
import type { Service } from '../topology/service.ts'
import type { Topology } from '../topology/topology.ts'
import { GENERAL_RULES } from './index.ts'

/** A case in which a rule does not hold, and the waiver that accepts it. */
export interface Judged {
  readonly rule: RuleText
  readonly violation: Violation
  readonly waiver: WaiverInput | undefined
}

/** Every rule there is for these services, in the order of their codes. */
export function rulesOf(services: readonly Service[]): readonly (GeneralRule | ServiceRule<never>)[] {
  const ofServices = services.flatMap(({ definition }) => definition.rules ?? [])
  return [...GENERAL_RULES, ...(ofServices as readonly ServiceRule<never>[])] // asked with their own service's options
    .toSorted((a, b) => (a.code < b.code ? -1 : 1))
}

/** What the rules on a deployment itself say of it. */
export function judgePlan(deployment: Deployment): readonly Judged[] {
  return GENERAL_RULES.flatMap((rule) =>
    'checkPlan' in rule ? judge(rule, rule.checkPlan(deployment.input), deployment) : [],
  )
}

/** What the rules on all that follows from a deployment say, and those of the services that it names or has. */
export function judgeTopology(
  topology: Topology,
  services: readonly Service[],
  optionsOf: (service: Service) => unknown,
): readonly Judged[] {
  const { deployment } = topology
  const named = new Map<string, unknown>(Object.entries(deployment.input.services))
  return [
    ...GENERAL_RULES.flatMap((rule) =>
      'check' in rule ? judge(rule, rule.check(topology), deployment) : [],
    ),
    ...services
      .filter(({ definition: { name } }) => named.get(name) !== undefined || topology.service(name))
      .flatMap((service) =>
        (service.definition.rules ?? []).flatMap((rule) =>
          judge(rule, rule.check(optionsOf(service), topology), deployment),
        ),
      ),
  ]
}

function judge(rule: RuleText, violations: readonly Violation[], { input }: Deployment): readonly Judged[] {
  return violations.map((violation) => ({
    rule,
    violation,
    waiver: (input.waivers ?? []).find(
      (waiver) => waiver.rule === rule.code && (waiver.of === undefined || waiver.of === violation.subject),
    ),
  }))
}

/** Reports what no waiver accepts. */
export function reportJudged(judged: readonly Judged[], deployment: Deployment, report: Report): void {
  for (const { rule, violation, waiver } of judged)
    if (!waiver)
      report[rule.severity](
        rule.code,
        violation.message,
        causeOf(deployment, violation.at),
        violation.hint ?? rule.wayOut,
        violation.subject,
      )
}

/**
 * Reports waivers of rules that there are not, and of cases that do not occur (any more). A waiver that a deployment has from
 * the one it changes is judged there: what it leaves out may have been the reason for it.
 */
export function reportWaivers(
  judged: readonly Judged[],
  deployment: Deployment,
  services: readonly Service[],
  report: Report,
): void {
  const codes = new Set(rulesOf(services).map(({ code }) => code))
  const used = new Set(judged.map(({ waiver }) => waiver))
  // Those that a deployment has from the one that it changes are judged there: a rehearsal may leave out what they are for.
  const inherited = new Set(deployment.base?.input.waivers)
  for (const [index, waiver] of (deployment.input.waivers ?? []).entries()) {
    if (inherited.has(waiver)) continue
    const place = causeOf(deployment, ['waivers', index])
    if (!codes.has(waiver.rule)) {
      const near = nearest(waiver.rule, [...codes])
      report.error(
        'unknown-rule',
        `A waiver names the rule "${waiver.rule}", which there is not.${near === undefined ? '' : ` Did you mean ${near}?`}`,
        place,
        '`rolewright check --explain` lists all rules.',
      )
    } else if (!used.has(waiver)) {
      const { message, hint } = unused(waiver, judged)
      report.warning('unused-waiver', message, place, hint)
    }
  }
}

/** What to say of a waiver that accepts nothing: cases that nobody accepts may be what it was meant for. */
function unused({ rule, of }: WaiverInput, judged: readonly Judged[]) {
  const cases = judged.filter((one) => one.rule.code === rule)
  const open = cases.filter(({ waiver }) => !waiver).map(({ violation }) => violation.subject)
  const what = `The waiver of ${rule}${of === undefined ? '' : ` for ${of}`} accepts nothing`
  if (of !== undefined && open.length > 0)
    return {
      message: `${what}: no case of the rule is about ${of}.`,
      hint: `Nobody accepts its cases about: ${[...new Set(open)].join(', ')}.`,
    }
  const other = cases.some(
    ({ waiver }) => waiver && (of === undefined || waiver.of === undefined || waiver.of === of),
  )
  return {
    message: other ? `${what}: another waiver accepts the same.` : `${what}: the rule holds there.`,
    hint: 'Take it out, so that it does not hide a case that comes later.',
  }
}
