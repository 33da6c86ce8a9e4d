import { describe, expect, it } from 'vitest'
import { renderTemplate } from './render.ts'

const client = {
  chrony_servers: [{ address: '192.0.2.1', prefer: true }, { address: '192.0.2.2' }],
}
const source = {
  chrony_servers: [{ address: '192.0.2.2' }],
  chrony_listen_address: '192.0.2.1',
  chrony_allow: ['192.0.2.0/24', '198.51.100.0/24'],
}

describe('the configuration of chrony', () => {
  const [asClient = '', asSource = ''] = renderTemplate('chrony', 'chrony.conf.j2', [client, source])

  it('of a client asks its sources and binds no port', () => {
    expect(asClient).toContain('server 192.0.2.1 iburst prefer\nserver 192.0.2.2 iburst\nport 0\n')
    expect(asClient).not.toMatch(/^(allow|local|bindaddress)/m)
  })
  it('of a source answers on its own address, and goes on by its own clock where there is no better', () => {
    expect(asSource).toContain(
      'bindaddress 192.0.2.1\nallow 192.0.2.0/24\nallow 198.51.100.0/24\nlocal stratum 8 orphan\n',
    )
    expect(asSource).not.toMatch(/^port 0/m)
  })
  it('opens no port for commands', () => {
    for (const text of [asClient, asSource]) expect(text).toMatch(/^cmdport 0$/m)
  })
})

describe('a host that must not set its clock', () => {
  const both = [
    { ...client, chrony_set_clock: true },
    { ...client, chrony_set_clock: false },
  ]

  it('runs chronyd with -x, and the unit without the right to set it', () => {
    const [sets = '', follows = ''] = renderTemplate('chrony', 'default.j2', both)
    expect(sets).toContain('DAEMON_OPTS="-F 1"\n')
    expect(follows).toContain('DAEMON_OPTS="-F 1 -x"\n')
    const [own = '', shared = ''] = renderTemplate('chrony', 'override.conf.j2', both)
    expect(own).not.toContain('ConditionCapability')
    expect(shared).toMatch(/^ConditionCapability=$/m)
  })
})
