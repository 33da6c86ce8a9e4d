import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { z } from 'zod'

/** Something on a host that is other than the deployment says. */
export interface Drift {
  readonly host: string
  /** As Ansible prints it: `role : name`. */
  readonly task: string
  /** The task's place: an absolute path and a line. */
  readonly path: string
  readonly line: number
  /** The item of a loop, where the task has one. */
  readonly item: string | undefined
  /** Unified diffs of what would become of it; none where the task shows none. */
  readonly diffs: readonly string[]
  /** Whether the task shows nothing since a secret flows into it. */
  readonly censored: boolean
}

/** What a check run said, and on which hosts it did not come to its end. */
export interface DriftReport {
  readonly drifts: readonly Drift[]
  readonly failed: readonly { readonly host: string; readonly task: string; readonly message: string }[]
  /** Hosts that were looked at. */
  readonly hosts: readonly string[]
}

const side = z.union([z.string(), z.record(z.string(), z.unknown())]).optional()
const diff = z.looseObject({
  before: side,
  after: side,
  before_header: z.string().optional(),
  prepared: z.string().optional(),
})
const diffs = z
  .union([diff, z.array(diff)])
  .optional()
  .transform((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]))
const outcome = z.looseObject({
  changed: z.boolean().optional(),
  failed: z.boolean().optional(),
  unreachable: z.boolean().optional(),
  skipped: z.boolean().optional(),
  msg: z.unknown().optional(),
  censored: z.string().optional(),
  diff: diffs,
})
const result = outcome.extend({
  results: z.array(outcome.extend({ _ansible_item_label: z.unknown().optional() })).optional(),
})
const output = z.object({
  plays: z.array(
    z.object({
      tasks: z.array(
        z.object({
          task: z.object({ name: z.string(), path: z.string() }),
          hosts: z.record(z.string(), result),
        }),
      ),
    }),
  ),
  stats: z.record(z.string(), z.looseObject({})),
})

/**
 * Reads what `ansible-playbook --check --diff` wrote with the callback `ansible.posix.json`. Text before the first brace is
 * of whatever started it. Throws a `SyntaxError` or a `ZodError` for anything else.
 */
export function readDrift(text: string): DriftReport {
  const { plays, stats } = output.parse(JSON.parse(text.slice(text.search(/^\{/m))))
  const all = plays.flatMap(({ tasks }) =>
    tasks.flatMap(({ task, hosts }) =>
      Object.entries(hosts).map(([host, found]) => ({ host, task, found, ...placeOf(task.path) })),
    ),
  )
  return {
    hosts: Object.keys(stats).sort(),
    failed: all
      .filter(({ found }) => found.failed || found.unreachable)
      .map(({ host, task, found }) => ({ host, task: task.name, message: String(found.msg ?? 'it failed') })),
    drifts: all
      .filter(({ found }) => found.changed)
      .flatMap(({ host, task, found, path, line }): readonly Drift[] => {
        const at = { host, task: task.name, path, line, censored: found.censored !== undefined }
        if (!found.results) return [{ ...at, item: undefined, diffs: found.diff.flatMap(patchOf) }]
        return found.results
          .filter(({ changed }) => changed)
          .map((one) => ({
            ...at,
            item: labelOf(one['_ansible_item_label']),
            diffs: one.diff.flatMap(patchOf),
          }))
      }),
  }
}

function placeOf(path: string): { readonly path: string; readonly line: number } {
  const [, file = path, line = '1'] = /^(.*):(\d+)$/.exec(path) ?? []
  return { path: file, line: Number(line) }
}

const labelOf = (label: unknown): string =>
  typeof label === 'string' ? label : (JSON.stringify(label) ?? '')

/** Ansible's two sides, which are texts or, of a file's owner and mode, maps. */
function patchOf(of: z.infer<typeof diff>): readonly string[] {
  if (of.prepared !== undefined) return [of.prepared]
  const [before, after] = [of.before, of.after].map(textOf)
  if (before === after) return []
  return [
    createTwoFilesPatch(
      of.before_header ?? 'on the host',
      // What comes is a temporary file of Ansible's own.
      of.before_header ?? 'as it would be',
      before ?? '',
      after ?? '',
      undefined,
      undefined,
      { context: 2, headerOptions: FILE_HEADERS_ONLY },
    ),
  ]
}

const textOf = (value: z.infer<typeof side>): string =>
  value === undefined
    ? ''
    : typeof value === 'string'
      ? value
      : Object.entries(value)
          .map(([key, inner]) => `${key}: ${typeof inner === 'string' ? inner : JSON.stringify(inner)}\n`)
          .join('')
