import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const VENV = new URL('../../.venv/bin/python', import.meta.url).pathname
const SCRIPT = new URL('../fixtures/compile/undeclared.py', import.meta.url).pathname

/** What Jinja says of a template: the names that it does not declare, or why it refuses it. */
export interface Answer {
  readonly error?: string
  readonly undeclared?: readonly string[]
  /** Names that are set in a branch, of which some are in `undeclared` though nothing reads them. */
  readonly branched?: readonly string[]
}

/** Asks the real Jinja about many templates in one Python process. Throws where Python or Jinja is missing. */
export function askJinja(templates: readonly string[]): readonly Answer[] {
  const python = existsSync(VENV) ? VENV : 'python3'
  const run = spawnSync(python, [SCRIPT], {
    input: JSON.stringify(templates),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (run.error || run.status !== 0)
    throw new Error(
      `${python} with jinja2 is needed to compare with; run tools/setup.sh. ${run.error?.message ?? run.stderr}`,
    )
  return JSON.parse(run.stdout) as readonly Answer[] // the script's own format
}
