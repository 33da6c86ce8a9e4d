import type { Finding } from '../finding.ts'
import type { Import } from './import.ts'
import { LOCK_PATH, type ModuleLock } from './lock.ts'

const CODE = 'module-drift'
const finding = (file: string, message: string, hint: string): Finding => ({
  code: CODE,
  severity: 'error',
  message,
  hint,
  location: { file, line: 1, column: 1 },
})

const REIMPORT =
  'Run `rolewright import module` and read what it changed, or install the pinned versions with tools/setup.sh.'
const REWRITE = 'Generated files are never edited: run `rolewright import module`.'

/**
 * Where the installed Ansible and the committed files differ from what was imported.
 * `onDisk` gives the text of a file by its path from the project's root, or undefined.
 */
export function findDrift(
  locked: ModuleLock,
  fresh: Import,
  onDisk: (path: string) => string | undefined,
): readonly Finding[] {
  const findings: Finding[] = []
  const version = (name: string, was: string | undefined, is: string | undefined) => {
    if (was !== is)
      findings.push(
        finding(
          LOCK_PATH,
          `${name} is ${is ?? 'missing'}, the modules were imported from ${was ?? 'none'}.`,
          REIMPORT,
        ),
      )
  }
  version('ansible-core', locked.core, fresh.lock.core)
  for (const name of new Set([...Object.keys(locked.collections), ...Object.keys(fresh.lock.collections)])) {
    if (name !== 'ansible.builtin') version(name, locked.collections[name], fresh.lock.collections[name])
  }
  for (const [fqcn, hash] of Object.entries(fresh.lock.modules)) {
    if (locked.modules[fqcn] !== hash)
      findings.push(finding(LOCK_PATH, `${fqcn} is no longer what was imported.`, REIMPORT))
  }
  if (locked.keywords !== fresh.lock.keywords)
    findings.push(finding(LOCK_PATH, 'Ansible has other keywords than were imported.', REIMPORT))
  // Files follow from all of the above, so that they are worth a word only when it agrees.
  if (findings.length > 0) return findings
  for (const [path, text] of fresh.files) {
    const found = onDisk(path)
    if (found === text) continue
    findings.push(
      finding(path, `${path} is ${found === undefined ? 'missing' : 'not what the import writes'}.`, REWRITE),
    )
  }
  return findings
}
