import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import production from '../../inventory/production.ts'
import { erasureSet, patternOf, spareDrives } from '../../roles-src/object_store/erasure.ts'
import { extend, hosts, namesOf } from '../../src/topology/index.ts'
import { compiled, roleFile, variant } from './variants.ts'

describe('an erasure set', () => {
  it.each([
    { hosts: 4, drives: 4, set: 16 },
    { hosts: 4, drives: 8, set: 16 },
    { hosts: 4, drives: 1, set: 4 },
    { hosts: 5, drives: 4, set: 10 },
    { hosts: 16, drives: 3, set: 16 },
    { hosts: 17, drives: 4, set: 0 },
    { hosts: 4, drives: 0, set: 0 },
  ])('of $hosts hosts with $drives drives has $set', ({ hosts, drives, set }) => {
    expect(erasureSet(hosts, drives)).toBe(set)
  })

  it.each([
    { drives: 16, parity: 4, spare: 4 },
    { drives: 16, parity: 8, spare: 7 },
    { drives: 4, parity: 2, spare: 1 },
  ])('of $drives drives with EC:$parity is written without $spare', ({ drives, parity, spare }) => {
    expect(spareDrives(drives, parity)).toBe(spare)
  })
})

describe('a pattern of hosts', () => {
  it('has three dots', () => {
    expect(patternOf(['s1', 's2', 's3'])).toBe('s{1...3}')
    expect(patternOf(['row2-s9', 'row2-s10', 'row2-s11'])).toBe('row2-s{9...11}')
  })

  it('keeps zeros before the numbers where all have as many digits', () => {
    expect(patternOf(['s01', 's02'])).toBe('s{01...02}')
    expect(patternOf(['s08', 's09', 's10'])).toBe('s{08...10}')
    expect(patternOf(['s0', 's1'])).toBe('s{0...1}')
  })

  it.each([
    [['s1', 's3']],
    [['s1', 'store2']],
    [['s1.a', 's2.b']],
    [['left', 'right']],
    [['s2', 's1']],
    [['s01', 's2']],
    [['s9', 's010']],
    [['s099', 's100', 's0101']],
  ])('there is none of %j', (names) => {
    expect(patternOf(names)).toBeUndefined()
  })
})

describe('the service storage', () => {
  it('gives each user its one bucket, and readers no more than reading', async () => {
    const { files, findings } = await variant({})
    expect(findings).toEqual([])
    const values = parse(files.get('inventory/group_vars/storage.yml') ?? '')
    expect(values.object_store_pools).toEqual([
      'https://minio{1...4}.internal:9000/srv/object-store/drive{1...4}',
    ])
    expect(values.object_store_drive_kind).toBe('xfs')
    expect(values.object_store_server).toBe('silo')
    const policies: { name: string; statements: { actions: string[]; resources: string[] }[] }[] =
      values.object_store_policies
    expect(policies.map(({ name }) => name)).toEqual(['synapse', 'synapse-media-reader'])
    for (const { statements } of policies)
      expect(statements.flatMap(({ resources }) => resources)).toEqual([
        'arn:aws:s3:::synapse-media',
        'arn:aws:s3:::synapse-media/*',
      ])
    const actions = policies.map(({ statements }) => statements.flatMap((s) => s.actions))
    expect(actions[0]).toContain('s3:PutObject')
    expect(actions[1]?.filter((action) => !/^s3:(Get|List)/.test(action))).toEqual([])
    expect(actions.flat().filter((action) => action.includes('*'))).toEqual([])
  })

  it('takes the program of the server that is named', async () => {
    const { files } = await variant({ services: { storage: { server: 'minio' } } })
    const values = parse(files.get('inventory/group_vars/storage.yml') ?? '')
    expect(values.object_store_server_url).toMatch(/\/minio-[0-9]+-linux-amd64$/)
  })

  it('lets people at the console only where it listens', async () => {
    const consoles = (v: Awaited<ReturnType<typeof variant>>) =>
      v.project.deployments.get('variant')?.topology.flows.filter(({ port }) => port === 9001) ?? []
    expect(consoles(await variant({}))).toEqual([])
    expect(consoles(await variant({ services: { storage: { console: true } } }))).toMatchObject([
      { fromNames: ['admins'], toNames: ['minio1', 'minio2', 'minio3', 'minio4'] },
    ])
  })

  it('is nowhere on the hosts where the server is external', async () => {
    const { files, findings } = await variant({
      services: {
        storage: {
          server: 'external',
          hosts: [],
          vip: undefined as never,
          clients: [],
          endpoint: 'https://s3.example.net',
        },
      },
    })
    // The hosts and the virtual IP that it had are left without anything.
    expect(findings).toEqual([
      'Nothing is found on the virtual IP storage, 10.0.4.10.',
      'Nothing runs on minio3.',
      'Nothing runs on minio4.',
    ])
    expect(files.get('inventory/group_vars/storage.yml') ?? '').not.toContain('object_store')
    expect(files.get('inventory/group_vars/media_backup.yml')).toContain('endpoint: https://s3.example.net')
  })

  it.each([
    { storage: { server: 'external' as const }, message: 'an external server needs its endpoint' },
    { storage: { endpoint: 'https://s3.example.net' }, message: 'the endpoint follows from the virtual IP' },
    { storage: { hosts: [] }, message: 'a server needs hosts and a vip' },
    { storage: { pools: 3 }, message: 'hosts make no 3 pools of equally many' },
  ])('refuses $storage', async ({ storage, message }) => {
    expect((await variant({ services: { storage } })).findings.join('\n')).toContain(message)
  })

  it('refuses hosts with one of which what is stored is lost', async () => {
    const { findings } = await variant({ services: { storage: { parity: 2 } } })
    expect(findings.join('\n')).toContain('what is stored can be read without 2 at most')
  })

  it('takes of each drive as much as the smallest of its pool has', async () => {
    const { findings } = await variant({ hosts: { minio4: { disks: ['2 TB', '2 TB', '2 TB', '200 GB'] } } })
    expect(findings.join('\n')).toContain(
      'room for 1.92 TB (3.2 TB of 30.2 TB, as much of each drive as the smallest has, × 12/16 of data × 80 %): 9 days',
    )
  })

  it.each([
    ['30d', 'keep.media is "30d", which is no number of days, such as "60 days"'],
    ['0 days', 'keep.media is "0 days", which wants room for nothing'],
  ])('warns of uploads that are kept for %s', async (media, message) => {
    const keep = { database: '360 days', pointInTime: '60 days', mediaCopies: '7 days', media }
    expect((await variant({ keep })).findings).toContain(
      `${message}: at 200 GB a day the object store is at 80 % after 96 days.`,
    )
  })

  it('takes names with digits in their domain', async () => {
    const { files, findings } = await variant({ hostDomain: 'z3r0d3v.internal' })
    expect(findings).toEqual([])
    expect(files.get('inventory/group_vars/storage.yml')).toContain(
      'https://minio{1...4}.z3r0d3v.internal:9000/',
    )
  })

  it('refuses a user who is called like the administrator, and a bucket that is named twice', async () => {
    const { findings } = await variant({
      services: {
        storage: {
          buckets: [
            { name: 'synapse-media', user: 'synapse' },
            { name: 'letters', user: 'administrator' },
            { name: 'synapse-media', user: 'captain' },
          ],
        },
      },
    })
    expect(findings).toEqual([
      'The user administrator of the bucket letters is the administrator of the object store as well.',
      'Two buckets have the name synapse-media.',
    ])
  })
})

