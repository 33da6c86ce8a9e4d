import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { variant } from './variants.ts'

/** What the machine that calls is told in production with changes; undefined where nobody calls. */
async function told(changes: Parameters<typeof variant>[0] = {}, warnings: readonly string[] = []) {
  const { files, findings, project } = await variant(changes)
  expect(
    project.findings.map(({ code }) => code),
    findings.join('\n'),
  ).toEqual(warnings)
  const values = files.get('inventory/group_vars/verify_calls.yml')
  return { values: values === undefined ? undefined : parse(values), plays: files.get('verify.yml') ?? '' }
}

const uri = (host: number, tls = false) =>
  `turn${tls ? 's' : ''}:coturn${host}.chat.z3r0d3v.com:${tls ? 5349 : 3478}?transport=${tls ? 'tcp' : 'udp'}`

describe('the machine that calls', () => {
  it('asks both relays over UDP and over TLS, and each for the way to the other', async () => {
    const { values } = await told()
    expect(values.verify_calls_relays).toEqual([
      { uri: uri(1), through: uri(2) },
      { uri: uri(2), through: uri(1) },
      { uri: uri(1, true), through: uri(2) },
      { uri: uri(2, true), through: uri(1) },
    ])
    expect(values).toMatchObject({
      verify_calls_relay_ports: '49152-65535',
      verify_calls_relay_addresses: ['10.0.5.11', '10.0.5.12'],
      verify_calls_refused_peers: ['10.0.3.11:5432', '10.0.3.12:5432', '10.0.3.13:5432'],
      verify_calls_relay_secret: '{{ vault_turn_auth_secret }}',
    })
  })

  it('calls under the name that clients are told, and knows the ports that the deployment declares', async () => {
    const udpPorts = { mode: 'range', first: 50_000, last: 60_000 } as const
    const { values } = await told({ services: { livekit: { udpPorts }, verify_calls: { packets: 7 } } })
    expect(values).toMatchObject({
      verify_calls_url: 'wss://rtc.chat.z3r0d3v.com',
      verify_calls_servers: ['10.0.5.21'],
      verify_calls_udp_ports: '50000-60000',
      verify_calls_tcp_port: '7881',
      verify_calls_told_relays: [uri(1), uri(2), uri(1, true), uri(2, true)],
      verify_calls_packets: 7,
      verify_calls_ways: ['udp'],
      verify_calls_ways_without_media: ['relay-udp'],
      verify_calls_ways_without_udp: ['relay-tls', 'tcp'],
    })
  })

  it('leaves UDP open where it is told to, and tries all ways', async () => {
    const { values } = await told({ services: { verify_calls: { closeUdp: false } } })
    expect(values).toMatchObject({
      verify_calls_ways: ['udp', 'relay-udp', 'relay-tls', 'tcp'],
      verify_calls_ways_without_media: [],
      verify_calls_ways_without_udp: [],
    })
  })

  it('calls without relays where there are none', async () => {
    const { values } = await told({ services: { turn: undefined } }, ['OPS-002', 'OPS-002', 'RTC-002'])
    expect(values.verify_calls_relays).toBeUndefined()
    expect(values.verify_calls_told_relays).toEqual([])
    expect(values.verify_calls_ways_without_media).toEqual([])
    expect(values.verify_calls_ways_without_udp).toEqual(['tcp'])
  })

  it('is not there where nobody stands where clients are', async () => {
    const { values, plays } = await told({ verifiers: { admin: '10.0.0.10' } })
    expect(values).toBeUndefined()
    expect(plays).not.toContain('verify_calls')
  })
})
