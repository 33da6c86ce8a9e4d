import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type WriteOptions, type WriteReport, writeGenerated } from '../../src/emit/disk.ts'
import { prepareChild, runChild } from './killable.ts'

type Files = Readonly<Record<string, string>>

let folder: string
let root: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rolewright-disk-')))
  root = join(folder, 'generated')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function build(files: Files, options: Omit<WriteOptions, 'root'> = {}): WriteReport {
  return writeGenerated(new Map(Object.entries(files)), { root, ...options })
}

/** All files below the folder with their text, but the manifest. */
function read(): Files {
  const paths = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }).sort() : []
  const files = paths.filter((path) => path !== '.manifest' && !lstatSync(join(root, path)).isDirectory())
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function codes(report: WriteReport): readonly string[] {
  return report.findings.map(({ code, location }) => `${code} ${location?.file}:${location?.line}`)
}

const FILES: Files = {
  'roles/a/tasks/main.yml': 'a\n',
  'roles/a/README.md': 'A\n',
  'roles/b/tasks/main.yml': 'b\n',
  'site.yml': 's\n',
}

describe('a build', () => {
  it('writes what is missing, with a manifest that sha256sum understands', () => {
    expect(build(FILES)).toEqual({
      written: Object.keys(FILES).sort(),
      removed: [],
      unchanged: [],
      findings: [],
    })
    expect(read()).toEqual(FILES)
    const manifest = readFileSync(join(root, '.manifest'), 'utf8')
    expect(manifest.match(/ {2}(.+)/g)?.map((match) => match.trim())).toEqual(Object.keys(FILES).sort())
    expect(
      execFileSync('sha256sum', ['--check', '--quiet', '.manifest'], { cwd: root, encoding: 'utf8' }),
    ).toBe('')
    expect(statSync(join(root, 'site.yml')).mode & 0o777).toBe(0o644)
  })

  it('takes bytes as they are', () => {
    const bytes = new Uint8Array([0, 255, 13, 10])
    writeGenerated(new Map([['files/x.bin', bytes]]), { root })
    expect(new Uint8Array(readFileSync(join(root, 'files/x.bin')))).toEqual(bytes)
  })

  it('touches nothing when it is repeated, not even the folder', () => {
    build(FILES)
    const stamp = () =>
      ['.', '.manifest', 'site.yml', 'roles/a'].map(
        (path) => statSync(join(root, path), { bigint: true }).mtimeNs,
      )
    const inode = statSync(join(root, 'site.yml')).ino
    const before = stamp()
    expect(build(FILES)).toEqual({
      written: [],
      removed: [],
      unchanged: Object.keys(FILES).sort(),
      findings: [],
    })
    expect(stamp()).toEqual(before)
    expect(statSync(join(root, 'site.yml')).ino).toBe(inode)
  })

  it('touches only what changed', () => {
    build(FILES)
    const inode = statSync(join(root, 'roles/a/README.md')).ino
    expect(build({ ...FILES, 'site.yml': 'new\n' }).written).toEqual(['site.yml'])
    expect(statSync(join(root, 'roles/a/README.md')).ino).toBe(inode)
    expect(read()).toEqual({ ...FILES, 'site.yml': 'new\n' })
  })

  it('does not depend on the order of the files', () => {
    build(FILES)
    const manifest = readFileSync(join(root, '.manifest'))
    rmSync(root, { recursive: true })
    build(Object.fromEntries(Object.entries(FILES).reverse()))
    expect(readFileSync(join(root, '.manifest'))).toEqual(manifest)
  })

  it('writes again what was deleted by hand', () => {
    build(FILES)
    rmSync(join(root, 'roles/a'), { recursive: true })
    expect(build(FILES).written).toEqual(['roles/a/README.md', 'roles/a/tasks/main.yml'])
  })

  it('works where the folder is a symbolic link', () => {
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync('elsewhere', root)
    build(FILES)
    expect(build({ 'site.yml': 's\n' }, { discard: [join(root, 'site.yml')] }).removed).toHaveLength(3)
    expect(readFileSync(join(folder, 'elsewhere/site.yml'), 'utf8')).toBe('s\n')
  })

  it('only looks with check or dryRun', () => {
    build(FILES)
    const changed = { 'site.yml': 'new\n', 'roles/a/tasks/main.yml': 'a\n', 'roles/c/x': 'x' }
    expect(build(changed, { dryRun: true })).toEqual({
      written: ['roles/c/x', 'site.yml'],
      removed: ['roles/a/README.md', 'roles/b/tasks/main.yml'],
      unchanged: ['roles/a/tasks/main.yml'],
      findings: [],
    })
    const { findings } = build(changed, { check: true })
    expect(findings.map(({ message }) => message)).toEqual([
      'generated/roles/c/x is not what the sources say.',
      'generated/site.yml is not what the sources say.',
      'generated/roles/a/README.md is no longer generated.',
      'generated/roles/b/tasks/main.yml is no longer generated.',
    ])
    expect(read()).toEqual(FILES)
    expect(build(FILES, { check: true }).findings).toEqual([])
  })

  it('looks without making the folder', () => {
    expect(codes(build(FILES, { check: true }))).toHaveLength(4)
    expect(build(FILES, { dryRun: true }).written).toHaveLength(4)
    expect(existsSync(root)).toBe(false)
  })

  it.each([
    '../x',
    '/x',
    'a/../../x',
    'a//b',
    './a',
    'a\nb',
    'a\\b',
    '.manifest',
    '.manifest.next',
    '.lock',
    'a/.x.rolewright-tmp',
    'C:/x',
    '',
  ])('refuses the path %j', (path) => {
    expect(() => build({ [path]: 'x' })).toThrow('No file can be generated as')
    expect(existsSync(root)).toBe(false)
  })

  it('refuses a file that is also a folder', () => {
    expect(() => build({ a: 'x', 'a/b': 'y' })).toThrow('a folder on its way is a file')
  })

  it('says so when the folder cannot be written', () => {
    writeFileSync(root, 'a file')
    expect(() => build(FILES)).toThrow('is not a folder')
  })
})

