import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import type { Preview, PreviewedFile } from './preview.ts'

/** A file that becomes another one, on all hosts on which the same lines change. */
export interface FileChange {
  /** Absolute, on the hosts. */
  readonly path: string
  readonly what: 'added' | 'removed' | 'changed'
  readonly hosts: readonly string[]
  readonly role: string | null
  readonly task: string
  /** Handlers that it calls. */
  readonly notify: readonly string[]
  /** A unified diff of the first of the hosts; what changes of owner and mode stands above it. Lines around may differ on others. */
  readonly patch: string
}

/** Lines around a change. */
const CONTEXT = 2

/** Which files of which hosts become other ones. A file that is no longer written stays on its hosts as it is. */
export function diffFiles(before: Preview, after: Preview): readonly FileChange[] {
  const [old, now] = [byPlace(before), byPlace(after)]
  const groups = new Map<string, FileChange & { readonly hosts: string[] }>()
  for (const place of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [from, to] = [old.get(place), now.get(place)]
    const file = to ?? from
    if (!file || (from && to && isSame(from, to))) continue
    const { path, role, task, notify, host } = file
    const what = !from ? 'added' : !to ? 'removed' : 'changed'
    const patch = `${rights(from, to)}${unified(path, from?.content, to?.content)}`
    const key = `${path}\0${changedLines(patch)}`
    const group = groups.get(key) ?? { path, what, hosts: [], role, task, notify, patch }
    group.hosts.push(host)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** A patch without the lines around what changes, which may be each host's own. */
const changedLines = (patch: string): string =>
  patch
    .split('\n')
    .filter((line) => !line.startsWith(' ') && !line.startsWith('@@'))
    .join('\n')

const byPlace = ({ files }: Preview) => new Map(files.map((file) => [`${file.path}\0${file.host}`, file]))

const isSame = (one: PreviewedFile, other: PreviewedFile): boolean =>
  one.content.equals(other.content) && rights(one, other) === ''

/** Owner, group and mode where they change, a line for each. */
function rights(from: PreviewedFile | undefined, to: PreviewedFile | undefined): string {
  if (!from || !to) return ''
  return (['owner', 'group', 'mode'] as const)
    .filter((key) => from[key] !== to[key])
    .map((key) => `${key} ${from[key] ?? 'as it is'} → ${to[key] ?? 'as it is'}\n`)
    .join('')
}

/** A unified diff of two contents, of which one may not be there. */
export function unified(path: string, old: Buffer | undefined, now: Buffer | undefined): string {
  if (old && now?.equals(old)) return ''
  if ([old, now].some((content) => content?.includes(0)))
    return `a file of ${old?.length ?? 0} bytes becomes one of ${now?.length ?? 0}\n`
  return createTwoFilesPatch(
    old ? path : '/dev/null',
    now ? path : '/dev/null',
    String(old ?? ''),
    String(now ?? ''),
    undefined,
    undefined,
    { context: CONTEXT, headerOptions: FILE_HEADERS_ONLY },
  )
}
