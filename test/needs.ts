import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestOptions } from 'vitest'
import { artifactsFolder } from '../src/lab/layout.ts'
import { ARTIFACT_LOCK, parseArtifactLock } from '../src/topology/artifact.ts'
import { root } from './project/project.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** What the machine lacks, so that the test is skipped. */
    missing?: readonly string[]
  }
}

/** What a test may ask of the machine beside programs, and whether it is there. */
const THINGS = {
  root: () => process.getuid?.() === 0,
  'the pinned Ansible': () =>
    existsSync(join(root, '.venv/bin/ansible')) && !existsSync(join(root, '.venv/fallback')),
  'ansible-vault': () => existsSync(join(root, '.venv/bin/ansible-vault')),
  // The first that fetches the version of Go that a program asks for.
  'go 1.21': () => {
    const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', cwd: '/' })
    return Number(/^go1\.(\d+)/.exec(stdout ?? '')?.[1] ?? 0) >= 21
  },
  // `rolewright artifacts build` makes them, and so does the first `lab deploy`.
  'call-probe and LiveKit': () =>
    artifactFile('call_probe') !== undefined && artifactFile('livekit') !== undefined,
  promtool: () => spawnSync('bash', [join(root, 'tools/promtool.sh')]).status === 0,
} as const satisfies Readonly<Record<string, () => boolean>>

/** The file of an artifact, where it is there and what the lock says. */
export function artifactFile(name: string): string | undefined {
  const entry = parseArtifactLock(readFileSync(join(root, ARTIFACT_LOCK), 'utf8')).artifacts.get(name)
  const file = entry && join(artifactsFolder, entry.file)
  if (!file || !existsSync(file)) return undefined
  return createHash('sha256').update(readFileSync(file)).digest('hex') === entry.sha256 ? file : undefined
}

export type Thing = keyof typeof THINGS | Program
type Program =
  | 'nft'
  | 'iptables-restore'
  | 'ip'
  | 'nsenter'
  | 'unshare'
  | 'mount'
  | 'sysctl'
  | 'named-checkzone'
  | 'openssl'
  | 'turnserver'
  | 'rclone'
  | 'apt-get'
  | 'systemd-analyze'

/** Options of a test or of a group of tests that cannot run without these; what is missing is told at the end of the run. */
export function needs(...things: readonly Thing[]): TestOptions {
  const missing = things.filter((thing) => !isThere(thing))
  return missing.length > 0 ? { skip: true, meta: { missing } } : {}
}

function isThere(thing: Thing): boolean {
  if (thing in THINGS) return THINGS[thing as keyof typeof THINGS]() // it is one of them
  return spawnSync('sh', ['-c', `command -v ${thing}`]).status === 0
}
