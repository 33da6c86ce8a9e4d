import type { CompiledDeployment } from '../compile/deployment.ts'
import type { CompiledDocument } from '../compile/documents.ts'
import { nearest } from '../compile/nearest.ts'
import type { CallSite } from '../dsl/source.ts'
import { CannotRun, type Finding, type SourceLocation } from '../finding.ts'
import type { Checkout } from './checkout.ts'

/** Where a deployment's variables for MDAD lie. */
const VARIABLES = /^matrix\/[^/]+\/host_vars\/[^/]+\/vars\.yml$/
const MIGRATION = 'matrix_playbook_migration_validated_version'
/** Variables of Ansible's own, and of connections: no role declares them. */
const OF_ANSIBLE = /^ansible_/

/** Where an author wrote a key of a document. */
export type LocateKey = (site: CallSite | undefined, key: string) => SourceLocation | undefined

interface Given {
  readonly key: string
  readonly value: unknown
  readonly site: CallSite | undefined
}

/** What became of a check. */
export interface MdadCheck {
  /** How many different variables deployments give. */
  readonly names: number
  /** How many of them belong to roles that the checkout lacks. */
  readonly notLookedUp: number
  readonly findings: readonly Finding[]
}

/** What a checkout of MDAD has to say about the variables that deployments give it. Throws `CannotRun` where none does. */
export function checkMdad(
  deployments: readonly CompiledDeployment[],
  checkout: Checkout,
  locate: LocateKey,
): MdadCheck {
  const documents = deployments.flatMap(({ documents }) => documents).filter(isVariables)
  if (documents.length === 0)
    throw new CannotRun(
      'No deployment has variables for matrix-docker-ansible-deploy.',
      'Give one the service "matrix".',
    )
  const given = documents.flatMap(({ entries }) => entries)
  // Deployments that share a service say the same in the same place.
  const unique = [...new Map(given.map((entry) => [`${entry.key}\0${String(entry.value)}`, entry])).values()]
  const names = [...new Set(unique.map(({ key }) => key))]
  return {
    names: names.length,
    notLookedUp: notLookedUp(names, checkout).length,
    findings: [
      ...missingRoles(names, checkout),
      ...unique.flatMap((entry) => {
        const finding = findingOf(entry, checkout)
        const location = finding && locate(entry.site, entry.key)
        return finding ? [{ ...finding, ...(location ? { location } : {}) }] : []
      }),
    ],
  }
}

type Variables = Extract<CompiledDocument, { readonly entries: unknown }>
const isVariables = (document: CompiledDocument): document is Variables =>
  'entries' in document && VARIABLES.test(document.path)

function findingOf({ key, value }: Given, checkout: Checkout): Finding | undefined {
  const error = (code: string, message: string, hint?: string): Finding => ({
    code,
    severity: 'error',
    message,
    ...(hint ? { hint } : {}),
  })
  const gone = checkout.removed.find(({ pattern }) => pattern.test(key))
  if (gone) {
    const successor = gone.successor(key)
    return error(
      'mdad-renamed-variable',
      `MDAD fails on ${key}, which it does not have any more (${gone.file}).`,
      successor === undefined ? undefined : `Its successor: ${successor}`,
    )
  }
  const fixedBy = checkout.fixed.get(key)
  if (fixedBy)
    return error('mdad-fixed-variable', `MDAD sets ${key} itself in ${fixedBy}, and an inventory cannot.`)
  if (!isKnown(key, checkout) && !isUnchecked(key, checkout)) {
    const guess = nearest(key, [...checkout.known])
    return error(
      'mdad-unknown-variable',
      `MDAD has no variable ${key}.`,
      guess === undefined ? undefined : `Did you mean ${guess}?`,
    )
  }
  if (key === MIGRATION && checkout.migration !== undefined && value !== checkout.migration)
    return error(
      'mdad-migration',
      `MDAD wants ${MIGRATION} to be ${checkout.migration}; it is ${String(value)}.`,
      'Read what its CHANGELOG.md says of the versions between, change what it asks for, then set it.',
    )
  return undefined
}

/** What the playbooks only mention has its default in a role: nobody's, where all roles are there. */
const isKnown = (key: string, { known, mentioned, missingRoles }: Checkout): boolean =>
  known.has(key) || (missingRoles.length > 0 && mentioned.has(key)) || OF_ANSIBLE.test(key)

/** It begins as the variables of a role that is not there. */
const isUnchecked = (key: string, { missingRoles }: Checkout): boolean =>
  missingRoles.some(({ prefixes }) => prefixes.some((prefix) => key.startsWith(prefix)))

/** Names that only roles know which are not there. */
function notLookedUp(keys: readonly string[], checkout: Checkout): readonly string[] {
  if (checkout.missingRoles.length === 0) return []
  return keys.filter(
    (key) => !checkout.known.has(key) && (checkout.mentioned.has(key) || isUnchecked(key, checkout)),
  )
}

/** Without its roles a checkout knows less than it should. */
function missingRoles(keys: readonly string[], checkout: Checkout): readonly Finding[] {
  const names = notLookedUp(keys, checkout)
  if (names.length === 0) return []
  return [
    {
      code: 'mdad-roles-missing',
      severity: 'warning',
      message: `The checkout lacks ${checkout.missingRoles.length} of the roles that it fetches; not looked up there: ${names.join(', ')}.`,
      hint: 'Run `just roles` in the checkout, and check again.',
    },
  ]
}
