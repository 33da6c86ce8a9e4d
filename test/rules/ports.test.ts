import { describe, expect, it } from 'vitest'
import { noWildcardBesideVip, portsOnce } from '../../src/rules/ports.ts'
import type { Endpoint, ServiceDeclaration } from '../../src/topology/index.ts'
import { said, settled } from './village.ts'

const opens = (port: number, more: Partial<Endpoint> = {}): ServiceDeclaration => ({
  hosts: ['inn'],
  endpoints: [{ name: 'pages', port, protocol: 'tcp', purpose: 'pages', ...more }],
})
const answers = (port: number): ServiceDeclaration => ({
  hosts: ['inn', 'mill'],
  frontends: [{ name: 'web', vip: 'front', port, purpose: 'pages' }],
})

describe('a port', () => {
  it('is opened twice where ranges touch', () => {
    const topology = settled({ bakery: opens(7000, { lastPort: 7010 }), forge: opens(7010) })
    expect(said(portsOnce, topology)).toEqual(['bakery (pages) and forge (pages) both open tcp 7010 of inn.'])
  })

  it('is another one on another host, in another protocol, and on a virtual IP', () => {
    const topology = settled({
      bakery: opens(7000),
      forge: { ...opens(7000), hosts: ['mill'] },
      relay: opens(7000, { protocol: 'udp' }),
      web: answers(7000),
    })
    expect(said(portsOnce, topology)).toEqual([])
    expect(said(noWildcardBesideVip, topology)).toEqual([])
  })

  it('of a virtual IP belongs to one service', () => {
    const other = {
      ...answers(443),
      frontends: [{ name: 'shop', vip: 'front', port: 443, purpose: 'wares' }],
    }
    expect(said(portsOnce, settled({ web: answers(443), shop: other }))).toEqual([
      'web (web) and shop (shop) both have the port 443 of the virtual IP front.',
    ])
  })

  it('on all addresses takes that of a virtual IP, on the hosts that may hold it alone', () => {
    const everywhere = opens(443, { wildcard: true })
    expect(said(noWildcardBesideVip, settled({ forge: everywhere, web: answers(443) }))).toHaveLength(1)
    expect(said(noWildcardBesideVip, settled({ forge: everywhere, web: answers(80) }))).toEqual([])
    const aside = { ...everywhere, hosts: ['tower'] }
    expect(said(noWildcardBesideVip, settled({ forge: aside, web: answers(443) }))).toEqual([])
  })
})