describe('orphans', () => {
  it('of ours are removed with their empty folders, what others put there stays', () => {
    build(FILES)
    put('roles/b/notes.txt', 'mine')
    mkdirSync(join(root, 'empty'))
    expect(build({ 'site.yml': 's\n' }).removed).toEqual([
      'roles/a/README.md',
      'roles/a/tasks/main.yml',
      'roles/b/tasks/main.yml',
    ])
    expect(read()).toEqual({ 'site.yml': 's\n', 'roles/b/notes.txt': 'mine' })
    expect(readdirSync(root).sort()).toEqual(['.manifest', 'empty', 'roles', 'site.yml'])
    expect(readdirSync(join(root, 'roles'))).toEqual(['b'])
  })

  it('that were edited are a finding', () => {
    build(FILES)
    put('roles/b/tasks/main.yml', 'edited\n')
    expect(codes(build({ 'site.yml': 's\n' }))).toEqual([
      'edited-generated-file generated/roles/b/tasks/main.yml:1',
    ])
    expect(read()).toEqual({ ...FILES, 'roles/b/tasks/main.yml': 'edited\n' })
    expect(build({ 'site.yml': 's\n' }, { discard: ['roles/b'] }).removed).toHaveLength(3)
    expect(read()).toEqual({ 'site.yml': 's\n' })
  })

  it('may become folders, and folders files', () => {
    build({ a: '1', 'b/c/d': '2', 'b/e': '3' })
    const next = { 'a/x/y': '4', b: '5' }
    expect(build(next)).toMatchObject({
      written: ['a/x/y', 'b'],
      removed: ['a', 'b/c/d', 'b/e'],
      findings: [],
    })
    expect(read()).toEqual(next)
  })

  it('are never looked for outside the folder', () => {
    build(FILES)
    writeFileSync(join(folder, 'precious'), 'x')
    const hash = execFileSync('sha256sum', [join(folder, 'precious')], { encoding: 'utf8' }).slice(0, 64)
    put(
      '.manifest',
      `${hash}  ../precious\n${hash}  ${folder}/precious\n${hash}  roles/../../precious\n${readFileSync(join(root, '.manifest'), 'utf8')}`,
    )
    expect(build(FILES).removed).toEqual([])
    // Nor through a link that took the place of a folder of ours.
    put('.manifest', `${hash}  out/precious\n${readFileSync(join(root, '.manifest'), 'utf8')}`)
    symlinkSync(folder, join(root, 'out'))
    expect(build(FILES)).toMatchObject({ removed: [], findings: [] })
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('x')
  })
})

