import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CannotRun, type Finding } from '../finding.ts'
import type { AnsibleTools } from '../import/ansible.ts'
import { findDrift } from '../import/drift.ts'
import { importFromAnsible } from '../import/import.ts'
import { LOCK_PATH, parseLock } from '../import/lock.ts'

export interface ImportOptions {
  /** Compare with what is committed, and write nothing. */
  readonly check?: boolean
  /** The project's root. */
  readonly root: string
  readonly ansible: AnsibleTools
}

/** What `rolewright import module` did. */
export interface ImportReport {
  /** Every module that is imported now, by its fully qualified name. */
  readonly modules: readonly string[]
  /** Files that were written, relative to the root; those that were right already are not among them. */
  readonly written: readonly string[]
  /** `module-drift`, with `check` only. */
  readonly findings: readonly Finding[]
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The whole file or nothing: readers never see half of it. */
function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const next = `${path}.new`
  writeFileSync(next, text)
  renameSync(next, path)
}

/**
 * Import Ansible's modules as typed functions into src/modules, beside those that were imported before; without names,
 * import the latter again. All of them come from one Ansible, so that all are asked for each time (about three seconds).
 * Throws CannotRun when Ansible cannot be asked, does not know a module, or when there is nothing to import.
 */
export async function importModules(fqcns: readonly string[], options: ImportOptions): Promise<ImportReport> {
  const { root, ansible, check = false } = options
  const text = readText(join(root, LOCK_PATH))
  const locked = text === undefined ? undefined : parseLock(text)
  const modules = [...new Set([...Object.keys(locked?.modules ?? {}), ...fqcns])].sort()
  if (check && !locked)
    throw new CannotRun(`There is no ${LOCK_PATH} to check.`, 'Run `rolewright import module <fqcn…>` first.')

  const fresh = await importFromAnsible(modules, ansible)
  const onDisk = (path: string) => readText(join(root, path))
  if (check && locked) return { modules, written: [], findings: findDrift(locked, fresh, onDisk) }

  const written = [...fresh.files].filter(([path, content]) => onDisk(path) !== content)
  for (const [path, content] of written) writeWhole(join(root, path), content)
  return { modules, written: written.map(([path]) => path), findings: [] }
}
