/** Where the author's code was when it called into the language: a place in the loaded bundle, mapped to the file only when somebody asks. */
export interface CallSite {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The name under which the loader evaluates what authors wrote; frames of other files are the language's own. */
export const AUTHOR_SCRIPT = 'rolewright:author'

/** Frames are cheap, deep stacks are not: the author's call is never further away than this. */
const FRAMES = 10

/**
 * The nearest call site in an author's file, or the nearest outside `src/dsl` when the code was not loaded by us
 * (tests import roles directly). Undefined where there is none.
 */
export function captureCallSite(): CallSite | undefined {
  const limit = Error.stackTraceLimit
  const prepare = Error.prepareStackTrace
  Error.stackTraceLimit = FRAMES
  Error.prepareStackTrace = (_error, frames) => frames
  const holder: { stack?: unknown } = {}
  Error.captureStackTrace(holder, captureCallSite)
  // V8 hands the frames through as they are, which the type of `stack` does not know.
  const frames = holder.stack as NodeJS.CallSite[]
  Error.prepareStackTrace = prepare
  Error.stackTraceLimit = limit
  const frame = frames.find((f) => f.getFileName() === AUTHOR_SCRIPT)
  if (!frame) return undefined
  return { file: AUTHOR_SCRIPT, line: frame.getLineNumber() ?? 1, column: frame.getColumnNumber() ?? 1 }
}
