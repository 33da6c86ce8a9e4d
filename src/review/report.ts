import type { Flow } from '../topology/topology.ts'
import type { UnitAction } from './actions.ts'
import type { FileChange } from './files.ts'
import type { PlanChange } from './plan.ts'
import type { Review } from './review.ts'
import type { RoleChange } from './roles.ts'

/** A part of a report: what is listed under one heading. Lines of a diff are a block of their own. */
interface Section {
  readonly title: string
  readonly lines: readonly string[]
  readonly diffs?: readonly { readonly title: string; readonly text: string }[]
}

/** A review for a terminal. Ends with a newline. */
export function asText(review: Review): string {
  const sections = sectionsOf(review).map(({ title, lines, diffs = [] }) =>
    [
      title,
      ...lines.map((line) => `  ${line}`),
      ...diffs.flatMap((diff) => [
        `  ${diff.title}`,
        ...(diff.text === '' ? [] : indented(diff.text, '    ')),
      ]),
    ].join('\n'),
  )
  return `${[`${review.deployment}:`, ...sections].join('\n\n')}\n\n${endOf(review).join('\n')}\n`
}

/** A review as a comment of a pull request. Ends with a newline. */
export function asMarkdown(review: Review): string {
  const sections = sectionsOf(review).map(({ title, lines, diffs = [] }) =>
    [
      `### ${title}`,
      '',
      ...lines.map((line) => `- ${line}`),
      ...(lines.length > 0 && diffs.length > 0 ? [''] : []),
      ...diffs.flatMap(({ title, text }) => [
        ...['<details>', `<summary>${escaped(title)}</summary>`, ''],
        ...[`${fenceOf(text)}diff`, text.trimEnd(), fenceOf(text)],
        ...['', '</details>', ''],
      ]),
    ]
      .join('\n')
      .trimEnd(),
  )
  const [risk = '', ...command] = endOf(review)
  return `${[
    `## rolewright: what changes in ${review.deployment}`,
    `**${risk}**`,
    ...sections,
    ...command.map((line) => `\`\`\`sh\n${line}\n\`\`\``),
  ].join('\n\n')}\n`
}

const indented = (text: string, by: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `${by}${line}`.trimEnd())
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
/** A fence that no line of the text ends. */
const fenceOf = (text: string): string =>
  '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))

/** The line of risk, and the command where there is something to run. */
const endOf = ({ risk, command }: Review): readonly string[] => [
  `Risk: ${risk.level}, since ${risk.because}.`,
  ...(command === '' ? [] : [command]),
]

function sectionsOf(review: Review): readonly Section[] {
  const { roles, broken, plan, files, actions } = review
  return [
    { title: 'Values that the deployment gave, and its roles refuse now', lines: broken },
    ...roles.map(roleSection),
    { title: 'Deployment', lines: planLines(plan) },
    { title: 'Flows opened', lines: plan.flows.opened.map(flowLine) },
    { title: 'Flows closed', lines: plan.flows.closed.map(flowLine) },
    {
      title: 'Sizes',
      lines: plan.sizes.map(
        ({ host, service, size, before, after }) =>
          `${host}: ${size} of ${service} ${before ?? 'was none'} → ${after ?? 'is none'}`,
      ),
    },
    {
      title: 'Files for other tools',
      lines: plan.documents.flatMap(({ path, apply }) => (apply ? [`${path}: ${apply}`] : [])),
      diffs: plan.documents.map(({ path, patch }) => ({ title: `${path}`, text: patch })),
    },
    fileSection(files, plan.hosts),
    {
      title: 'Other tasks that act',
      lines: actions.tasks.map(({ role, task, hosts }) => `${role} : ${task} (${hosts.join(', ')})`),
    },
    { title: 'Services, in this order', lines: unitLines(actions.units) },
  ].filter(({ lines, diffs = [] }) => lines.length + diffs.length > 0)
}

const roleSection = ({ role, what, variables, parts }: RoleChange): Section => ({
  title: what === 'changed' ? `Role ${role}` : `Role ${role} is ${what}`,
  lines: [
    ...variables.map((v) => `${v.breaking ? 'BREAKING ' : ''}variable ${v.variable} ${v.what}: ${v.detail}`),
    ...parts.map(({ kind, name, what }) => `${kind} ${name} ${what}`),
  ],
})

const planLines = ({ hosts, services, secrets }: PlanChange): readonly string[] => [
  ...hosts.added.map((name) => `host ${name} added: everything is installed there`),
  ...hosts.removed.map((name) => `host ${name} removed: it stays as it is, and is no longer looked after`),
  ...services.added.map((name) => `service ${name} added`),
  ...services.removed.map((name) => `service ${name} removed: nothing is undone on its hosts`),
  ...secrets.renamed.map(
    ([from, to]) =>
      `secret ${from} renamed to ${to}: carry its value over in the vault, or it becomes a new one`,
  ),
  ...secrets.added.map((name) => `secret ${name} added: \`rolewright secrets init\` makes it`),
  ...secrets.removed.map((name) => `secret ${name} no longer used`),
]

const flowLine = ({ fromNames, toNames, port, lastPort, protocol, via, service, purpose }: Flow): string =>
  `${fromNames.join(', ')} → ${toNames.join(', ')}${via ? ' (virtual IP)' : ''} ${
    protocol === 'vrrp' ? 'vrrp' : `${port}${lastPort > port ? `-${lastPort}` : ''}/${protocol}`
  } (${service}: ${purpose})`

/** Files of hosts that were and are there; of a new host the names of its files alone, and of one that goes nothing. */
function fileSection(files: readonly FileChange[], hosts: PlanChange['hosts']): Section {
  const on = ({ hosts: of, ...file }: FileChange, isThere: (host: string) => boolean) => {
    const there = of.filter(isThere)
    return there.length > 0 ? [{ ...file, hosts: there }] : []
  }
  const isNew = (host: string) => hosts.added.includes(host)
  return {
    title: 'Files of hosts',
    lines: hosts.added.map(
      (host) =>
        `${host} gets ${files
          .filter((file) => file.hosts.includes(host))
          .map(({ path }) => path)
          .join(', ')}`,
    ),
    diffs: files
      .flatMap((file) => on(file, (host) => !isNew(host) && !hosts.removed.includes(host)))
      .map(fileDiff),
  }
}

const fileDiff = ({ path, what, hosts, patch }: FileChange) => ({
  title: `${path} ${what} on ${hosts.join(', ')}${what === 'removed' ? ' (it is no longer written, and stays there)' : ''}`,
  text: what === 'removed' ? '' : patch,
})

/** A line for each unit, with the hosts on which the same becomes of it. */
function unitLines(units: readonly UnitAction[]): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const { unit, what, notices, host } of units) {
    const key = `${unit} is ${what} on \0; people notice: ${notices}`
    groups.set(key, [...new Set([...(groups.get(key) ?? []), host])])
  }
  return [...groups].map(([key, hosts]) => key.replace('\0', hosts.join(', ')))
}
