import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { calendarMistake } from '../../roles-src/pgbackrest/calendar.ts'
import { daysBetween } from '../../roles-src/pgbackrest/jobs.ts'
import { fullsWithin } from '../../roles-src/pgbackrest/service.ts'
import { needs } from '../needs.ts'
import { scriptOf, variant } from './variants.ts'

describe('the log between full backups', () => {
  it.each([
    { days: 28, every: 28, fulls: 2 },
    { days: 60, every: 28, fulls: 4 },
    { days: 1, every: 28, fulls: 2 },
    { days: 60, every: 7, fulls: 10 },
    { days: 60, every: 1, fulls: 61 },
  ])('of $days days with one every $every is that of $fulls full backups', ({ days, every, fulls }) => {
    expect(fullsWithin(days, every)).toBe(fulls)
    // Right after a full backup the oldest of them is still as old as the days, at the least distance between two.
    expect((fulls - 1) * every).toBeGreaterThanOrEqual(days)
  })

  it.each([
    { calendar: 'Sun *-*-01..07 01:00:00', days: 28 },
    { calendar: '*-*-01 01:00', days: 28 },
    { calendar: 'Sun *-*-* 01:00:00', days: 7 },
    { calendar: '*-*-* 03:00:00', days: 1 },
    { calendar: 'Sun,Wed *-*-* 01:00:00', days: undefined },
    { calendar: '*-*-* 01,13:00:00', days: undefined },
    { calendar: '*-*-31 01:00:00', days: undefined },
    { calendar: 'Sun *-*-01..14 01:00:00', days: undefined },
    { calendar: 'Sun *-*-22..28 01:00:00', days: 28 },
    // The first of a month is a Sunday once or twice a year.
    { calendar: 'Sun *-*-01 01:00:00', days: undefined },
    { calendar: 'Sun *-*-01..06 01:00:00', days: undefined },
    { calendar: 'Abc *-*-07..01 99:99:00', days: undefined },
    { calendar: 'Sun *-*-07..01 01:00:00', days: undefined },
    { calendar: '*-*-00 01:00:00', days: undefined },
    { calendar: 'Sun *-*-* 25:00', days: undefined },
    { calendar: '*-*-* 01:60', days: undefined },
    { calendar: 'monthly', days: undefined },
  ])('with full backups at $calendar has one every $days days', ({ calendar, days }) => {
    expect(daysBetween(calendar)).toBe(days)
  })

  it('follows the schedule that a deployment gives', async () => {
    const { files, findings } = await variant({
      hosts: { backup: { disks: ['12 TB'] } },
      services: { database_backup: { schedule: { full: 'Sun *-*-* 01:00:00' } } },
    })
    expect(findings).toEqual([])
    const values = parse(files.get('inventory/group_vars/database_backup.yml') ?? '')
    expect(values.pgbackrest_retention_archive_fulls).toBe(10)
  })
})

describe('a calendar', () => {
  const CALENDARS = [
    { calendar: 'Abc *-*-07..01 99:99:00', mistake: '"Abc" is no weekday' },
    { calendar: '*-*-07..01 01:00:00', mistake: '"07..01" is no day of the month' },
    { calendar: '*-*-00', mistake: '"00" is no day of the month' },
    { calendar: '*-13-01', mistake: '"13" is no month' },
    { calendar: '*-*-1,2,40', mistake: '"40" is no day of the month' },
    { calendar: '*-*~30', mistake: '"30" is no day of the month' },
    { calendar: '*-*-*/2', mistake: '"*/2" is no day of the month' },
    { calendar: 'Sun *-*-* 25:00', mistake: '"25" is no hour' },
    { calendar: '*-*-* 5..3:00', mistake: '"5..3" is no hour' },
    { calendar: '*-*-* 01:00:60', mistake: '"60" is no second' },
    { calendar: '*-*-* 01:0.5:00', mistake: '"0.5" is no minute' },
    { calendar: '*-*-* 1:2:3:4', mistake: '"1:2:3:4" is no time' },
    { calendar: 'Mon..Fri *-*-* 10', mistake: '"10" cannot be read' },
    { calendar: 'Fri..Mon 10:00', mistake: '"Fri..Mon" is no range of weekdays' },
    { calendar: 'Thur 10:00', mistake: '"Thur" is no weekday' },
    ...[
      'Sun *-*-01..07 01:00:00',
      '*-*-* 05,11,17,23:00:00',
      '*-*-* *:40:00',
      'sun *-*-* 1:00',
      'Sunday,Mon 10:00',
      'Mon-Fri 10:00',
      'Sun',
      'daily UTC',
      '10:00 Europe/Berlin',
      '*:0/15',
      '*-*~03 01:00',
      '2026-01-01',
      '1:2:3.5',
      '*-*-* 1..5/2:00',
    ].map((calendar) => ({ calendar, mistake: undefined })),
  ]
  it.each(CALENDARS)('$calendar has the mistake $mistake', ({ calendar, mistake }) => {
    expect(calendarMistake(calendar)).toBe(mistake)
  })

  it('is taken where systemd takes it', needs('systemd-analyze'), () => {
    for (const { calendar, mistake } of CALENDARS) {
      const { status } = spawnSync('systemd-analyze', ['calendar', calendar])
      expect({ calendar, taken: status === 0 }).toEqual({ calendar, taken: mistake === undefined })
    }
  })

  it('that systemd refuses is refused with its mistake, of whichever job', async () => {
    const schedule = { incr: '*-*-* 05,24:00:00', diff: '*-*-00' }
    const { findings } = await variant({ services: { database_backup: { schedule } } })
    expect(findings).toEqual([
      'services.database_backup.schedule.diff: systemd refuses "*-*-00": "00" is no day of the month.',
      'services.database_backup.schedule.incr: systemd refuses "*-*-* 05,24:00:00": "24" is no hour.',
    ])
  })
})

