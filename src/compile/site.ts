import { AUTHOR_SCRIPT, type CallSite } from '../dsl/source.ts'

/** Where in the author's code a thrown error came from, by its stack. */
export function siteOf(error: unknown): CallSite | undefined {
  const match = error instanceof Error ? /rolewright:author:(\d+):(\d+)/.exec(error.stack ?? '') : null
  return match ? { file: AUTHOR_SCRIPT, line: Number(match[1]), column: Number(match[2]) } : undefined
}
