import text from '../../docs/seed/architecture.md'
import { linesOf, toLine } from './reading.ts'
import type { Statement } from './statement.ts'

/** Path of the seed in the project. */
export const SEED = 'docs/seed/architecture.md'
const spoken = text.split('\n').map(toLine)

/** What a statement says: its lines as the seed writes them, without what makes them rows, items or boxes. */
export function said({ lines }: Pick<Statement, 'lines'>): readonly string[] {
  const { first, last } = linesOf(lines)
  return spoken.slice(first - 1, last).filter((line) => line !== '')
}