describe('the service database_backup', () => {
  it('keeps what the deployment says, and lets in the hosts of the database alone', async () => {
    const { files, findings } = await variant({})
    expect(findings).toEqual([])
    const values = parse(files.get('inventory/group_vars/database_backup.yml') ?? '')
    expect(values).toMatchObject({
      pgbackrest_kind: 'repository',
      pgbackrest_retention_full_days: 360,
      pgbackrest_retention_archive_fulls: 4,
      pgbackrest_authorized: ['patroni1.internal', 'patroni2.internal', 'patroni3.internal'],
      pgbackrest_cipher_password: '{{ vault_database_backup_cipher_password }}',
    })
    const archive = parse(files.get('inventory/group_vars/database_archive.yml') ?? '')
    expect(archive.pgbackrest_authorized).toEqual(['backup.internal'])
  })

  it('opens 8432 both ways and nothing else', async () => {
    const { project } = await variant({})
    const flows = project.deployments.get('variant')?.topology.flows.filter(({ port }) => port === 8432) ?? []
    const members = ['patroni1', 'patroni2', 'patroni3']
    expect(flows.map(({ fromNames, toNames }) => ({ fromNames, toNames }))).toEqual(
      expect.arrayContaining([
        { fromNames: ['backup'], toNames: members },
        { fromNames: members, toNames: ['backup'] },
      ]),
    )
  })

  it('has PostgreSQL archive, and only where there is a repository', async () => {
    const database = (v: Awaited<ReturnType<typeof variant>>) =>
      [...v.files]
        .filter(([path]) => /inventory\/(group_vars\/database|host_vars\/patroni1)\.yml$/.test(path))
        .join('\n')
    const archiving = database(await variant({}))
    expect(archiving).toContain('archive_mode: "on"')
    expect(archiving).toContain('pgbackrest --stanza=main archive-push')
    const none = await variant({ services: { database_backup: undefined as never } })
    expect(none.findings).toEqual([
      'The database has no backups: the deployment lacks the service database_backup.',
    ])
    expect(database(none)).not.toContain('archive_')
    expect(none.files.has('inventory/group_vars/database_archive.yml')).toBe(false)
    expect(none.files.get('site.yml')).not.toContain('pgbackrest')
  })

  it("leaves parts of files to releases that know them: Debian 12's own does not", async () => {
    const block = async (source: 'pgdg' | 'debian', os: 'debian-12' | 'debian-13') => {
      const { files } = await variant({
        hosts: () => ({ os }),
        services: {
          database: {
            postgresql: { version: os === 'debian-12' ? 15 : 17, source },
            patroni: { source: 'pgdg' },
          },
        },
      })
      return parse(files.get('inventory/group_vars/database_backup.yml') ?? '').pgbackrest_block_incremental
    }
    expect(await block('debian', 'debian-12')).toBe(false)
    expect(await block('debian', 'debian-13')).toBe(true)
    expect(await block('pgdg', 'debian-12')).toBe(true)
  })
})

describe('the program that writes metrics', () => {
  const backup = (type: string, stop: number) => ({
    type,
    timestamp: { start: stop - 60, stop },
    info: { size: 1000, repository: { delta: 100 } },
  })
  function run(stanza: object, metrics: string | undefined): string {
    const folder = mkdtempSync(join(tmpdir(), 'rolewright-'))
    try {
      writeFileSync(join(folder, 'info.json'), JSON.stringify([stanza]))
      // Stands for the account and for pgBackRest.
      writeFileSync(join(folder, 'runuser'), `#!/bin/sh\ncat ${folder}/info.json\n`, { mode: 0o755 })
      const target = join(folder, metrics ?? 'nowhere')
      if (metrics) mkdirSync(target)
      const { status, stderr } = spawnSync(
        'python3',
        [scriptOf('pgbackrest', 'pgbackrest-metrics'), 'main', target],
        {
          encoding: 'utf8',
          env: { PATH: `${folder}:${process.env['PATH']}` },
        },
      )
      expect(stderr).toBe('')
      expect(status).toBe(0)
      if (!existsSync(target)) return ''
      expect(readdirSync(target)).toEqual(['pgbackrest.prom'])
      return readFileSync(join(target, 'pgbackrest.prom'), 'utf8')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  it('tells when the last backups ended and how large they are', () => {
    const text = run({ status: { code: 0 }, backup: [backup('full', 1000), backup('incr', 2000)] }, 'metrics')
    expect(text).toContain('pgbackrest_last_full_timestamp_seconds{stanza="main"} 1000\n')
    expect(text).toContain('pgbackrest_last_timestamp_seconds{stanza="main"} 2000\n')
    expect(text).toContain('pgbackrest_last_duration_seconds{stanza="main"} 60\n')
    expect(text).toContain('pgbackrest_repository_bytes{stanza="main"} 200\n')
  })
  it('tells that there are none', () => {
    const text = run({ status: { code: 2 }, backup: [] }, 'metrics')
    expect(text).toContain('pgbackrest_stanza_status{stanza="main"} 2\n')
    expect(text).toContain('pgbackrest_backups{stanza="main"} 0\n')
    expect(text).not.toContain('last')
  })
  it('writes nothing where nobody reads it', () => {
    expect(run({ status: { code: 0 }, backup: [] }, undefined)).toBe('')
  })
})
