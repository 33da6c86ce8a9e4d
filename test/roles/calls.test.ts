import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import production from '../../inventory/production.ts'
import { specialRanges } from '../../roles-src/coturn/special-ranges.ts'
import { loadSources, type Sources } from '../../src/compile/load.ts'
import { checkProject } from '../../src/compile/project.ts'
import { type CompiledProject, compileProject } from '../../src/emit/project.ts'
import { extend, host } from '../../src/topology/index.ts'
import { collections, root } from '../project/project.ts'

/** A template of a role as Ansible renders it for each set of variables: all at once, since Ansible takes long to load. */
const render = (template: string, cases: readonly object[]): readonly string[] =>
  JSON.parse(
    execFileSync(join(root, '.venv/bin/python'), [join(root, 'test/roles/render.py')], {
      input: JSON.stringify({ template: join(root, 'roles-src', template), values: cases }),
      encoding: 'utf8',
    }),
  ) // the script's answer

/** Production with a second node of LiveKit, which then share Redis. */
const two = extend(
  {
    ...production,
    input: {
      ...production.input,
      hosts: {
        ...production.input.hosts,
        livekit2: host('10.0.5.22', { cpus: 16, memory: '32 GB', disks: ['100 GB'] }),
      },
    },
  } as typeof production, // a further host changes nothing about the others
  {
    name: 'two',
    services: {
      livekit: { hosts: ['livekit', 'livekit2' as 'livekit'] }, // as above
      livekit_jwt: { keepState: true },
    },
  },
)

describe('calls', () => {
  let sources: Sources
  let project: CompiledProject
  beforeAll(async () => {
    sources = await loadSources(root, root)
    project = await compileProject({ ...sources, deployments: [production, two] }, collections())
  })
  const flowsTo = (name: string, deployment = 'production') =>
    project.deployments
      .get(deployment)
      ?.topology.flows.filter(({ service }) => service === name)
      .map(({ fromNames, toNames, port, lastPort, protocol, via }) =>
        [fromNames.join('+'), toNames.join('+'), `${port}-${lastPort}/${protocol}`, via].join(' ').trim(),
      )
  const vars = (group: string, deployment = 'production') =>
    project.deployments.get(deployment)?.inventory.groupVars.get(group)

  it('reach relays and SFU directly, and nothing but HTTP passes a proxy', () => {
    expect(flowsTo('turn')).toEqual([
      'monitoring coturn1+coturn2 3478-3478/tcp',
      'clients coturn1+coturn2 3478-3478/tcp',
      'clients coturn1+coturn2 3478-3478/udp',
      'monitoring coturn1+coturn2 5349-5349/tcp',
      'clients coturn1+coturn2 5349-5349/tcp',
      'clients coturn1+coturn2 5349-5349/udp',
      'coturn1+coturn2+clients coturn1+coturn2 49152-65535/udp',
      'livekit coturn1+coturn2 49152-65535/udp',
    ])
    expect(flowsTo('livekit')).toEqual([
      'monitoring livekit 6789-6789/tcp',
      'haproxy1+haproxy2 livekit 7880-7880/tcp',
      'coturn1+coturn2+clients livekit 7881-7881/tcp',
      'coturn1+coturn2+clients livekit 7882-7897/udp',
    ])
    const passed = project.deployments
      .get('production')
      ?.topology.services.flatMap(({ sites, listeners, endpoints }) =>
        [...sites, ...listeners].map(
          ({ endpoint }) => endpoints.find(({ name }) => name === endpoint)?.protocol,
        ),
      )
    expect(new Set(passed)).toEqual(new Set(['tcp']))
  })

  it('are relayed to clients and to the servers that take part, and to no other server', () => {
    expect(vars('turn')).toMatchObject({
      coturn_allowed_peers: ['10.0.5.11', '10.0.5.12', '10.0.5.21'],
      coturn_total_quota: 5000,
      coturn_realm: 'chat.z3r0d3v.com',
    })
    const denied = vars('turn')?.['coturn_denied_peers'] as readonly string[]
    expect(denied).toContain('10.0.3.0-10.0.3.255')
    expect(denied).toHaveLength(Object.keys(production.input.networks).length)
    // Peers are clients: their network must not be denied.
    expect(denied.some((range) => range.startsWith('10.10.'))).toBe(false)
  })

  it('are not relayed to a controller that stands outside of the networks', async () => {
    const outside = extend(production, {
      name: 'outside',
      controller: '10.9.0.5',
      admins: ['10.9.0.0/24'],
      verifiers: { admin: '10.9.0.10' },
    })
    const compiled = await compileProject({ ...sources, deployments: [outside] }, collections())
    const values = compiled.deployments.get('outside')?.inventory.groupVars.get('turn')
    expect(values?.['coturn_denied_peers']).toContain('10.9.0.5-10.9.0.5')
  })

  it('are told what a person may take of a relay, and when the relay is too slow for any call', () => {
    const said = (network: string, allocationsPerUser: number) => {
      const slow = extend(production, {
        name: 'slow',
        hosts: (name) => (name === 'coturn2' ? { network } : {}),
        services: { turn: { allocationsPerUser } },
      })
      return checkProject({ ...sources, deployments: [slow] })
        .findings.filter(({ code }) => code.startsWith('TURN'))
        .map(({ code, hint }) => `${code} ${hint}`)
    }
    expect(said('100 Mbps', 12)).toEqual(['TURN-002 Set allocationsPerUser to 4 at least and 10 at most.'])
    expect(said('100 Mbps', 10)).toEqual([])
    const faster =
      'Give coturn2 a network of 40 Mbit/s or more, and set allocationsPerUser to 4 at least: a tenth of what it carries now is less than one call.'
    expect(said('30 Mbps', 3)).toEqual([`TURN-001 ${faster}`])
    expect(said('30 Mbps', 4)).toEqual([`TURN-002 ${faster}`])
  })

  it('use no Redis with one node, and one account each with two', () => {
    expect(vars('livekit_servers')).not.toHaveProperty('livekit_redis')
    expect(vars('redis_servers')).toMatchObject({
      redis_users: [{ name: 'redis_exporter' }],
      redis_max_memory_mb: 6144,
    })
    expect(flowsTo('redis')).toEqual(['monitoring redis 6379-6379/tcp'])
    expect(vars('livekit_servers', 'two')).toMatchObject({
      livekit_redis: { address: '10.0.5.30:6379', username: 'livekit' },
    })
    expect(vars('redis_servers', 'two')?.['redis_users']).toMatchObject([
      { name: 'livekit' },
      { name: 'livekit_jwt' },
      { name: 'redis_exporter' },
    ])
    expect(flowsTo('redis', 'two')).toEqual([
      'livekit redis 6379-6379/tcp',
      'livekit+livekit2 redis 6379-6379/tcp',
      'monitoring redis 6379-6379/tcp',
    ])
  })

  it('are advertised under a name that leads to the edge', () => {
    expect(vars('livekit_jwt')).toMatchObject({ lk_jwt_service_livekit_url: 'wss://rtc.chat.z3r0d3v.com' })
    const astray = extend(production, {
      name: 'astray',
      services: { base: { names: [{ of: 'livekit', names: ['rtc.chat.z3r0d3v.com'] }] } },
    })
    const { findings } = checkProject({ ...sources, deployments: [astray] })
    expect(findings.map(({ message }) => message).join('\n')).toMatch(
      /rtc\.chat\.z3r0d3v\.com \(.*\), which leads to livekit, 10\.0\.5\.21; it has to lead to the virtual IP edge/,
    )
  })

  it('refuse two nodes without Redis', () => {
    const alone = extend(two, {
      name: 'alone',
      services: { redis: undefined, livekit_jwt: { keepState: false } },
    })
    const { findings } = checkProject({ ...sources, deployments: [alone] })
    expect(findings.map(({ code }) => code)).toEqual(['OPS-002', 'RTC-005'])
  })
})

