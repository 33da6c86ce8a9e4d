import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isScalar, isSeq, parse, parseDocument, visit } from 'yaml'
import { z } from 'zod'
import { CannotRun } from '../finding.ts'

/** What a checkout of matrix-docker-ansible-deploy (MDAD) says of variables. */
export interface Checkout {
  /** Variables with a default, which an inventory may set. */
  readonly known: ReadonlySet<string>
  /** Variables that an inventory cannot set, with the file that sets them with higher precedence. */
  readonly fixed: ReadonlyMap<string, string>
  readonly removed: readonly Removed[]
  /** Roles that are fetched separately and are not there, with what their variables' names begin with. */
  readonly missingRoles: readonly MissingRole[]
  /** Names in the playbooks' own wiring, which mentions variables of roles that are not there. */
  readonly mentioned: ReadonlySet<string>
  /** The migration that its playbook wants to be confirmed. */
  readonly migration: string | undefined
}

export interface MissingRole {
  readonly name: string
  readonly prefixes: readonly string[]
}

/** A variable, or all that match a pattern, on which the playbook fails. */
export interface Removed {
  readonly pattern: RegExp
  /** The name that it has now, or in the playbook's own words what became of it. */
  readonly successor: (name: string) => string | undefined
  readonly file: string
}

const WIRING = 'group_vars/matrix_servers'
/** Keys at the top of a file: what stands deeper, or in a block of text, is indented. */
const TOP_KEY = /^([A-Za-z_]\w*)\s*:/gm
const PATTERN = /varnames',\s*'(\^[^']+)'/g
const RENAMED_PREFIXES = [
  /\b(\w+_)\*[^*\n]*?(?:->|\brenamed? to\b)[^*\n]*?\b(\w+_)\*/,
  /`(\w+_)`\s*->\s*`(\w+_)`/,
]

/** A role that a requirements.yml names. */
const requirement = z
  .object({ name: z.string(), src: z.string(), activation_prefix: z.string() })
  .partial()
  .catch({})

/** Reads a checkout of MDAD. Throws `CannotRun` where the folder holds none. */
export function readCheckout(folder: string): Checkout {
  const text = (path: string) => readFileSync(join(folder, path), 'utf8')
  const wiring = filesBelow(folder, WIRING)
  const roles = ['roles/custom', 'roles/galaxy'].flatMap((parent) =>
    foldersIn(join(folder, parent)).map((role) => `${parent}/${role}`),
  )
  if (wiring.length === 0 || roles.length === 0)
    throw new CannotRun(
      `${folder} is no checkout of matrix-docker-ansible-deploy: it has no ${WIRING}, or no roles.`,
      'Name the folder in which its setup.yml lies.',
    )
  const keysOf = (path: string) => [...text(path).matchAll(TOP_KEY)].map((match) => match[1] ?? '')
  const ofRoles = (part: string) => roles.flatMap((role) => yamlBelow(folder, `${role}/${part}`))
  const playbooks = [
    ...wiring,
    ...['setup.yml', 'requirements.yml'].filter((f) => existsSync(join(folder, f))),
  ]
  return {
    known: new Set([...wiring, ...ofRoles('defaults')].flatMap(keysOf)),
    fixed: new Map(ofRoles('vars').flatMap((path) => keysOf(path).map((name) => [name, path] as const))),
    removed: ofRoles('tasks').flatMap((path) => removedIn(path, text(path))),
    missingRoles: missingIn(folder, roles),
    mentioned: new Set(playbooks.flatMap((path) => text(path).match(/[A-Za-z_]\w+/g) ?? [])),
    migration: ofRoles('defaults')
      .map((path) => /^matrix_playbook_migration_expected_version:\s*["']?([^"'\s]+)/m.exec(text(path))?.[1])
      .find((version) => version !== undefined),
  }
}

/** What a file of tasks says to have been renamed: in lists of `old` and `new`, or by a pattern of names in a condition. */
function removedIn(file: string, text: string): readonly Removed[] {
  if (!/\bold['"]?:|varnames/.test(text)) return []
  const removed: Removed[] = []
  // Patterns by the fact that holds the names which match, for a condition that asks for the fact.
  const facts = new Map<string, readonly string[]>()
  visit(parseDocument(text, { logLevel: 'silent', uniqueKeys: false }), {
    Map(_key, map) {
      const [old, successor, when] = [map.get('old'), map.get('new'), map.get('when', true)]
      if (typeof old === 'string' && typeof successor === 'string')
        removed.push({ file, pattern: new RegExp(`^${old}$`), successor: () => successor })
      const set = map.get('ansible.builtin.set_fact')
      for (const { key, value } of isMap(set) ? set.items : [])
        facts.set(String(key), patternsIn(isScalar(value) ? String(value.value) : ''))
      const conditions = isSeq(when) ? when.items : [when]
      for (const condition of conditions)
        if (isScalar(condition) && typeof condition.value === 'string')
          for (const pattern of [...patternsIn(condition.value), ...askedIn(condition.value, facts)])
            removed.push({ file, pattern: new RegExp(pattern), successor: renamedBy(messageOf(map)) })
    },
  })
  return removed
}

const patternsIn = (text: string): readonly string[] => [...text.matchAll(PATTERN)].map((m) => m[1] ?? '')

const askedIn = (condition: string, facts: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  [...facts].flatMap(([name, patterns]) => (new RegExp(`\\b${name}\\b`).test(condition) ? patterns : []))

/** The text that a task fails with. */
function messageOf(task: { get(key: string): unknown }): string {
  const options = task.get('ansible.builtin.fail') ?? task.get('fail')
  const message: unknown = isMap(options) ? options.get('msg') : undefined
  return typeof message === 'string' ? message : ''
}

/** `old_*` -> `new_*` in a message, as a function of a name. */
function renamedBy(message: string): (name: string) => string | undefined {
  const [, from, to] = RENAMED_PREFIXES.flatMap((pattern) => pattern.exec(message) ?? [])
  return (name) =>
    from !== undefined && to !== undefined && name.startsWith(from) ? to + name.slice(from.length) : undefined
}

/** Roles that the playbook fetches, and that were not fetched. */
function missingIn(folder: string, roles: readonly string[]): readonly MissingRole[] {
  const path = join(folder, 'requirements.yml')
  if (!existsSync(path)) return []
  const wanted: unknown = parse(readFileSync(path, 'utf8'))
  return (Array.isArray(wanted) ? wanted : []).flatMap((entry: unknown) => {
    const { name, src, activation_prefix: prefix } = requirement.parse(entry)
    if (name === undefined || roles.includes(`roles/galaxy/${name}`)) return []
    // Variables begin with the name that the role has here, or with that of its repository.
    const own = /role[.-]([\w.-]+?)(?:\.git)?$/.exec(src ?? '')?.[1]?.replaceAll('-', '_')
    const names = [name, ...(own === undefined ? [] : [own])].flatMap((each) => [
      `${each}_`,
      `devture_${each}_`,
    ])
    return [{ name, prefixes: [...new Set([...names, ...(prefix === undefined ? [] : [prefix])])] }]
  })
}

const foldersIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : []

/** A file, or all files of a folder, relative to the checkout and sorted; none where there is nothing. */
function filesBelow(folder: string, path: string): readonly string[] {
  const full = join(folder, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full, { recursive: true, encoding: 'utf8' })
    .map((name) => `${path}/${name}`)
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}

const yamlBelow = (folder: string, path: string) =>
  filesBelow(folder, path).filter((name) => /\.ya?ml$/.test(name))
