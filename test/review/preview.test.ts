import { beforeAll, describe, expect, it } from 'vitest'
import { loadSources } from '../../src/compile/load.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import { hostsNamed, type Preview, type PreviewedFile, preview } from '../../src/review/preview.ts'
import { validate } from '../../src/review/validate.ts'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'

let project: CompiledProject
let found: Preview
beforeAll(async () => {
  project = await compileProject(await loadSources(root, root), {})
  found = await preview({ root, languageRoot: root }, project, 'production', [
    'haproxy1',
    'patroni1',
    'redis',
  ])
})

const fileOf = (host: string, path: string): PreviewedFile | undefined =>
  found.files.find((file) => file.host === host && file.path === path)
const textOf = (host: string, path: string): string => String(fileOf(host, path)?.content)

describe('preview', needs('the pinned Ansible'), () => {
  it('renders the hosts that were named, and no other', () => {
    expect([...new Set(found.files.map(({ host }) => host))]).toEqual(['haproxy1', 'patroni1', 'redis'])
  })

  it('gives a template the values of its host', () => {
    expect(textOf('haproxy1', '/etc/keepalived/keepalived.conf')).toContain('unicast_src_ip 10.0.1.11')
    expect(textOf('patroni1', '/etc/hosts')).toMatch(/^10\.0\.3\.12\s+patroni2\.internal patroni2$/m)
  })

  it('knows who may read a file, what made it and what a change of it does', () => {
    expect({ ...fileOf('haproxy1', '/etc/haproxy/haproxy.cfg'), content: '' }).toEqual({
      host: 'haproxy1',
      path: '/etc/haproxy/haproxy.cfg',
      role: 'haproxy',
      task: 'Configure | Write the configuration of HAProxy',
      source: 'haproxy.cfg.j2',
      owner: 'root',
      group: 'haproxy',
      mode: '0640',
      validate: 'haproxy -c -f %s',
      notify: ['Reload HAProxy'],
      assumed: [],
      content: '',
    })
  })

  it('asks the facts of the host for its release', () => {
    expect(textOf('redis', '/etc/apt/sources.list.d/debian.sources')).toContain('bookworm')
  })

  it('masks secrets, each by its name', () => {
    expect(textOf('patroni1', '/etc/patroni/config.yml')).toMatch(/password: '?"?SECRET-[a-z_]+/)
    const secrets = project.deployments.get('production')?.inventory.secrets ?? new Map()
    const masks = found.files.flatMap(({ content }) => [...String(content).matchAll(/SECRET-([a-z0-9_]+)/g)])
    expect(masks.length).toBeGreaterThan(3)
    for (const [, name] of masks) expect([...secrets.keys()]).toContain(name)
  })

  it('names what only a host knows', () => {
    expect(found.unknown).toContainEqual(
      expect.objectContaining({ host: 'redis', role: 'tls', task: 'Configure | Write the certificates' }),
    )
  })

  it('refuses a host that there is not', () => {
    const topology = project.deployments.get('production')?.topology
    if (!topology) throw new Error('production has findings')
    expect(() => hostsNamed(topology, ['haproxy9'])).toThrow('There is no host "haproxy9".')
  })
})

describe('validation', { ...needs('root'), ...needs('nft') }, () => {
  const judged = async (change: (text: string) => string) => {
    const file = fileOf('redis', '/etc/firewall/wanted/rules.nft')
    const hosts = project.deployments.get('production')?.topology.hosts ?? []
    if (!file) throw new Error('redis has no rules')
    const changed = { ...file, content: Buffer.from(change(String(file.content))) }
    const [first] = await validate(
      [changed],
      hosts.filter(({ name }) => name === 'redis'),
    )
    return first
  }

  it("passes what the file's own program accepts", async () => {
    expect(await judged((text) => text)).toMatchObject({ verdict: 'valid' })
  })

  it('fails what it refuses, with what it says', async () => {
    const refused = await judged((text) => text.replace('policy drop', 'policy maybe'))
    expect(refused?.verdict).toBe('invalid')
    expect(refused?.said).toContain('policy maybe')
  })

  it('leaves to the host what the program finds on the host alone', async () => {
    const unjudged = await judged((text) => `include "/etc/firewall/of-the-host.nft"\n${text}`)
    expect(unjudged).toMatchObject({
      verdict: 'unjudged',
      said: expect.stringContaining('/etc/firewall/of-the-host.nft'),
    })
  })
})
