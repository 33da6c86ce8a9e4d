import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { erasureSet, patternOf, spareDrives } from '../../roles-src/object_store/erasure.ts'
import { roleFile, variant } from './variants.ts'

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
    expect(patternOf(['s1.example.net', 's2.example.net', 's3.example.net'])).toBe('s{1...3}.example.net')
  })
  it.each([
    [['s1', 's3']],
    [['s1', 'store2']],
    [['s1.a', 's2.b']],
    [['left', 'right']],
    [['s2', 's1']],
    [['s01', 's02']],
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
      'Nothing runs on minio3.',
      'Nothing runs on minio4.',
      'Nothing is found on the virtual IP storage, 10.0.4.10.',
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

  it('refuses hosts that lose writes with one of them', async () => {
    const { findings } = await variant({ services: { storage: { parity: 2 } } })
    expect(findings.join('\n')).toContain('writes go on without 2 at most')
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
