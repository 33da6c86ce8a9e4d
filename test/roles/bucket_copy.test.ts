import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import { needs } from '../needs.ts'
import { scriptOf, variant } from './variants.ts'

const DAY = 86_400

/** A bucket that is a folder: rclone does not mind. */
describe('the program that copies', needs('rclone'), () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolewright-'))
    mkdirSync(join(folder, 'bucket'))
    writeFileSync(join(folder, 'rclone.conf'), `[photos]\ntype = alias\nremote = ${folder}/remote\n`)
    mkdirSync(join(folder, 'remote/photos'), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const put = (path: string, content: string, daysAgo = 0) => {
    const file = join(folder, path)
    writeFileSync(file, content)
    const time = Date.now() / 1000 - daysAgo * DAY
    utimesSync(file, time, time)
  }
  const run = (action: string, keep: { newest?: number; deleted?: number } = {}, ...args: string[]) =>
    spawnSync(
      'sh',
      [scriptOf('bucket_copy', 'bucket-copy'), action, 'photos', join(folder, 'copies'), ...args],
      {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          RCLONE_CONFIG: join(folder, 'rclone.conf'),
          NEWEST_DAYS: String(keep.newest ?? 0),
          KEEP_DELETED_DAYS: String(keep.deleted ?? 30),
        },
      },
    )
  const copied = () => readdirSync(join(folder, 'copies/photos/current')).sort()
  const deleted = () =>
    readdirSync(join(folder, 'copies/photos/deleted'), { recursive: true, encoding: 'utf8' }).map((path) =>
      path.replace(/^[^/]+\/?/, ''),
    )

  it('copies all objects, and keeps what was deleted or replaced', () => {
    put('remote/photos/a', 'one')
    put('remote/photos/b', 'two')
    expect(run('copy').status).toBe(0)
    expect(copied()).toEqual(['a', 'b'])
    rmSync(join(folder, 'remote/photos/a'))
    put('remote/photos/b', 'changed')
    expect(run('copy').status).toBe(0)
    expect(copied()).toEqual(['b'])
    expect(readFileSync(join(folder, 'copies/photos/current/b'), 'utf8')).toBe('changed')
    expect(deleted()).toEqual(expect.arrayContaining(['a', 'b']))
  })

  it('lets go of deleted objects after their time', () => {
    put('remote/photos/a', 'one')
    expect(run('copy').status).toBe(0)
    const old = join(folder, 'copies/photos/deleted/2020-01-01T000000Z')
    mkdirSync(old, { recursive: true })
    utimesSync(old, Date.now() / 1000 - 40 * DAY, Date.now() / 1000 - 40 * DAY)
    expect(run('copy', { deleted: 30 }).status).toBe(0)
    expect(existsSync(old)).toBe(false)
  })

  it('copies what is new alone where the bucket is too large, and does not take growing old for a deletion', () => {
    put('remote/photos/new', 'one')
    put('remote/photos/old', 'two', 20)
    expect(run('copy', { newest: 7 }).status).toBe(0)
    expect(copied()).toEqual(['new'])
    put('remote/photos/new', 'one', 20)
    put('copies/photos/current/new', 'one', 20)
    expect(run('copy', { newest: 7 }).status).toBe(0)
    expect(existsSync(join(folder, 'copies/photos/current/new'))).toBe(false)
    expect(deleted().filter((path) => path === 'new')).toEqual([])
  })

  it('finds copies that differ or are missing, and leaves out what the next copy is to bring', () => {
    put('remote/photos/a', 'one', 3)
    put('remote/photos/fresh', 'not copied yet')
    expect(run('copy').status).toBe(0)
    rmSync(join(folder, 'copies/photos/current/fresh'))
    expect(run('compare').status).toBe(0)
    put('copies/photos/current/a', 'eno', 3)
    expect(run('compare').status).not.toBe(0)
    rmSync(join(folder, 'copies/photos/current/a'))
    expect(run('compare').status).not.toBe(0)
  })

  it('fails and keeps the copy where the bucket cannot be read', () => {
    put('remote/photos/a', 'one')
    expect(run('copy').status).toBe(0)
    rmSync(join(folder, 'remote'), { recursive: true })
    expect(run('copy').status).not.toBe(0)
    expect(copied()).toEqual(['a'])
  })

  it('writes metrics where there is a folder for them', () => {
    put('remote/photos/a', 'one')
    expect(run('copy').status).toBe(0)
    expect(run('metrics', {}, join(folder, 'nowhere')).status).toBe(0)
    mkdirSync(join(folder, 'metrics'))
    expect(run('metrics', {}, join(folder, 'metrics')).status).toBe(0)
    expect(readdirSync(join(folder, 'metrics'))).toEqual(['bucket_copy_photos.prom'])
    const text = readFileSync(join(folder, 'metrics/bucket_copy_photos.prom'), 'utf8')
    expect(text).toContain('bucket_copy_objects{bucket="photos"} 1\n')
    expect(text).toMatch(/^bucket_copy_last_success_timestamp_seconds\{bucket="photos"\} \d+$/m)
  })
})

describe('the service media_backup', () => {
  it('keeps copies for as long as the deployment says', async () => {
    const { files } = await variant({
      keep: { database: '360 days', pointInTime: '60 days', mediaCopies: '5 days' },
    })
    const text = files.get('inventory/group_vars/media_backup.yml')
    expect(text).toContain('newest_days: 5\n')
    expect(text).toContain('keep_deleted_days: 5\n')
    const whole = await variant({
      expects: { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '10 GB' },
      services: { media_backup: { whole: true } },
    })
    expect(whole.files.get('inventory/group_vars/media_backup.yml')).toContain('newest_days: 0\n')
  })

  it.each([
    [
      '30d',
      'keep.mediaCopies is "30d", which is no number of days: it is written in days, such as "28 days".',
    ],
    ['4 weeks', 'keep.mediaCopies is "4 weeks", which is no number of days: it is written in days'],
    ['0 days', 'keep.mediaCopies is "0 days", which keeps no copy at all.'],
  ])('refuses to keep them for %s', async (mediaCopies, message) => {
    const keep = { database: '360 days', pointInTime: '60 days', media: '60 days', mediaCopies }
    expect((await variant({ keep })).findings.join('\n')).toContain(message)
  })

  it('warns of copies that reach back less than media are kept, unless they are whole', async () => {
    const waivers = (production.input.waivers ?? []).filter(({ rule }) => rule !== 'BK-017')
    expect((await variant({ waivers })).findings).toEqual([
      'Media are kept for 60 days, and copied for 7: what is older is on the object store alone.',
    ])
    const expects = { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '10 GB' }
    const services = { media_backup: { whole: true } }
    expect((await variant({ waivers, expects, services })).findings).toEqual([])
  })
})
