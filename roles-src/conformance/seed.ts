import text from '../../docs/seed/architecture.md'
import { linesOf, toLine } from './reading.ts'
import type { Statement } from './statement.ts'

/** Path of the seed in the project. */
export const SEED = 'docs/seed/architecture.md'
const lines = text.split('\n')

/** The lines of a statement that say something, as the seed writes them. */
export function said({ lines: where }: Pick<Statement, 'lines'>): readonly string[] {
  const { first, last } = linesOf(where)
  return lines.slice(first - 1, last).filter((line) => toLine(line) !== '')
}
