/** Things of the same key together, each group with its first; in the order of those. */
export function grouped<T>(
  things: readonly T[],
  keyOf: (thing: T) => string,
): readonly (readonly [first: T, group: readonly T[]])[] {
  const groups = new Map<string, { readonly first: T; readonly group: T[] }>()
  for (const thing of things) {
    const known = groups.get(keyOf(thing)) ?? { first: thing, group: [] }
    known.group.push(thing)
    groups.set(keyOf(thing), known)
  }
  return [...groups.values()].map(({ first, group }) => [first, group])
}
