import { isDeepStrictEqual } from 'node:util'
import type { CallSite } from '../dsl/source.ts'
import type { Deployment } from './deployment.ts'
import { valueAt } from './issues.ts'
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
  if (base && isDeepStrictEqual(valueAt(input, place), valueAt(base.input, place)))
    return causeOf(base, place)
  const [list, name, ...keys] = place
  const call =
    (list === 'hosts' || list === 'networks') && name !== undefined
      ? siteOf(valueAt(input, [list, name]))
      : undefined
  // What a derived deployment changes of a host stands in its own call.
  const changed =
    base && list === 'hosts' && name !== undefined && valueAt(base.input, [list, name]) !== undefined
  return call && !changed ? { site: call, keys } : { site, keys: place }
}

/** Where a host or a network was called into being; what is none of them has no such place. */
function siteOf(value: unknown): CallSite | undefined {
  const site = valueAt(value, ['site'])
  return typeof valueAt(site, ['file']) === 'string' ? (site as CallSite) : undefined // nobody else writes one
}
