import type { CallSite } from '../dsl/source.ts'
import type { Deployment, HostInput, NetworkInput } from './deployment.ts'
import type { Place } from './rule.ts'

/** A call in an author's file, and keys in its arguments. */
export interface Cause {
  readonly site: CallSite | undefined
  readonly keys: Place
}

/**
 * The call that decided what stands at a place of a deployment. A deployment that changes another one decided what
 * differs from it; a host and a network are calls of their own.
 */
export function causeOf(deployment: Deployment, place: Place): Cause {
  const { input, base, site } = deployment
  if (base && sameAt(input, base.input, place)) return causeOf(base, place)
  const [list, name = '', ...keys] = place
  const call: HostInput | NetworkInput | undefined =
    list === 'hosts' ? input.hosts[name] : list === 'networks' ? input.networks[name] : undefined
  // What a derived deployment changes of a host stands in its own call.
  const changed = base && list === 'hosts' && Object.hasOwn(base.input.hosts, name)
  return call?.site && !changed ? { site: call.site, keys } : { site, keys: place }
}

function sameAt(one: unknown, other: unknown, place: Place): boolean {
  const [a, b] = [valueAt(one, place), valueAt(other, place)]
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function valueAt(value: unknown, place: Place): unknown {
  const [key, ...rest] = place
  if (key === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return valueAt(value[key as keyof typeof value], rest) // just seen to be its own
}
