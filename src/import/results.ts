import type { DocResult } from './ansible.ts'
import { byName, type ResultField, type ResultType } from './model.ts'
import { COMMON_RESULTS, type ModulePolicy } from './policy.ts'

const UNKNOWN: ResultType = { kind: 'unknown' }
const SCALARS: Readonly<Record<string, ResultType>> = {
  str: { kind: 'string' },
  path: { kind: 'string' },
  int: { kind: 'number' },
  float: { kind: 'number' },
  bool: { kind: 'boolean' },
}
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The type of a documented sample: most lists are documented without the type of their items. */
function sampled(sample: unknown): ResultType {
  if (typeof sample === 'string') return { kind: 'string' }
  if (typeof sample === 'number') return { kind: 'number' }
  if (typeof sample === 'boolean') return { kind: 'boolean' }
  if (Array.isArray(sample)) return { kind: 'list', of: sample.length > 0 ? sampled(sample[0]) : UNKNOWN }
  if (typeof sample !== 'object' || sample === null) return UNKNOWN
  const entries = Object.entries(sample).filter(([name]) => IDENTIFIER.test(name)) // some say `...: ...`
  if (entries.length === 0) return { kind: 'map', of: UNKNOWN }
  return {
    kind: 'object',
    fields: entries.sort(byName).map(([name, value]) => ({ name, type: sampled(value) })),
  }
}

function itemsOf(result: DocResult, policy: ModulePolicy | undefined): ResultType {
  if (result.contains) return fieldsOrMap(result.contains, policy)
  const scalar = SCALARS[result.elements ?? '']
  if (scalar) return scalar
  return Array.isArray(result.sample) && result.sample.length > 0 ? sampled(result.sample[0]) : UNKNOWN
}

function fieldsOrMap(
  contains: Readonly<Record<string, DocResult>>,
  policy: ModulePolicy | undefined,
): ResultType {
  // `getent_<database>` stands for many keys.
  if (Object.keys(contains).some((name) => !IDENTIFIER.test(name))) return { kind: 'map', of: UNKNOWN }
  return { kind: 'object', fields: fieldsOf(contains, policy) }
}

function typeOf(name: string, result: DocResult, policy: ModulePolicy | undefined): ResultType {
  const map = policy?.maps?.[name]
  if (map && result.contains) {
    const of = fieldsOrMap(result.contains, policy)
    return { kind: 'map', of: map === 'map' ? of : { kind: 'list', of } }
  }
  const scalar = SCALARS[result.type ?? '']
  if (scalar) return scalar
  if (result.type === 'list') return { kind: 'list', of: itemsOf(result, policy) }
  if (result.contains) return fieldsOrMap(result.contains, policy)
  // Samples of maps show some keys of many, so that they type nothing.
  return result.type === 'dict' ? { kind: 'map', of: UNKNOWN } : UNKNOWN
}

function fieldsOf(
  results: Readonly<Record<string, DocResult>>,
  policy: ModulePolicy | undefined,
): readonly ResultField[] {
  return Object.entries(results)
    .sort(byName)
    .map(([name, result]) => ({ name, type: typeOf(name, result, policy) }))
}

const LINES: ResultType = { kind: 'list', of: { kind: 'string' } }

/** What a module returns beyond what all of them return. */
export function importResults(
  results: Readonly<Record<string, DocResult>>,
  policy: ModulePolicy | undefined,
): readonly ResultField[] {
  const fields = new Map(fieldsOf(results, policy).map((field) => [field.name, field]))
  // Ansible itself adds the lines wherever a module gives the text.
  for (const name of ['stdout', 'stderr']) {
    if (fields.has(name)) fields.set(`${name}_lines`, { name: `${name}_lines`, type: LINES })
  }
  for (const name of COMMON_RESULTS) fields.delete(name)
  return [...fields].sort(byName).map(([, field]) => field)
}
