import { renameSync, writeFileSync } from 'node:fs'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import { ansibleTool } from './ansible-tool.ts'

/** Files that stock ansible-vault encrypts. */
export interface Vault {
  readonly decrypt: (file: string) => Promise<string>
  readonly write: (file: string, text: string) => Promise<void>
}

export function vaultOf(root: string, passwordFile: string): Vault {
  const program = ansibleTool(root, 'ansible-vault')
  const run = async (args: readonly string[], input?: string) => {
    const result = await execa(program, [...args, '--vault-password-file', passwordFile], {
      reject: false,
      env: { LC_ALL: 'C.UTF-8' },
      stripFinalNewline: false,
      ...(input === undefined ? {} : { input }),
    })
    if (result.exitCode !== 0)
      throw new CannotRun(
        `ansible-vault ${args[0]} failed: ${result.stderr || result.shortMessage || 'it could not be started'}`,
        'Is it installed (the second command of README.md brings it), and is the password the right one?',
      )
    return result.stdout
  }
  return {
    decrypt: (file) => run(['decrypt', '--output', '-', file]),
    write: async (file, text) => {
      // The plain text never touches the disk: ansible-vault reads it from its input.
      const encrypted = await run(['encrypt', '--output', '-'], text)
      writeFileSync(`${file}.new`, encrypted, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
  }
}
