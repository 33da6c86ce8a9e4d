/** First and last line of `120` or `120-126`. Throws where it is neither. */
export function linesOf(where: string): { readonly first: number; readonly last: number } {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(where) ?? []
  if (first === undefined || Number(last) < Number(first)) throw new Error(`"${where}" are no lines`)
  return { first: Number(first), last: Number(last) }
}

/** A line of Markdown without what makes it an item, a row, a box or an arrow of a diagram. */
export const toLine = (line: string): string =>
  line
    .replaceAll(/[─┌┐└┘│┬┴▼├┤]/g, ' ')
    .replace(/^\s*(?:[-*]|\d+\.)\s+(?=\S)/, '')
    .replace(/^\s*\|(.*?)\|?\s*$/, '$1')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?:^| )\|(?= |$)/g, ' ·')
    .replaceAll(/\s+/g, ' ')
    .replace(/^[·\s]+|[·\s]+$/g, '')
    .replace(/^v(?: v)*$/, '')