describe('files that others changed', () => {
  it('are all findings, and nothing is written', () => {
    build(FILES)
    put('site.yml', 'by hand\n')
    put('roles/a/README.md', 'x\n<<<<<<< HEAD\nA\n=======\nB\n>>>>>>> other\n')
    put('roles/c/x', 'foreign')
    put('roles/d/inner', 'foreign')
    const before = read()
    const wanted = { ...FILES, 'roles/c/x': 'ours', 'roles/d': 'ours', 'roles/b/tasks/main.yml': 'new' }
    const report = build(wanted)
    expect(codes(report)).toEqual([
      'conflict-in-generated-file generated/roles/a/README.md:2',
      'foreign-file-in-the-way generated/roles/c/x:1',
      'foreign-file-in-the-way generated/roles/d:1',
      'edited-generated-file generated/site.yml:1',
    ])
    expect(report).toMatchObject({ written: [], removed: [] })
    expect(read()).toEqual(before)
    expect(report.findings.map(({ hint }) => hint)).toMatchInlineSnapshot(`
      [
        "Resolve the conflict in the sources, then write it anew: rolewright build --discard generated/roles/a/README.md",
        "Move it away, or let the build replace it: rolewright build --discard generated/roles/c/x",
        "Move it away.",
        "Make the change in the sources, then write it anew: rolewright build --discard generated/site.yml",
      ]
    `)
    expect(codes(build(wanted, { check: true }))).toEqual([
      ...codes(report),
      'stale-generated-file generated/roles/b/tasks/main.yml:1',
    ])
  })

  it('are no finding where they are what is wanted', () => {
    put('site.yml', 's\n')
    expect(build(FILES)).toMatchObject({ unchanged: ['site.yml'], findings: [] })
    put('site.yml', 'ahead\n')
    expect(build({ ...FILES, 'site.yml': 'ahead\n' }).findings).toEqual([])
  })

  it('are overwritten with discard, file by file or whole folders', () => {
    build(FILES)
    put('site.yml', 'by hand\n')
    put('roles/a/README.md', '<<<<<<< HEAD\n')
    put('roles/a/tasks/main.yml', 'by hand\n')
    expect(codes(build(FILES, { discard: ['roles/a/'] }))).toEqual([
      'edited-generated-file generated/site.yml:1',
    ])
    expect(build(FILES, { discard: [join(root, 'roles/a'), 'generated/site.yml'] }).written).toHaveLength(3)
    expect(read()).toEqual(FILES)
    put('site.yml', 'by hand\n')
    expect(build(FILES, { discard: ['.'] }).written).toEqual(['site.yml'])
  })

  it('have to be there for discard', () => {
    build(FILES)
    expect(() => build(FILES, { discard: ['site.yaml'] })).toThrow('generated/site.yaml cannot be discarded')
    expect(() => build(FILES, { discard: ['../x'] })).toThrow('it is not in generated/')
  })

  it('are links or files in the place of folders', () => {
    build(FILES)
    rmSync(join(root, 'roles/a'), { recursive: true })
    mkdirSync(join(folder, 'outside'))
    symlinkSync(join(folder, 'outside'), join(root, 'roles/a'))
    rmSync(join(root, 'site.yml'))
    symlinkSync(join(folder, 'outside/site.yml'), join(root, 'site.yml'))
    put('host_vars', 'a file')
    const wanted = { ...FILES, 'host_vars/x.yml': 'x\n' }
    expect(codes(build(wanted))).toEqual([
      'foreign-file-in-the-way generated/host_vars:1',
      'foreign-file-in-the-way generated/roles/a:1',
      'foreign-file-in-the-way generated/site.yml:1',
    ])
    expect(codes(build(wanted, { discard: ['.'] }))).toEqual(['foreign-file-in-the-way generated/roles/a:1'])
    rmSync(join(root, 'roles/a'))
    expect(build(wanted, { discard: ['site.yml', 'host_vars'] }).findings).toEqual([])
    expect(read()).toEqual(wanted)
    expect(readdirSync(join(folder, 'outside'))).toEqual([])
  })
})

