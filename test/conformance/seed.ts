import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toLine } from '../../roles-src/conformance/reading.ts'
import { root } from '../project/project.ts'

export const SEED = 'docs/seed/architecture.md'
export const bytes = readFileSync(join(root, SEED))
export const lines: readonly string[] = bytes.toString('utf8').split('\n')

/**
 * Lines about the document itself, which state nothing of the deployment: its version and date, that it is to be followed by
 * another one, and the heading of these.
 */
const OF_THE_DOCUMENT = [4, 6, 919, 920, 924]

/** Bold labels that only introduce what follows, such as `**Rationale**:`; one with a figure states something. */
const isLabel = (line: string) => /^\*\*[^*\d]+(?:\*\*:|:\*\*)\s*$/.test(line)
const isRow = (line: string) => line.startsWith('|')

/** Numbers of the lines that state something: rows, items, paragraphs, and lines of blocks with an address, a name, a port or a step. */
export function statementLines(): readonly number[] {
  let fenced = false
  return lines.flatMap((line, index) => {
    if (line.startsWith('```')) {
      fenced = !fenced
      return []
    }
    const states = fenced
      ? // Comments there are headings.
        /[A-Za-z0-9]/.test(toLine(line)) && !line.startsWith('#')
      : toLine(line) !== '' &&
        !/^#|^---$|^\d+\. \[.*\]\(#/.test(line) && // Headings, lines across the page, table of contents.
        !isLabel(line) &&
        !(isRow(line) && (/^[|\s-]+$/.test(line) || /^\|[\s-]+\|/.test(lines[index + 1] ?? '')))
    return states && !OF_THE_DOCUMENT.includes(index + 1) ? [index + 1] : []
  })
}

/** The lines of a section, from its heading to the next one of its level or above; a heading is named by its beginning. */
export function section(heading: string): readonly string[] {
  const begin = lines.findIndex((line) => line.startsWith(heading))
  if (begin < 0) throw new Error(`The seed has no "${heading}"`)
  const level = /^#+/.exec(heading)?.[0].length ?? 0
  const rest = lines.slice(begin + 1)
  const end = rest.findIndex((line) => new RegExp(`^#{1,${level}} `).test(line))
  return rest.slice(0, end < 0 ? undefined : end)
}

/** The cells of the rows of a table below a heading. */
export const rows = (heading: string): readonly (readonly string[])[] =>
  section(heading)
    .filter((line) => isRow(line) && !/^[|\s-]+$/.test(line))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('*', '').trim()),
    )