describe('the configuration of a relay', () => {
  const values = {
    coturn_address: '192.0.2.11',
    coturn_external_address: '',
    coturn_port: 3478,
    coturn_tls_port: 5349,
    coturn_min_port: 49_152,
    coturn_max_port: 65_535,
    coturn_auth_secret: 'S',
    coturn_realm: 'example.net',
    coturn_server_name: '',
    coturn_nonce_lifetime: 600,
    coturn_certificate_file: '',
    coturn_key_file: '',
    coturn_dtls: true,
    coturn_user_quota: 12,
    coturn_total_quota: 100,
    coturn_max_bps: 0,
    coturn_denied_peers: ['198.51.100.0-198.51.100.255'],
    coturn_allowed_peers: ['198.51.100.21'],
    _coturn_special_ranges: ['127.0.0.0-127.255.255.255'],
  }
  const tls = { coturn_certificate_file: '/c', coturn_key_file: '/k' }
  let [plain, withTls, withoutDtls]: readonly (readonly string[])[] = []
  beforeAll(() => {
    const cases = [values, { ...values, ...tls }, { ...values, ...tls, coturn_dtls: false }]
    ;[plain, withTls, withoutDtls] = render('coturn/templates/turnserver.conf.j2', cases).map((text) =>
      text.split('\n'),
    )
  })

  it('takes no TLS without a certificate, and no DTLS where it is off', () => {
    expect(plain).toEqual(expect.arrayContaining(['no-tls', 'no-dtls']))
    expect(withTls).toEqual(expect.arrayContaining(['cert=/c', 'pkey=/k', 'no-tlsv1', 'no-tlsv1_1']))
    expect(withTls).not.toContain('no-dtls')
    expect(withoutDtls).toContain('no-dtls')
  })

  it('denies ranges of special use and those that are told, and allows what is told', () => {
    expect(plain?.filter((line) => line.includes('-peer-ip='))).toEqual([
      'denied-peer-ip=127.0.0.0-127.255.255.255',
      'denied-peer-ip=198.51.100.0-198.51.100.255',
      'allowed-peer-ip=198.51.100.21',
    ])
  })

  it('denies no range that begins with ::, which coturn takes for all of IPv4', () => {
    expect(specialRanges.filter((range) => range.startsWith('::-'))).toEqual([])
  })
})

describe('the accounts of Redis', () => {
  it('hold no password, and nobody gets in without a name', () => {
    const [text = ''] = render('redis/templates/users.acl.j2', [
      {
        redis_admin_password: 'first-password-here',
        redis_users: [{ name: 'app', password: 'second-password-here', rules: ['~app:*', '+@all'] }],
      },
    ])
    expect(text).not.toMatch(/password-here/)
    expect(text.split('\n')).toEqual([
      'user default off resetpass resetkeys resetchannels -@all',
      expect.stringMatching(/^user admin on #[0-9a-f]{64} ~\* &\* \+@all$/),
      expect.stringMatching(/^user app on #[0-9a-f]{64} ~app:\* \+@all$/),
      '',
    ])
  })
})
