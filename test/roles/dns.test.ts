import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Zone, zoneFile } from '../../roles-src/dns/zone.ts'
import { needs } from '../needs.ts'
import { root, temporaryFolder } from '../project/project.ts'

const zone: Zone = {
  domain: 'example.org',
  comment: 'A test.',
  ttl: 300,
  servers: ['ns1.example.org', 'ns2.example.org'],
  hostmaster: 'hostmaster.example.org',
  serial: undefined,
  addresses: [
    { name: 'www.example.org', address: '192.0.2.10' },
    { name: 'example.org', address: '192.0.2.10' },
    { name: 'ns1.example.org', address: '192.0.2.1' },
    { name: 'ns2.example.org', address: '192.0.2.2' },
    { name: 'turn.media.example.org', address: '192.0.2.20' },
  ],
}
const serialOf = (text: string) => Number(/\( (\d+) /.exec(text)?.[1])
const checkzone = (domain: string, text: string) => {
  const folder = temporaryFolder()
  try {
    const file = join(folder.path, 'zone')
    writeFileSync(file, text)
    const run = spawnSync('named-checkzone', ['-i', 'full', domain, file], { encoding: 'utf8' })
    return { status: run.status, said: run.stdout + run.stderr }
  } finally {
    folder.dispose()
  }
}

describe('a zone file', () => {
  it('says every name below the domain once, the domain itself first', () => {
    expect(zoneFile(zone)).toMatchInlineSnapshot(`
      "; A test.
      $ORIGIN example.org.
      $TTL 300
      @          IN SOA ns1 hostmaster ( 991966051 3600 600 1209600 300 )
      @          IN NS  ns1
      @          IN NS  ns2
      @          IN A   192.0.2.10
      ns1        IN A   192.0.2.1
      ns2        IN A   192.0.2.2
      turn.media IN A   192.0.2.20
      www        IN A   192.0.2.10
      "
    `)
  })
  it('has the same serial number for the same records, in whatever order they come', () => {
    const turned = { ...zone, addresses: [...zone.addresses].reverse() }
    expect(zoneFile(turned)).toBe(zoneFile(zone))
  })
  it('has another serial number when a record, a server or the time to live is another', () => {
    const others = [
      { ...zone, addresses: zone.addresses.map((a) => ({ ...a, address: '192.0.2.99' })) },
      { ...zone, addresses: zone.addresses.slice(1) },
      { ...zone, servers: ['ns1.example.org'] },
      { ...zone, ttl: 301 },
    ].map((other) => serialOf(zoneFile(other)))
    expect(new Set([serialOf(zoneFile(zone)), ...others]).size).toBe(5)
  })
  it('has the serial number that it is told', () => {
    expect(serialOf(zoneFile({ ...zone, serial: 2_026_112_401 }))).toBe(2_026_112_401)
  })
  it('names servers of other domains in full', () => {
    expect(zoneFile({ ...zone, servers: ['ns.example.net'] })).toContain('IN NS  ns.example.net.')
  })
  it('is accepted by named-checkzone', needs('named-checkzone'), () => {
    expect(checkzone('example.org', zoneFile(zone))).toMatchObject({ status: 0 })
  })
})

describe.each(['production', 'lab'])('the zone of %s', (deployment) => {
  const text = readFileSync(join(root, `generated/${deployment}/dns/chat.z3r0d3v.com.zone`), 'utf8')

  it('leads clients to TURN and LiveKit directly, and with all else to the edge', () => {
    const records = [...text.matchAll(/^(\S+) +IN A +(\S+)$/gm)].map(([, name, address]) => [name, address])
    expect(Object.fromEntries(records)).toMatchObject({
      '@': '10.0.1.10',
      matrix: '10.0.1.10',
      rtc: '10.0.1.10',
      coturn1: '10.0.5.11',
      coturn2: '10.0.5.12',
      livekit: '10.0.5.21',
    })
  })
  it('is accepted by named-checkzone', needs('named-checkzone'), () => {
    expect(checkzone('chat.z3r0d3v.com', text)).toMatchObject({ status: 0 })
  })
})
