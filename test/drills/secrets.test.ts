import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { root, temporaryFolder } from '../project/project.ts'
import { lineOfKey, patternsOf } from './patterns.ts'

const value = 'p/la+nted-secret?of=24bytes'
const patterns = patternsOf([
  { name: 'planted', value },
  { name: 'short', value: 'abc' },
  { name: 'line', value: 'reader:$apr1$saltsalt$0123456789abcdefghijkl' },
])
const texts = [...patterns.map(({ text }) => text), 'PRIVATE KEY-----']
const shown = [...patterns.map((p) => p.shown), 'some private key']
/** A key that nobody uses: the shape is what counts. */
const pem = (kind: string, lines: readonly string[]) =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${lines.join('\n')}\n-----END ${kind}PRIVATE KEY-----\n`
const lines = ['A'.repeat(64), 'B'.repeat(64), 'C'.repeat(64), 'D'.repeat(20)]

const folder = temporaryFolder()
afterAll(() => folder.dispose())
chmodSync(folder.path, 0o755)
const put = (path: string, text: string, mode = 0o644): string => {
  const file = join(folder.path, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}
const run = (task: object) => {
  const { stdout, stderr, status } = spawnSync('python3', [join(root, 'test/drills/secrets.py')], {
    input: JSON.stringify(task),
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return JSON.parse(stdout) // the program's own format
}
const search = (task: object): readonly string[] => {
  const answer: readonly (readonly [string, number])[] = run({
    ...{
      do: 'search',
      patterns: texts,
      roots: [join(folder.path, 'files')],
      journal: null,
      processes: false,
    },
    ...task,
  })
  return answer.map(([place, number]) => `${place.replace(`${folder.path}/`, '')}: ${shown[number]}`).sort()
}

describe('the search for secrets', needs('root'), () => {
  it('finds each form of a secret in files that others can read, and in no others', () => {
    put('files/plain', `x ${value} y`)
    for (const before of ['', '1', '12', '123'])
      put(`files/base64-${before.length}`, Buffer.from(`${before}${value}:more`).toString('base64'))
    put('files/base64url', Buffer.from(value).toString('base64url'))
    put('files/url', `https://x/?p=${encodeURIComponent(value)}`)
    put('files/hex', Buffer.from(value).toString('hex'))
    put('files/deep/er/hash', 'basic: $apr1$saltsalt$0123456789abcdefghijkl')
    put('files/key', pem('EC ', lines))
    put('files/binary', `\0\x01${value}\0`)
    put('files/private', value, 0o600)
    put('files/group', value, 0o640)
    put('files/closed/inside', value)
    chmodSync(join(folder.path, 'files/closed'), 0o700)
    put('files/nothing', `abc ${value.slice(1)} PRIVATE KEY-----`)
    expect(search({})).toEqual([
      'file files/base64-0: planted (in base64)',
      'file files/base64-1: planted (in base64)',
      'file files/base64-2: planted (in base64)',
      'file files/base64-3: planted (in base64)',
      'file files/base64url: planted (in base64)',
      'file files/binary: planted',
      'file files/deep/er/hash: line (its hash)',
      'file files/hex: planted (in hexadecimal)',
      'file files/key: some private key',
      'file files/plain: planted',
      'file files/url: planted (URL-encoded)',
    ])
    expect(search({ owners: true })).toEqual(
      expect.arrayContaining(['file files/private: planted', 'file files/closed/inside: planted']),
    )
  })

  it('finds one on the command line of a process', async () => {
    const child = spawn('sh', ['-c', 'read x', value], { stdio: ['pipe', 'ignore', 'ignore'] })
    try {
      expect(search({ roots: [put('empty', '')], processes: true })).toEqual(['process sh, cmdline: planted'])
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('finds one in the message and in the other fields of a journal', () => {
    const entries = [
      { MESSAGE: `the password is ${value}`, _SYSTEMD_UNIT: 'a.service', SYSLOG_IDENTIFIER: 'a' },
      { MESSAGE: 'nothing', _CMDLINE: `login ${value}`, SYSLOG_IDENTIFIER: 'b' },
      { MESSAGE: 'nothing' },
    ]
    const journal = put('journal', entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    expect(search({ roots: [put('empty', '')], journal: ['cat', journal] })).toEqual([
      'journal of a.service (a), MESSAGE: planted',
      'journal of b (b), _CMDLINE: planted',
    ])
  })

  it("collects a host's own keys and hashes, to search for them elsewhere", () => {
    const verifier = `SCRAM-SHA-256$4096:${'s'.repeat(24)}$${'k'.repeat(44)}:${'v'.repeat(44)}`
    const key = put('own/key', pem('', lines), 0o600)
    const ssh = put('own/ssh', pem('OPENSSH ', lines), 0o600)
    const short = put('own/short', pem('', lines.slice(0, 1)), 0o640)
    const users = put('own/users', `"synapse" "${verifier}"\n`, 0o640)
    put('own/public', pem('', lines))
    expect(run({ do: 'collect', roots: [join(folder.path, 'own')] })).toEqual({
      keys: { [key]: lines[1], [ssh]: lines[2], [short]: lines[0] },
      hashes: { [users]: [verifier] },
    })
    expect([pem('', lines), pem('OPENSSH ', lines), pem('', lines.slice(0, 1))].map(lineOfKey)).toEqual([
      lines[1],
      lines[2],
      lines[0],
    ])
  })
})

it('a form never says what the secret is', () => {
  for (const { shown } of patterns) expect(shown).toMatch(/^(planted|line)( \([\w\s-]+\))?$/)
})
