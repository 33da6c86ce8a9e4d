/** A place in a source file. `file` is relative to the project's root; `line` and `column` count from 1. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One thing that is wrong, told to the person who can mend it. Findings are data: they are collected, never thrown. */
export interface Finding {
  /** Stable and kebab-case (`unknown-option`), or a rule's code (`DB-003`). Tools may rely on it. */
  readonly code: string
  readonly severity: 'error' | 'warning'
  /** What is wrong, naming the thing. One sentence, one line. */
  readonly message: string
  /** Where a rule does not hold: the host, service, virtual IP or network that a waiver of this case names in `of`. */
  readonly subject?: string
  /** The way out. One line. */
  readonly hint?: string
  readonly location?: SourceLocation
  /** Keys in the arguments of the call at `location`, to which the place is narrowed before anybody sees it. */
  readonly keys?: readonly (string | number)[]
}

/** A failure that is no finding: the program could not run at all (exit code 2). Its message is for the user as it stands. */
export class CannotRun extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.name = 'CannotRun'
    this.hint = hint
  }
}