describe('two pools', () => {
  const grown = (disks: readonly string[]) => {
    const more = hosts('minio', 8, '10.0.4.11', { cpus: 8, memory: '32 GB', disks })
    const { minio5, minio6, minio7, minio8 } = more
    const both = extend(production, { name: 'grown', moreHosts: { minio5, minio6, minio7, minio8 } })
    return extend(both, { name: 'variant', services: { storage: { hosts: namesOf(more), pools: 2 } } })
  }
  const found = async (disks: readonly string[]) => (await compiled(grown(disks))).findings

  it('may have drives of different sizes', async () => {
    expect(await found(['4 TB', '4 TB', '4 TB', '4 TB'])).toEqual([])
    expect((await found(['4 TB', '4 TB', '4 TB', '3 TB'])).slice(0, 1)).toEqual([
      'minio5 has drives larger than 3 TB: 3 TB of them are never used.',
    ])
  })

  it('have equally many drives on all hosts', async () => {
    expect((await found(['2 TB', '2 TB']))[0]).toBe('minio5 has 2 drives, and minio1 has 4.')
  })

  it('lose hosts each by itself', async () => {
    const { project } = await compiled(grown(['2 TB', '2 TB', '2 TB', '2 TB']))
    expect(project.deployments.get('variant')?.topology.service('storage')?.redundancy).toMatchObject({
      mayLose: 1,
      groups: [
        ['minio1', 'minio2', 'minio3', 'minio4'],
        ['minio5', 'minio6', 'minio7', 'minio8'],
      ],
    })
  })
})

describe('the role object_store', () => {
  it('hands secrets to the client by its configuration and its input, never by its arguments', async () => {
    const { project } = await variant({})
    for (const file of ['provision', 'user', 'policy']) {
      const text = roleFile(project, `object_store/tasks/${file}.yml`)
      expect(text).not.toBe('')
      for (const line of text.split('\n').filter((l) => /secret_key|password/.test(l)))
        expect(line).toMatch(/^\s+stdin: /)
    }
    expect(roleFile(project, 'object_store/templates/object-store.service.j2')).not.toMatch(/password|secret/)
  })

  it('never forces a file system onto a device', async () => {
    const { project } = await variant({})
    const text = roleFile(project, 'object_store/tasks/configure.yml')
    expect(text).toContain('force: false')
    expect(text.indexOf('Refuse to format a device')).toBeLessThan(text.indexOf('Make the file systems'))
  })
})