describe('after a merge by git', () => {
  const git = (...args: readonly string[]): string => {
    const identity = [
      '-c',
      'user.name=x',
      '-c',
      'user.email=x@example.org',
      '-c',
      'commit.gpgsign=false',
      '-c',
      'core.hooksPath=/dev/null',
    ]
    return execFileSync('git', [...identity, ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  }
  const commit = (files: Files): void => {
    expect(build(files).findings).toEqual([])
    git('add', '--all')
    git('commit', '--quiet', '--message', 'x')
  }
  /** True when git found conflicts. */
  const merge = (): boolean => {
    try {
      git('merge', '--quiet', '--no-edit', 'theirs')
      return false
    } catch {
      return true
    }
  }
  const branches = (base: Files, theirs: Files, ours: Files): boolean => {
    git('init', '--quiet', '--initial-branch', 'ours')
    commit(base)
    git('checkout', '--quiet', '-b', 'theirs')
    commit(theirs)
    git('checkout', '--quiet', 'ours')
    commit(ours)
    return merge()
  }
  /** One role per letter, each of two files that are neighbours in the manifest. */
  const roles = (texts: Files): Files =>
    Object.fromEntries(
      Object.entries(texts).flatMap(([name, text]) => [
        [`roles/${name}/README.md`, `# ${name}\n`],
        [`roles/${name}/tasks/main.yml`, `${text}\n`],
      ]),
    )

  it('of two branches that changed neighbouring roles, the build changes nothing', () => {
    expect(
      branches(
        roles({ a: '1', b: '1', c: '1' }),
        roles({ a: '2', b: '1', c: '1' }),
        roles({ a: '1', b: '2', c: '1' }),
      ),
    ).toBe(false)
    expect(build(roles({ a: '2', b: '2', c: '1' }), { check: true }).findings).toEqual([])
    build(roles({ a: '2', b: '2', c: '1' }))
    expect(git('status', '--porcelain')).toBe('')
  })

  it('of neighbouring files of one role, the build changes nothing', () => {
    expect(branches({ a: '1', b: '1', c: '1' }, { a: '1', b: '2', c: '1' }, { a: '1', b: '1', c: '2' })).toBe(
      false,
    )
    build({ a: '1', b: '2', c: '2' })
    expect(git('status', '--porcelain')).toBe('')
  })

  it('of a new role and a removed one, the build changes nothing', () => {
    expect(
      branches(
        roles({ a: '1', c: '1', d: '1', e: '1' }),
        roles({ a: '1', b: '1', c: '1', d: '1', e: '1' }),
        roles({ a: '1', c: '1', d: '1' }),
      ),
    ).toBe(false)
    build(roles({ a: '1', b: '1', c: '1', d: '1' }))
    expect(git('status', '--porcelain')).toBe('')
  })

  it('of two roles with neighbouring names, a conflict in the manifest is mended by a build', () => {
    expect(
      branches(
        roles({ a: '1', z: '1' }),
        roles({ a: '1', m: '1', z: '1' }),
        roles({ a: '1', n: '1', z: '1' }),
      ),
    ).toBe(true)
    expect(git('diff', '--name-only', '--diff-filter=U').trim()).toBe('generated/.manifest')
    const merged = roles({ a: '1', m: '1', n: '1', z: '1' })
    expect(codes(build(merged, { check: true }))).toEqual(['stale-generated-file generated/.manifest:1'])
    expect(build(merged)).toMatchObject({ written: [], removed: [], findings: [] })
    git('add', '--all')
    git('commit', '--quiet', '--no-edit')
    build(merged)
    expect(git('status', '--porcelain')).toBe('')
  })

  it('of one file in two places, text that git put together is taken where it is what is wanted', () => {
    const text = (first: string, last: string): Files => ({
      hosts: `${first}\n${'same\n'.repeat(5)}${last}\n`,
      other: 'x',
    })
    expect(branches(text('1', '1'), text('2', '1'), text('1', '2'))).toBe(true)
    expect(read().hosts).toBe(text('2', '2').hosts)
    expect(codes(build({ ...text('2', '2'), hosts: 'something else\n' }))).toEqual([
      'edited-generated-file generated/hosts:1',
    ])
    expect(build(text('2', '2'))).toMatchObject({ written: [], findings: [] })
    expect(readFileSync(join(root, '.manifest'), 'utf8')).not.toContain('<<<<<<<')
  })

  it('that left a conflict in a generated file, discard writes it anew', () => {
    expect(branches({ x: '1\n' }, { x: '2\n' }, { x: '3\n' })).toBe(true)
    expect(codes(build({ x: '4\n' }))).toEqual(['conflict-in-generated-file generated/x:1'])
    expect(build({ x: '4\n' }, { discard: ['x'] }).written).toEqual(['x'])
    expect(read()).toEqual({ x: '4\n' })
  })

  it('whose manifest was settled by taking one side, the other side is no edit where it is what is wanted', () => {
    branches(roles({ a: '1', z: '1' }), roles({ a: '1', m: '1', z: '1' }), roles({ a: '1', n: '1', z: '1' }))
    git('checkout', '--quiet', '--ours', 'generated/.manifest')
    expect(build(roles({ a: '1', m: '1', n: '1', z: '1' })).findings).toEqual([])
  })
})

describe('a build that was killed', () => {
  const first: Files = { 'gone/a': '1', 'gone/deep/b': '1', 'keep/c': '1', 'keep/d': '1', e: '1' }
  const second: Files = { 'keep/c': '2', 'keep/d': '1', 'new/deep/f': '2', gone: '2' }
  const third: Files = { 'keep/c': '3', 'keep/d': '3', e: '3' }

  const settle = (files: Files): void => {
    expect(build(files).findings).toEqual([])
    expect(read()).toEqual(files)
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual(['.manifest'])
    expect(execFileSync('find', [root, '-type', 'd', '-empty'], { encoding: 'utf8' })).toBe('')
    expect(build(files)).toMatchObject({ written: [], removed: [] })
  }

  it('before any of its steps is completed by the next', { timeout: 120_000 }, async () => {
    const child = prepareChild(join(folder, 'child'))
    const generated = root
    /** Kills a build of its own folder before a step, and whether there was such a step. */
    const kill = async (step: number): Promise<boolean> => {
      const own = `${generated}-${step}`
      writeGenerated(new Map(Object.entries(first)), { root: own })
      const end = await runChild(child, { root: own, files: second, killBefore: step })
      root = own
      // With other sources as well: then what the killed build left is neither wanted nor in the manifest.
      settle(end === 'killed' && step % 2 === 0 ? third : second)
      return end === 'killed'
    }
    let killed = 0
    for (let step = 1; killed === step - 1; step += 4) {
      const ends = await Promise.all([step, step + 1, step + 2, step + 3].map(kill))
      killed += ends.filter(Boolean).length
    }
    expect(killed).toBeGreaterThan(40)
  })

  it('twice, with other sources in between, is completed by a third', { timeout: 120_000 }, async () => {
    const child = prepareChild(join(folder, 'child'))
    for (const [one, two] of [
      [12, 9],
      [15, 12],
      [18, 10],
      [22, 17],
      [25, 20],
      [28, 14],
    ]) {
      rmSync(root, { recursive: true, force: true })
      build(first)
      await runChild(child, { root, files: second, killBefore: one! })
      await runChild(child, { root, files: third, killBefore: two! })
      settle(first)
    }
  })

  it('at some moment is completed by the next', { timeout: 120_000 }, async () => {
    const child = prepareChild(join(folder, 'child'))
    const many = (text: string): Files =>
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`roles/r${i % 20}/f${i}`, text.repeat(500)]))
    build(many('0'))
    let killed = 0
    for (let run = 1; run <= 15; run += 1) {
      const files = many(String(run))
      if ((await runChild(child, { root, files }, run * 4)) === 'killed') killed += 1
      if (run % 3 === 0) settle(files)
    }
    settle(many('x'))
    expect(killed).toBeGreaterThan(0)
  })

  it('does not hide an edit by hand', async () => {
    const child = prepareChild(join(folder, 'child'))
    build(first)
    expect(await runChild(child, { root, files: second, killBefore: 22 })).toBe('killed')
    put('keep/c', 'by hand')
    expect(codes(build(second))).toEqual(['edited-generated-file generated/keep/c:1'])
  })
})

