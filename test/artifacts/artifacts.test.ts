import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeArtifact, stateOf } from '../../src/artifacts/artifacts.ts'
import { type ArtifactEntry, parseArtifactLock } from '../../src/topology/artifact.ts'
import { needs } from '../needs.ts'
import { temporaryFolder } from '../project/project.ts'

const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const entry = (rest: object): ArtifactEntry => {
  const { artifacts, problems } = parseArtifactLock(
    JSON.stringify({ tool: { version: '1.0.0', file: 'tool-1.0.0', sha256, ...rest } }),
  )
  expect(problems).toEqual([])
  return artifacts.get('tool') as ArtifactEntry // it was just named
}

describe('an artifact that is fetched', () => {
  const folder = temporaryFolder()
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    if (request.url === '/tool') response.end('hello')
    else response.writeHead(404).end()
  })
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => {
    server.close()
    folder.dispose()
  })
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
  const hello = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'

  it('is kept when it is what the lock says', async () => {
    const tool = entry({ sha256: hello, source: `${address()}/tool` })
    expect(await stateOf(tool, folder.path)).toBe('missing')
    expect(await makeArtifact(tool, folder.path, { root: folder.path })).toBe(hello)
    expect(await stateOf(tool, folder.path)).toBe('there')
  })

  it('is not kept when it is something else, and nothing of it stays behind', async () => {
    const tool = entry({ file: 'other', source: `${address()}/tool` })
    await expect(makeArtifact(tool, folder.path, { root: folder.path })).rejects.toThrow(
      `other: what was fetched has the sha256 ${hello}, and the lock says ${sha256}.`,
    )
    expect(readdirSync(folder.path)).toEqual(['tool-1.0.0'])
  })

  it('says what the server said', async () => {
    const tool = entry({ file: 'gone', source: `${address()}/gone` })
    await expect(makeArtifact(tool, folder.path, { root: folder.path })).rejects.toThrow(
      '/gone could not be fetched: 404 Not Found.',
    )
    expect(readdirSync(folder.path)).toEqual(['tool-1.0.0'])
    expect(asked).toBe(3)
  })

  it('is not fetched while nobody has said what it is', async () => {
    const tool = entry({ file: 'unpinned', sha256: null, source: `${address()}/tool` })
    expect(await stateOf(tool, folder.path)).toBe('unpinned')
    await expect(makeArtifact(tool, folder.path, { root: folder.path })).rejects.toThrow(
      'unpinned has no checksum in the lock yet.',
    )
    expect(await makeArtifact(tool, folder.path, { root: folder.path, anyChecksum: true })).toBe(hello)
  })

  it('is wrong when somebody changed it', async () => {
    writeFileSync(join(folder.path, 'tool-1.0.0'), 'hullo')
    expect(await stateOf(entry({ sha256: hello, source: `${address()}/tool` }), folder.path)).toBe('wrong')
  })
})

const go = execaSync('go', ['env', 'GOVERSION'], { reject: false, cwd: '/' })
const version = go.stdout?.replace(/^go/, '')

describe('an artifact that is built', needs('go 1.21'), () => {
  const scratch = temporaryFolder()
  afterAll(() => {
    vi.unstubAllEnvs()
    // Go's cache of modules is read-only.
    for (const path of readdirSync(scratch.path, { recursive: true, encoding: 'utf8', withFileTypes: true }))
      if (path.isDirectory()) chmodSync(join(path.parentPath, path.name), 0o700)
    scratch.dispose()
  })

  const module = 'module example.org/tool\n\ngo 1.21\n'
  const main = 'package main\n\nvar version = "none"\n\nfunc main() { print(version) }\n'

  /** A proxy of one module that says what the linker told it, as files. */
  function proxy(): string {
    const versions = join(scratch.path, 'proxy/example.org/tool/@v')
    mkdirSync(versions, { recursive: true })
    writeFileSync(join(versions, 'v1.0.0.info'), '{"Version":"v1.0.0"}')
    writeFileSync(join(versions, 'v1.0.0.mod'), module)
    const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('example.org/tool@v1.0.0/go.mod', sys.argv[2])
    z.writestr('example.org/tool@v1.0.0/cmd/tool/main.go', sys.argv[3])`
    execaSync('python3', ['-c', script, join(versions, 'v1.0.0.zip'), module, main])
    return `file://${join(scratch.path, 'proxy')}`
  }

  const released = { module: 'example.org/tool@v1.0.0' }

  /** Builds with caches, a temporary folder and settings of its own. */
  async function built(name: string, settings: string, build: object = released): Promise<Buffer> {
    const home = join(scratch.path, name)
    for (const folder of ['tmp', 'out']) mkdirSync(join(home, folder), { recursive: true })
    writeFileSync(join(home, 'env'), settings)
    vi.stubEnv('GOPROXY', proxy())
    vi.stubEnv('GONOSUMDB', '*')
    vi.stubEnv('GOENV', join(home, 'env'))
    // One for both: compiling Go's own packages takes most of the time.
    vi.stubEnv('GOCACHE', join(scratch.path, 'cache'))
    vi.stubEnv('GOMODCACHE', join(home, 'modules'))
    vi.stubEnv('TMPDIR', join(home, 'tmp'))
    const tool = entry({
      build: { go: version, package: './cmd/tool', variables: { 'main.version': '1.0.0' }, ...build },
    })
    await makeArtifact(tool, join(home, 'out'), { root: home, anyChecksum: true })
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
    return readFileSync(join(home, 'out/tool-1.0.0'))
  }

  it('has the same bytes whatever the paths and settings of the machine', async () => {
    const first = await built('first', '')
    const second = await built(
      'elsewhere/second',
      'GOFLAGS=-buildvcs=true -tags=other\nGOAMD64=v3\nGOEXPERIMENT=none\nCGO_ENABLED=1\n',
    )
    expect(second.equals(first)).toBe(true)
    expect(first.includes(scratch.path)).toBe(false)
    const program = join(scratch.path, 'first/out/tool-1.0.0')
    chmodSync(program, 0o755)
    expect(execaSync(program).stderr).toBe('1.0.0')
  }, 300_000)

  it('has the same bytes in whatever folder the project lies', async () => {
    const project = async (name: string) => {
      const folder = join(scratch.path, name, 'tools/tool')
      mkdirSync(join(folder, 'cmd/tool'), { recursive: true })
      writeFileSync(join(folder, 'go.mod'), module)
      writeFileSync(join(folder, 'cmd/tool/main.go'), main)
      return built(name, '', { folder: 'tools/tool' })
    }
    const first = await project('one')
    const second = await project('another/folder/two')
    expect(second.equals(first)).toBe(true)
    expect(first.includes(scratch.path)).toBe(false)
  }, 300_000)

  it('says what Go says where that fails', async () => {
    await expect(built('third', '', { module: 'example.org/tool@v9.9.9' })).rejects.toThrow(/v9\.9\.9/)
    await expect(built('third', '', { ...released, package: './cmd/none' })).rejects.toThrow(
      /`go build .*failed:\n.*cmd\/none/,
    )
  }, 300_000)
})
