#!/usr/bin/env node
// Starts the command line from `dist/`, after bundling it anew where a source is younger.
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const home = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(home, 'dist/cli.js')

/** The newest change below a folder, in milliseconds. */
function newest(folder) {
  let latest = statSync(folder).mtimeMs
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    // The modules' types are bundled with what authors write, not with the program.
    if (entry.isDirectory() && entry.name !== 'modules') latest = Math.max(latest, newest(path))
    else if (entry.name.endsWith('.ts')) latest = Math.max(latest, statSync(path).mtimeMs)
  }
  return latest
}

const built = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0
if (built < newest(join(home, 'src'))) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: home,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // One file is read faster than a library's hundreds. These two are programs that have to find their own files.
    external: ['esbuild', 'ts-morph'],
    // What libraries written as CommonJS call.
    banner: {
      js: "import $module from 'node:module'; const require = $module.createRequire(import.meta.url)",
    },
    sourcemap: true,
    logLevel: 'error',
    // What a service of the lab runs on its own is a program of its own.
    loader: { '.py': 'text' },
  })
}
const { main } = await import(pathToFileURL(target).href)
process.exitCode = await main(process.argv.slice(2))
