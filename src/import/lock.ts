import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CannotRun } from '../finding.ts'

const lockSchema = z.strictObject({
  /** Version of ansible-core. */
  core: z.string(),
  /** Collection → version. */
  collections: z.record(z.string(), z.string()),
  /** SHA-256 of what is known of keywords. */
  keywords: z.string(),
  /** Fully qualified module name → SHA-256 of what was imported of it. */
  modules: z.record(z.string(), z.string()),
})

/** What the files of src/modules were made from. */
export type ModuleLock = Readonly<z.infer<typeof lockSchema>>

/** Where the lock lies, relative to the project's root. */
export const LOCK_PATH = 'src/modules/lock.json'

/** Throws CannotRun when the text is no lock. */
export function parseLock(text: string): ModuleLock {
  try {
    return lockSchema.parse(JSON.parse(text))
  } catch {
    throw new CannotRun(`${LOCK_PATH} cannot be read.`, 'Restore it from version control.')
  }
}

export function lockText(lock: ModuleLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`
}

/** SHA-256 of data whose keys always come in the same order. */
export function digest(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}
