import { type AnsibleTools, askForKeywords, askForModules } from './ansible.ts'
import { buildModule } from './build-module.ts'
import { keywordTable } from './keywords.ts'
import { digest, LOCK_PATH, lockText, type ModuleLock } from './lock.ts'
import { byName } from './model.ts'
import { policyOf } from './policy.ts'
import { moduleFiles } from './source-files.ts'

/** Everything that an import makes: the lock, and the text of each file by its path from the project's root. */
export interface Import {
  readonly lock: ModuleLock
  readonly files: ReadonlyMap<string, string>
}

const sorted = <T>(record: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(record).sort(byName))

/**
 * Import modules in memory; nothing is written.
 * Throws CannotRun when Ansible cannot be asked, and when it does not know a module.
 */
export async function importFromAnsible(fqcns: readonly string[], ansible: AnsibleTools): Promise<Import> {
  const names = [...new Set(fqcns)].sort()
  const lenders = names.flatMap((fqcn) => policyOf(fqcn)?.resultsOf ?? [])
  const [answers, keywords] = await Promise.all([
    askForModules([...new Set([...names, ...lenders])], ansible),
    askForKeywords(ansible),
  ])
  const modules = names.map((fqcn) => {
    const doc = answers.docs[fqcn] ?? { doc: {} }
    const lender = policyOf(fqcn)?.resultsOf
    return buildModule(fqcn, doc, answers.specs[fqcn] ?? null, lender ? answers.docs[lender] : undefined)
  })
  const table = keywordTable(keywords)
  const lock: ModuleLock = {
    core: answers.core,
    collections: sorted(answers.collections),
    keywords: digest(table),
    modules: Object.fromEntries(modules.map((module) => [module.spec.fqcn, digest(module)])),
  }
  const files = new Map([
    ['src/dsl/keyword-table.ts', table],
    ...[...(await moduleFiles(modules))].map(([path, text]) => [`src/modules/${path}`, text] as const),
    // Last: an import that was killed is repeated, since the lock still tells of the old files.
    [LOCK_PATH, lockText(lock)],
  ])
  return { lock, files }
}
