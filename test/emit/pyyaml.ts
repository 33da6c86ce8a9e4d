import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Data, Unsafe } from '../../src/emit/data.ts'

export interface Case {
  readonly yaml: string
  readonly expected: Data
}

interface Answer {
  readonly documents: number
  readonly loaders: readonly string[]
  readonly problems: readonly { readonly index: number; readonly loader: string; readonly problem: string }[]
}

/** Python of the project's virtual environment where it exists: the one that Ansible runs on. */
export function findPython(): string {
  const own = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url))
  return existsSync(own) ? own : 'python3'
}

/** What PyYAML reads differently from what was meant, one line per case. */
export function askPyYaml(cases: readonly Case[]): readonly string[] {
  const output = execFileSync(findPython(), [fileURLToPath(new URL('pyyaml.py', import.meta.url))], {
    input: JSON.stringify(cases, (_, value: unknown) =>
      value instanceof Unsafe ? { '!unsafe': value.text } : value,
    ),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  // The script's own contract.
  const answer = JSON.parse(output) as Answer
  if (answer.documents !== cases.length)
    throw new Error(`PyYAML read ${answer.documents} of ${cases.length} documents.`)
  return answer.problems.map(
    ({ index, loader, problem }) => `${loader}: ${problem}\n${JSON.stringify(cases[index]?.yaml)}`,
  )
}
