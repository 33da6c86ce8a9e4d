import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'
import { renderTemplate } from './render.ts'

const PROXY = '10.0.1.11'
const STRANGER = '10.0.1.13'
const OUTSIDE = '192.0.2.80'
/** Where from, source, destination, port. */
type Probe = readonly ['outside' | 'container' | 'host', string, string, number]
const probes = {
  'the proxy reaches the published port': ['outside', PROXY, '10.0.2.10', 81],
  'others do not': ['outside', STRANGER, '10.0.2.10', 81],
  'nobody reaches the container without going through the host': ['outside', PROXY, '172.17.0.2', 8080],
  'the container reaches its host': ['container', '172.17.0.2', '172.17.0.1', 5000],
  'the container reaches its clients': ['container', '172.17.0.2', PROXY, 5000],
  'the container reaches the internet': ['container', '172.17.0.2', OUTSIDE, 443],
} satisfies Readonly<Record<string, Probe>>

const rules = [
  { purpose: 'pages', protocol: 'tcp', ports: ['80-82'], sources: [PROXY], destinations: ['10.0.2.10'] },
  { purpose: 'from containers', protocol: 'tcp', ports: ['5000'], sources: ['172.17.0.0/16'] },
]
const values = (egress: 'open' | 'closed') => ({
  firewall_rules: rules.map((rule) => ({ destinations: [], ...rule })),
  firewall_docker: true,
  firewall_egress: egress,
  firewall_egress_networks: ['10.0.0.0/16'],
})

const all = ['root', 'nft', 'iptables-restore', 'ip', 'nsenter', 'sysctl'] as const
describe('a host that publishes a port', needs(...all), () => {
  const cases = [values('open'), values('closed')]
  const [open = '', closed = ''] = renderTemplate('firewall', 'rules.nft.j2', cases)
  const [openChain = '', closedChain = ''] = renderTemplate('firewall', 'docker-user.rules.j2', cases)

  const ask = (rules: string, user_chain: string) => {
    const run = spawnSync('python3', [join(root, 'test/roles/docker.py')], {
      input: JSON.stringify({ rules, user_chain, probes: Object.values(probes) }),
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    const answers: readonly boolean[] = JSON.parse(run.stdout) // the script's own format
    return Object.fromEntries(Object.keys(probes).map((name, i) => [name, answers[i]]))
  }
  const opened = {
    'the proxy reaches the published port': true,
    'others do not': false,
    'nobody reaches the container without going through the host': false,
    'the container reaches its host': true,
    'the container reaches its clients': true,
    'the container reaches the internet': true,
  }

  it('is open to everybody with what Docker writes alone', () => {
    expect(ask('', '')).toEqual({
      ...opened,
      'others do not': true,
      'nobody reaches the container without going through the host': true,
    })
  })
  it('is open to those who may come with the rules of the own table alone', () => {
    expect(ask(open, '')).toEqual(opened)
  })
  it('is open to those who may come with the rules of DOCKER-USER alone', () => {
    expect(ask('', openChain)).toEqual(opened)
  })
  it('is open to those who may come with both', () => {
    expect(ask(open, openChain)).toEqual(opened)
  })
  it.each([
    ['the own table', closed, ''],
    ['DOCKER-USER', '', closedChain],
    ['both', closed, closedChain],
  ])('lets no container out with egress closed in %s', (_, table, chain) => {
    expect(ask(table, chain)).toEqual({ ...opened, 'the container reaches the internet': false })
  })
})
