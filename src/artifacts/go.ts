import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { CannotRun } from '../finding.ts'
import type { GoBuild } from '../topology/artifact.ts'

/** Where Go gets modules from and keeps them: the machine's own business, and nothing that the outcome depends on. */
const OF_THE_MACHINE = [
  'GOCACHE',
  'GOINSECURE',
  'GOMODCACHE',
  'GONOPROXY',
  'GONOSUMDB',
  'GOPRIVATE',
  'GOPROXY',
  'GOSUMDB',
] as const

/** All that Go's output could depend on beside the sources. Settings of `go env -w` are left out with `GOENV`. */
const environment = ({ go }: GoBuild) => ({
  GOENV: 'off',
  GOTOOLCHAIN: `go${go}`,
  GOOS: 'linux',
  GOARCH: 'amd64',
  GOAMD64: 'v1',
  GOEXPERIMENT: '',
  GOFIPS140: 'off',
  GOWORK: 'off',
  CGO_ENABLED: '0',
  GOFLAGS: '-trimpath -buildvcs=false -mod=readonly',
})

/**
 * Builds a program from its module, as the Go proxy has it and Go's checksum database knows it, or from a folder of the
 * project in `root`.
 */
export async function buildGo(build: GoBuild, root: string, to: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'rolewright-go-'))
  try {
    const asked = await runGo(['env', '-json', ...OF_THE_MACHINE], { cwd: scratch, env: {} })
    const machine: Readonly<Record<string, string>> = JSON.parse(asked) // go's own output
    const env = { ...machine, ...environment(build) }
    const go = (args: readonly string[]) => runGo(args, { cwd: scratch, env })
    const version = await go(['env', 'GOVERSION'])
    if (version.trim() !== `go${build.go}`)
      throw new CannotRun(
        `${originOf(build)} is built with Go ${build.go}; here is ${version.trim()}.`,
        GET_GO,
      )
    const folder =
      build.folder === undefined ? await download(build.module ?? '', go) : join(root, build.folder)
    // In the module's folder and not with `go install`, which refuses modules that replace others.
    const flags = Object.entries(build.variables).map(([name, value]) => ` -X ${name}=${value}`)
    await go(['build', '-C', folder, '-ldflags', `-s -w -buildid=${flags.join('')}`, '-o', to, build.package])
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Where the sources of a program are, for people. */
export const originOf = ({ module, folder }: GoBuild): string => module ?? folder ?? ''

/** The folder of a module, from the proxy. */
async function download(module: string, go: (args: readonly string[]) => Promise<string>): Promise<string> {
  const { Dir: folder }: { readonly Dir: string } = JSON.parse(await go(['mod', 'download', '-json', module])) // go's own output
  return folder
}

const GET_GO = 'Install Go 1.21 or newer, which fetches the version that is asked for.'

async function runGo(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<string> {
  const result = await execa('go', args, { ...options, reject: false })
  if (result.code === 'ENOENT') throw new CannotRun('There is no program `go` here.', GET_GO)
  if (result.exitCode !== 0)
    throw new CannotRun(`\`go ${args.join(' ')}\` failed:\n${reason(result.stdout, result.stderr)}`)
  return result.stdout
}

/** What Go says is wrong; `mod download -json` says it in its data. */
function reason(stdout: string, stderr: string): string {
  const told = /"Error": (".*")/.exec(stdout)?.[1]
  const text = told ? String(JSON.parse(told)) : stderr
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('go: downloading'))
    .slice(0, 10)
    .map((line) => `  ${line}`)
    .join('\n')
}
