import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDrift } from '../../src/review/drift.ts'
import { root } from '../project/project.ts'

/** What a check run said of a host after somebody had edited a file, opened another one and stopped a service. */
const said = readFileSync(join(root, 'test/fixtures/drift.json'), 'utf8')

describe('drift', () => {
  const { drifts, failed, hosts } = readDrift(`cd generated/lab && ansible-playbook\n${said}`)

  it('is what a run in check mode would change', () => {
    expect(hosts).toEqual(['redis'])
    expect(failed).toEqual([])
    expect(drifts.map(({ host, task }) => `${host}: ${task}`)).toEqual([
      'redis: redis : Configure | Write the accounts',
      'redis: redis : Configure | Write the configuration of Redis',
      'redis: redis : Restart Redis',
      'redis: redis_exporter : Service | Keep redis_exporter running',
    ])
  })

  it('leads to the line of the task', () => {
    expect(drifts[1]).toMatchObject({ path: '/project/generated/roles/redis/tasks/configure.yml', line: 31 })
  })

  it('shows the lines of a file that somebody edited', () => {
    expect(drifts[1]?.diffs).toHaveLength(1)
    expect(drifts[1]?.diffs[0]).toContain('--- /etc/redis/redis.conf\n+++ /etc/redis/redis.conf')
    expect(drifts[1]?.diffs[0]).toContain('-tcp-keepalive 7\n+tcp-keepalive 60\n')
  })

  it('shows nothing of a file with secrets, and says so', () => {
    expect(drifts[0]).toMatchObject({ censored: true, diffs: [] })
  })

  it('refuses what is no such output', () => {
    expect(() => readDrift('no hosts matched')).toThrow()
  })

  const run = (result: object) =>
    readDrift(
      JSON.stringify({
        plays: [{ tasks: [{ task: { name: 'a task', path: '/a.yml:3' }, hosts: { web1: result } }] }],
        stats: { web1: {} },
      }),
    )

  it('takes the items of a loop one by one', () => {
    const { drifts: found } = run({
      changed: true,
      results: [
        { changed: false, _ansible_item_label: 'one' },
        {
          changed: true,
          _ansible_item_label: 'two',
          diff: { before: { mode: '0644' }, after: { mode: '0600' } },
        },
      ],
    })
    expect(found).toHaveLength(1)
    expect(found[0]?.item).toBe('two')
    expect(found[0]?.diffs[0]).toContain('-mode: 0644\n+mode: 0600\n')
  })

  it('tells a task that failed, and a host that nobody reached', () => {
    expect(run({ failed: true, msg: 'no such unit' }).failed).toEqual([
      { host: 'web1', task: 'a task', message: 'no such unit' },
    ])
    expect(run({ unreachable: true, msg: 'timed out' }).failed[0]?.message).toBe('timed out')
  })
})
