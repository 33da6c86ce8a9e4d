/** Ports as the kernel prints them: in order, neighbours as a range (`8404,9000-9001`). */
export function portRanges(ports: readonly number[]): string {
  const sorted = [...new Set(ports)].sort((a, b) => a - b)
  const ranges: (readonly [first: number, last: number])[] = []
  for (const port of sorted) {
    const before = ranges.at(-1)
    if (before && before[1] === port - 1) ranges[ranges.length - 1] = [before[0], port]
    else ranges.push([port, port])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
