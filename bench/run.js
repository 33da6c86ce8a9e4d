// How long a build and a check take, from the command's start: this project, and a deployment of 1,000 hosts. Works in a folder of
// its own below the system's temporary one, and prints a table.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { largeDeployment } from './large.js'

const home = join(dirname(fileURLToPath(import.meta.url)), '..')
const program = join(home, 'bin/rolewright.js')

/** Runs node once and gives the seconds it took. Throws with its output when it fails. */
function run(args, cwd) {
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return (performance.now() - began) / 1000
}

/** Seconds of several runs, the shortest first. `before` is not counted. */
function measure(times, args, cwd, before = () => undefined) {
  return Array.from({ length: times }, () => {
    before()
    return run(args, cwd)
  }).sort((a, b) => a - b)
}

/** A project with this one's roles, and its deployments where no other is given. */
function project(folder, inventory) {
  mkdirSync(join(folder, 'inventory'), { recursive: true })
  // Services read documents of the project.
  for (const part of ['roles-src', 'docs']) cpSync(join(home, part), join(folder, part), { recursive: true })
  if (inventory) writeFileSync(join(folder, 'inventory/large.ts'), inventory)
  else
    cpSync(join(home, 'inventory'), join(folder, 'inventory'), {
      recursive: true,
      // Secrets of a deployment lie below its inventory, too.
      filter: (path) => statSync(path).isDirectory() || path.endsWith('.ts'),
    })
  return folder
}

/** Builds from empty, then with nothing to change; the rows of the table. */
function builds(name, times, folder, deployment) {
  const generated = join(folder, 'generated')
  const empty = measure(times, [program, 'build'], folder, () =>
    rmSync(generated, { recursive: true, force: true }),
  )
  const [files, bytes] = sizeOf(generated)
  const unchanged = measure(times, [program, 'build'], folder)
  const what = `${files} files, ${(bytes / 1e6).toFixed(1)} MB`
  const checked = measure(times, [program, 'check', deployment], folder)
  return [
    row(`build ${name}, from empty`, empty, what),
    row(`build ${name}, unchanged`, unchanged, what),
    row(`check ${deployment}`, checked, ''),
  ]
}

/** Files below a folder and their bytes. */
function sizeOf(folder) {
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : []
  return [
    files.length,
    files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0),
  ]
}

function row(name, sorted, what) {
  const median =
    (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2
  return [name, median, sorted[0], sorted.at(-1)]
    .map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell))
    .concat(String(sorted.length), what)
}

const folder = mkdtempSync(join(tmpdir(), 'rolewright-bench-'))
try {
  // The first start bundles the program where a source is younger; that is no part of a build.
  run([program, '--help'], home)
  const rows = [
    row('node -e 0', measure(10, ['-e', '0'], folder), ''),
    ...builds('this project', 10, project(join(folder, 'this')), 'production'),
    ...builds('1,000 hosts', 3, project(join(folder, 'large'), largeDeployment(1000)), 'large'),
  ]
  const table = [['', 'median s', 'least s', 'most s', 'runs', 'generated'], ...rows]
  const widths = table[0].map((_, i) => Math.max(...table.map((cells) => cells[i].length)))
  const line = (cells) =>
    cells
      .map((cell, i) => (i > 0 && i < 5 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  process.stdout.write(
    `Node ${process.version}, ${cpus().length} processors\n${table.map(line).join('\n')}\n`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
