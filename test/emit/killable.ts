/** Builds in a process of its own, so that it can be killed with SIGKILL: between two steps, or after a time. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execPath as nodePath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** What the child builds. */
export interface Job {
  readonly root: string
  readonly files: Readonly<Record<string, string>>
  /** Kills itself before the call with this number (from 1) that changes the disk. */
  readonly killBefore?: number
  /** What another build writes, from its beginning to its end, before the look with this number (from 1) at the disk. */
  readonly meanwhile?: { readonly before: number; readonly files: Readonly<Record<string, string>> }
}

const CHILD = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
let calls = 0
for (const name of ['openSync', 'writeSync', 'writeFileSync', 'fsyncSync', 'renameSync', 'rmSync', 'rmdirSync', 'mkdirSync']) {
  const original = fs[name]
  fs[name] = (...args) => {
    calls += 1
    if (calls === job.killBefore) process.kill(process.pid, 'SIGKILL')
    return original(...args)
  }
}
let looks = 0
for (const name of ['lstatSync', 'readFileSync', 'readdirSync']) {
  const original = fs[name]
  fs[name] = (...args) => {
    // Who holds the lock looks at what nobody else changes.
    if (job.meanwhile && ++looks === job.meanwhile.before && !fs.readdirSync(job.root).includes('.lock'))
      writeGenerated(new Map(Object.entries(job.meanwhile.files)), { root: job.root })
    return original(...args)
  }
}
syncBuiltinESMExports()
const { writeGenerated } = await import('./disk.mjs')
process.stdout.write('start')
looks = 0
const report = writeGenerated(new Map(Object.entries(job.files)), { root: job.root })
if (report.findings.length > 0) throw new Error(JSON.stringify(report.findings))
process.stdout.write(job.meanwhile && looks < job.meanwhile.before ? ' no such look' : ' end')
`

/** Prepares a folder with the code of the child. */
export function prepareChild(folder: string): string {
  mkdirSync(folder, { recursive: true })
  buildSync({
    entryPoints: [fileURLToPath(new URL('../../src/emit/disk.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'disk.mjs'),
  })
  writeFileSync(join(folder, 'child.mjs'), CHILD)
  return join(folder, 'child.mjs')
}

let jobs = 0

/** How the child ended; `killAfter` is in milliseconds from the moment it begins to write. */
export function runChild(
  child: string,
  job: Job,
  killAfter?: number,
): Promise<'done' | 'killed' | 'no such look'> {
  jobs += 1
  const jobFile = join(dirname(child), `job-${jobs}.json`)
  writeFileSync(jobFile, JSON.stringify(job))
  return new Promise((resolve, reject) => {
    const process = spawn(nodePath, [child, jobFile], { stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    process.stderr.on('data', (data) => {
      errors += data
    })
    let output = ''
    process.stdout.on('data', (data) => {
      output += data
    })
    process.stdout.once('data', () => {
      if (killAfter !== undefined) setTimeout(() => process.kill('SIGKILL'), killAfter)
    })
    process.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve('killed')
      else if (code === 0) resolve(output.endsWith('no such look') ? 'no such look' : 'done')
      else reject(new Error(errors))
    })
  })
}
