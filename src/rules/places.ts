import type { DeploymentInput } from '../topology/deployment.ts'
import type { Place } from '../topology/rule.ts'

/** Where a service's options say this, such as the name of a host; the service itself where they do not. */
export function placeIn(input: DeploymentInput, service: string, value: string): Place {
  const options = optionsIn(input).get(service)
  return ['services', service, ...(keysTo(options, value) ?? [])]
}

/** The same of the first of several services that says it, else of the first one that is named: others follow by themselves. */
export function placeOfFirst(input: DeploymentInput, services: readonly string[], value: string): Place {
  const named = services.filter((service) => optionsIn(input).has(service))
  const places = named.map((service) => placeIn(input, service, value))
  return places.find((place) => place.length > 2) ?? places[0] ?? ['services']
}

/** Every text in the options of a service, which names hosts, virtual IPs and more. */
export const textsIn = (input: DeploymentInput, service: string): ReadonlySet<string> =>
  new Set(textsOf(optionsIn(input).get(service)))

const optionsIn = ({ services }: DeploymentInput): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>(Object.entries(services))

// Options are what somebody wrote: an object may be inside of itself.

function textsOf(value: unknown, outer: readonly unknown[] = []): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || outer.includes(value)) return []
  return Object.values(value).flatMap((inner) => textsOf(inner, [...outer, value]))
}

function keysTo(
  value: unknown,
  wanted: string,
  outer: readonly unknown[] = [],
): readonly (string | number)[] | undefined {
  if (value === wanted) return []
  if (typeof value !== 'object' || value === null || outer.includes(value)) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const rest = keysTo(inner, wanted, [...outer, value])
    if (rest) return [key, ...rest]
  }
  return undefined
}

/** `a`, `a and b`, `a, b and c`. */
export const listed = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join()
