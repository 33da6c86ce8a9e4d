import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { labNetworks } from '../../src/lab/fabric.ts'
import { everyAddress, outsideOf, parseArrivals, summarize, wayOut } from '../../src/lab/outside.ts'
import { root } from '../project/project.ts'
import { small } from './small.ts'

describe('the outside', () => {
  test('has a network for documentation that the plan leaves free', () => {
    expect(outsideOf(small)).toMatchObject({ cidr: '198.51.100.0/24', address: '198.51.100.53' })
    const taken = { name: 'office', cidr: '198.51.0.0/16', gateway: '198.51.0.1' }
    expect(outsideOf({ ...small, networks: [taken] }).cidr).toBe('203.0.113.0/24')
    const client = '203.0.113.10'
    expect(outsideOf({ ...small, networks: [taken], client }).cidr).toBe('192.0.2.0/24')
    const last = { name: 'last', cidr: '192.0.2.128/25', gateway: '192.0.2.129' }
    expect(() => outsideOf({ ...small, networks: [taken, last], client })).toThrow('leaves no network')
  })

  test('has every address but those of the lab, and no private one is asked for there', () => {
    expect(everyAddress(small, labNetworks(small))).toEqual([
      'rule add pref 10 to 198.51.100.1/32 lookup main',
      'rule add pref 10 to 10.0.0.0/24 lookup main',
      'rule add pref 10 to 10.0.3.0/24 lookup main',
      'rule add pref 10 to 10.10.0.0/24 lookup main',
      'rule add pref 100 lookup local',
      'rule del pref 0',
      'route add local 0.0.0.0/0 dev lo',
    ])
    expect(wayOut(small)).toContain('route add unreachable 10.0.0.0/8 metric 4096')
    expect(wayOut(small).at(-1)).toBe('route add default via 198.51.100.53')
  })

  test('notes that are alike are counted for each host', () => {
    const lines = [
      { at: 1, from: '10.0.3.11', to: '1.1.1.1', protocol: 'tcp', port: 443, opens: true },
      { at: 2, from: '10.0.3.11', to: '1.1.1.1', protocol: 'tcp', port: 443, opens: false },
      { at: 3, from: '10.0.3.11', to: '1.1.1.1', protocol: 'tcp', port: 443, opens: true },
      { at: 4, from: '10.0.9.9', to: '1.1.1.1', protocol: 'icmp' },
      { at: 5, from: '10.0.3.12', to: '9.9.9.9', protocol: 'udp', port: 53, name: 'example.org', type: 'A' },
    ]
    const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"at": 6, "fr`
    expect(summarize(parseArrivals(text), small.hosts)).toEqual([
      { from: 'db1', what: 'connection to 1.1.1.1:443', count: 2, first: 1, last: 3 },
      { from: 'db1', what: 'packets of a connection to 1.1.1.1:443', count: 1, first: 2, last: 2 },
      { from: '10.0.9.9', what: 'icmp to 1.1.1.1', count: 1, first: 4, last: 4 },
      { from: 'db2', what: 'DNS: A example.org', count: 1, first: 5, last: 5 },
    ])
    expect(parseArrivals('')).toEqual([])
  })
})

/** What the outside answers to a question, and what it notes of the packet that carries it. */
function asks(name: string, type = 1): { readonly answer: string; readonly noted: unknown } {
  const program = `
import json, struct, sys
sys.path.insert(0, sys.argv[1])
import outside
name, kind = sys.argv[2], int(sys.argv[3])
labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".") if l) + b"\\0"
question = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)
packet = bytes([0x45]) + bytes(8) + bytes([17]) + bytes(2) + bytes([10, 0, 3, 11]) + bytes([9, 9, 9, 9])
packet += struct.pack("!HHHH", 40000, 53, 8 + len(question), 0) + question
said = outside.answer(question, "198.51.100.53", ["internal", "invalid"])
print(json.dumps({"answer": said.hex(), "noted": outside.packet(packet)}))
`
  const folder = join(root, 'src/lab/service')
  const run = spawnSync('python3', ['-B', '-c', program, folder, name, String(type)], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout) // the program's own format
}

describe('its DNS', () => {
  const codeOf = (answer: string) => Number.parseInt(answer.slice(6, 8), 16) & 15
  const recordsOf = (answer: string) => Number.parseInt(answer.slice(12, 16), 16)

  test('leads every name of the world to its own address', () => {
    const { answer, noted } = asks('Deb.Debian.org')
    expect([codeOf(answer), recordsOf(answer)]).toEqual([0, 1])
    expect(answer.slice(-8)).toBe('c6336435')
    expect(noted).toEqual({
      from: '10.0.3.11',
      to: '9.9.9.9',
      protocol: 'udp',
      port: 53,
      name: 'deb.debian.org',
      type: 'A',
    })
  })

  test('has no other records than those', () => {
    const { answer } = asks('deb.debian.org', 28)
    expect([codeOf(answer), recordsOf(answer)]).toEqual([0, 0])
  })

  test.each(['patroni1', 'patroni1.internal', 'internal', 'x.invalid', ''])('knows no "%s"', (name) => {
    expect(codeOf(asks(name).answer)).toBe(3)
  })

  test('takes nonsense for nothing', () => {
    const program = `import sys; sys.path.insert(0, sys.argv[1]); import outside
for text in (b"", b"x" * 12, bytes(12) + b"\\x3f", bytes(12), bytes([0, 0, 128]) + bytes(14)):
    assert outside.answer(text, "198.51.100.53", []) is None, text`
    const run = spawnSync('python3', ['-B', '-c', program, join(root, 'src/lab/service')], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
  })
})