describe('two builds at once', () => {
  it('both end with what they were to write', { timeout: 120_000 }, async () => {
    const child = prepareChild(join(folder, 'child'))
    const many = (text: string): Files =>
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`d${i % 7}/f${i}`, text]))
    const ends = await Promise.all(
      ['a', 'b', 'a', 'b'].map((text) => runChild(child, { root, files: many(text) })),
    )
    expect(ends).toEqual(['done', 'done', 'done', 'done'])
    expect(new Set(Object.values(read())).size).toBe(1)
    const files = many('c')
    expect(build(files).findings).toEqual([])
    expect(read()).toEqual(files)
  })

  it('do not take for an edit what one writes while the other looks', { timeout: 120_000 }, async () => {
    const child = prepareChild(join(folder, 'child'))
    const before: Files = { 'a/b': '1', c: '1', 'd/e': '1' }
    const mine: Files = { 'a/b': '2', c: '2', 'n/x': '2', d: '2' }
    const others: Files = { 'a/b': '3', 'n/x': '3', 'n/y': '3' }
    const generated = root
    /** How the build ends before whose look another one takes place; its own files have to be there then. */
    const meet = async (look: number): Promise<string> => {
      const own = `${generated}-${look}`
      writeGenerated(new Map(Object.entries(before)), { root: own })
      const end = await runChild(child, {
        root: own,
        files: mine,
        meanwhile: { before: look, files: others },
      })
      root = own
      expect(read()).toEqual(mine)
      return end
    }
    let met = 0
    for (let look = 1; met === look - 1; look += 2)
      met += [await meet(look), await meet(look + 1)].filter((end) => end === 'done').length
    expect(met).toBeGreaterThan(20)
  })

  it('wait for no lock of a process that is gone', () => {
    build(FILES)
    for (const holder of ['4194305 1', `${process.pid} 1`]) {
      put('.lock', holder)
      expect(build({ ...FILES, 'site.yml': holder }).written).toEqual(['site.yml'])
      expect(readdirSync(root).sort()).toEqual(['.manifest', 'roles', 'site.yml'])
    }
    put('.lock.stale', '4194305 1')
    symlinkSync('4194305 1', join(root, '.lock'))
    expect(build(FILES).written).toEqual(['site.yml'])
    expect(readdirSync(root).sort()).toEqual(['.manifest', 'roles', 'site.yml'])
  })
})

it('looks at unchanged files in a few times what reading them takes', () => {
  const paths = Array.from({ length: 1_000 }, (_, i) => `inventory/host_vars/h${i}.yml`)
  const files = Object.fromEntries(paths.map((path, i) => [path, `x: ${i}\n`.repeat(200)]))
  build(files)
  const measure = (action: () => void): number => {
    const start = performance.now()
    action()
    return performance.now() - start
  }
  const rounds = Array.from({ length: 5 }, () => ({
    reading: measure(() => {
      for (const path of paths) readFileSync(join(root, path))
    }),
    building: measure(() => expect(build(files).unchanged).toHaveLength(1_000)),
  }))
  const best = (times: readonly number[]): number => Math.min(...times)
  expect(best(rounds.map(({ building }) => building))).toBeLessThan(
    6 * best(rounds.map(({ reading }) => reading)),
  )
})

it('is not stopped by files that only the owner may read', () => {
  build(FILES)
  chmodSync(join(root, 'site.yml'), 0o600)
  expect(build(FILES)).toMatchObject({ written: [], findings: [] })
})
