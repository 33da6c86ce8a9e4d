import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A program of Ansible's: that of `.venv` in the project's folder, else the one that the system finds by its name. */
export function ansibleTool(root: string, name: string): string {
  const own = join(root, '.venv/bin', name)
  return existsSync(own) ? own : name
}
