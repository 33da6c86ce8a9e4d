import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadSources } from '../../src/compile/load.ts'
import { compileProject } from '../../src/emit/project.ts'
import { asText, collections, type Files, filesBelow, root, temporaryFolder } from './project.ts'

const order = vi.hoisted(() => ({ reversed: false, turned: 0 }))
/** A disk that lists its folders in another order. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const readdirSync = (...args: Parameters<typeof fs.readdirSync>) => {
    const entries = fs.readdirSync(...args)
    if (!order.reversed) return entries
    order.turned++
    return entries.reverse()
  }
  return { ...fs, default: fs, readdirSync }
})

async function build(folder: string): Promise<Files> {
  const project = await compileProject(await loadSources(folder, root), collections())
  expect(project.findings).toEqual([])
  return asText(project.files)
}

/** The text of every file, in the order in which they came; a difference shows as one. */
const listed = (files: Files) => [...files].map(([path, text]) => `== ${path}\n${text}`)

describe('the output', () => {
  let before: Files
  const folders: { readonly dispose: () => void }[] = []
  function copy(): string {
    const folder = temporaryFolder()
    folders.push(folder)
    for (const name of ['roles-src', 'inventory', 'docs'])
      cpSync(join(root, name), join(folder.path, name), {
        recursive: true,
        filter: (path) => !path.endsWith('/secrets'),
      })
    return folder.path
  }
  beforeAll(async () => {
    before = await build(root)
    expect(before.size).toBeGreaterThan(100)
  })
  afterEach(() => {
    order.reversed = false
    vi.useRealTimers()
    for (const folder of folders.splice(0)) folder.dispose()
  })

  it('is the same when it is built again', async () => {
    expect(listed(await build(root))).toEqual(listed(before))
  })

  it('is the same in another folder', async () => {
    expect(listed(await build(copy()))).toEqual(listed(before))
  })

  it('is the same after a blank line at the top of every source', async () => {
    const folder = copy()
    for (const path of filesBelow(folder).filter((name) => name.endsWith('.ts')))
      writeFileSync(join(folder, path), `\n${readFileSync(join(folder, path), 'utf8')}`)
    expect(listed(await build(folder))).toEqual(listed(before))
  })

  it('is the same when folders are read in another order', async () => {
    order.reversed = true
    expect(listed(await build(root))).toEqual(listed(before))
    expect(order.turned).toBeGreaterThan(10)
  })

  it('is the same at another time', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2001-09-09T01:46:40Z') })
    expect(listed(await build(root))).toEqual(listed(before))
  })

  it('is the same on the disk, whatever the locale and the time zone, and the second build writes nothing', async () => {
    const folder = copy()
    const run = (env: Readonly<Record<string, string>>) =>
      execa('node', [join(root, 'bin/rolewright.js'), 'build'], { cwd: folder, env })
    const first = await run({ LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' })
    expect(first.stdout).toContain(`${before.size} written, 0 removed, 0 unchanged`)
    const second = await run({ LC_ALL: 'C', TZ: 'America/New_York' })
    expect(second.stdout).toContain(`0 written, 0 removed, ${before.size} unchanged`)
    const generated = join(folder, 'generated')
    const written = new Map(
      filesBelow(generated)
        .filter((path) => !path.startsWith('.'))
        .map((path) => [path, readFileSync(join(generated, path), 'latin1')]),
    )
    expect(written).toEqual(new Map([...before].sort(([a], [b]) => (a < b ? -1 : 1))))
  })
})
