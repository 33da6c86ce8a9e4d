import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { daysBetween } from '../../roles-src/pgbackrest/jobs.ts'
import { fullsWithin } from '../../roles-src/pgbackrest/service.ts'
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
