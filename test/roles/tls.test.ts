import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import production from '../../inventory/production.ts'
import { acmeWarning } from '../../roles-src/tls/lifetime.ts'
import { type Variant, variant } from './variants.ts'

const DNS = { server: '10.0.6.10', zone: 'chat.z3r0d3v.com', keyName: 'acme.' }
const acme = { termsAgreed: true, dns: DNS } as const

interface Certificate {
  readonly name: string
  readonly source: string
  readonly common_name: string
  readonly names: readonly string[]
  readonly addresses: readonly string[]
}
const certificateOf = ({ files }: Variant, host: string, name: string): Certificate => {
  const values: { readonly tls_certificates: readonly Certificate[] } = parse(
    files.get(`inventory/host_vars/${host}.yml`) ?? '',
  )
  const found = values.tls_certificates.find((certificate) => certificate.name === name)
  if (!found) throw new Error(`${host} has no certificate ${name}`)
  return found
}
const groupOf = ({ files }: Variant): Readonly<Record<string, unknown>> =>
  parse(files.get('inventory/group_vars/tls.yml') ?? '')

describe('the service tls', () => {
  it('has every host trust the CA, also those without certificates', async () => {
    const found = await variant({ services: { matrix: undefined } })
    const { all } = parse(found.files.get('inventory/hosts.yml') ?? '')
    // Machines from which one verifies are no hosts of the deployment.
    const hosts = Object.keys(all.hosts).filter((name) => !(name in all.children.outside.hosts))
    expect(Object.keys(all.children.tls.hosts).sort()).toEqual(hosts.sort())
    expect(groupOf(found)).toMatchObject({
      tls_ca_certificate_file: expect.stringMatching(/\/ca\.crt$/),
      tls_issuer_certificate_file: expect.stringMatching(/\/ca-issuer\.crt$/),
      tls_issuer_key_file: expect.stringMatching(/\/ca-issuer\.key$/),
    })
  })

  it('has all certificates signed by the internal CA unless told', async () => {
    const found = await variant({})
    expect(found.findings).toEqual([])
    const web = certificateOf(found, 'haproxy1', 'web')
    expect(web).toMatchObject({ source: 'internal_ca', common_name: 'haproxy1.internal' })
    expect(web.names).toEqual(expect.arrayContaining(['haproxy1.internal', 'localhost', 'chat.z3r0d3v.com']))
    expect(web.addresses).toContain('10.0.1.10')
    expect(JSON.stringify(groupOf(found))).not.toContain('acme')
  })

  it('orders for public names alone, and leaves all others to the internal CA', async () => {
    const found = await variant({ services: { tls: { mode: 'acme', acme } } })
    const [warning] = found.project.findings
    expect(found.project.findings).toHaveLength(1)
    expect(warning).toMatchObject({ code: 'TLS-002', severity: 'warning' })
    expect(found.files.size).toBeGreaterThan(0)
    expect(certificateOf(found, 'coturn1', 'coturn')).toEqual({
      name: 'coturn',
      source: 'acme',
      common_name: 'coturn1.chat.z3r0d3v.com',
      names: ['coturn1.chat.z3r0d3v.com'],
      addresses: [],
      reload: ['coturn'],
    })
    const web = certificateOf(found, 'haproxy2', 'web')
    expect(web.names).toContain('matrix.chat.z3r0d3v.com')
    expect(web.names.filter((name) => !name.endsWith('chat.z3r0d3v.com'))).toEqual([])
    for (const [host, name] of [
      ['haproxy1', 'haproxy'],
      ['patroni1', 'patroni'],
      ['minio1', 'storage'],
      ['redis', 'redis'],
    ] as const)
      expect(certificateOf(found, host, name).source).toBe('internal_ca')
    expect(groupOf(found)).toMatchObject({
      tls_acme_directory: 'https://acme-v02.api.letsencrypt.org/directory',
      tls_acme_account_key_file: '{{ playbook_dir }}/../../inventory/variant/secrets/acme-account.key',
      tls_acme_dns_server: '10.0.6.10',
      tls_acme_dns_key_file: '{{ playbook_dir }}/../../inventory/variant/secrets/acme-tsig.key',
    })
  })

  it('takes single certificates from elsewhere', async () => {
    const found = await variant({
      services: {
        tls: {
          certificates: { web: 'provided', coturn: 'acme' },
          acme: { ...acme, dns: { command: ['/usr/bin/txt'] } },
        },
      },
    })
    expect(certificateOf(found, 'haproxy1', 'web').source).toBe('provided')
    expect(certificateOf(found, 'coturn2', 'coturn').source).toBe('acme')
    expect(groupOf(found)).toMatchObject({
      tls_provided_directory: '{{ playbook_dir }}/../../inventory/variant/secrets/certificates',
      tls_acme_dns_command: ['/usr/bin/txt'],
    })
  })

  it('wants to know how where it shall order', async () => {
    const { findings } = await variant({ services: { tls: { mode: 'acme' } } })
    expect(findings).toEqual(['services.tls.acme: is needed for certificates of an ACME server.'])
  })

  it('has monitoring ask by the name that a certificate is for', async () => {
    const { files } = await variant({})
    const text = files.get('inventory/host_vars/monitoring.yml') ?? ''
    expect(text + (files.get('inventory/group_vars/prometheus.yml') ?? '')).toContain(
      'coturn1.chat.z3r0d3v.com:5349',
    )
  })
})

describe('the warning of certificates that end with the internet', () => {
  it.each([
    // As announced: 90 days, 64 from 2027-02-10, 45 from 2028-02-16.
    { cut: '2027-01-01', first: '2027-01-31', last: '2027-04-01' },
    { cut: '2027-02-20', first: '2027-03-22', last: '2027-05-10' },
    { cut: '2027-06-01', first: '2027-07-01', last: '2027-08-04' },
    { cut: '2028-03-01', first: '2028-03-31', last: '2028-04-19' },
    { cut: '2029-01-01', first: '2029-01-31', last: '2029-02-15' },
  ])('after a cut on $cut names $first to $last', ({ cut, first, last }) => {
    const { message } = acmeWarning(['web'], { internetEnds: cut }, 30)
    expect(message).toBe(
      `The certificates web of an ACME server end between ${first} and ${last}: the internet is cut on ${cut}.`,
    )
  })

  it('goes by what another server signs for', () => {
    const { message } = acmeWarning(['web'], { internetEnds: '2027-01-01', validityDays: 7 }, 30)
    expect(message).toContain('between 2027-01-08 and 2027-01-08')
  })

  it('says for how long they go on where no day is declared', () => {
    expect(acmeWarning(['coturn', 'web'], {}, 30).message).toContain(
      '90 days before 2027-02-10, 64 from 2027-02-10, 45 from 2028-02-16',
    )
  })
})

describe('an ACME server', () => {
  const findings = async (directory: string, domain = 'chat.z3r0d3v.com') => {
    const { services } = production.input
    const names = [domain, `matrix.${domain}`, `rtc.${domain}`]
    const base = {
      names: (services.base?.names ?? []).map((one) =>
        one.names.includes('chat.z3r0d3v.com') ? { ...one, names } : one,
      ),
    }
    const found = await variant({
      domain,
      services: { base, tls: { certificates: { web: 'acme' }, acme: { ...acme, directory } } },
    })
    return found.project.findings.map(({ code, message }) => `${code} ${message}`)
  }

  it('of the own network outlives the internet', async () => {
    expect(await findings('https://10.0.6.30:8443/acme/acme/directory')).toEqual([])
    expect(await findings('https://ca.chat.z3r0d3v.com/directory')).toEqual([])
    expect(await findings('https://backup.internal:9000/acme/directory')).toEqual([])
    expect(await findings('https://acme.example.net/directory')).toEqual([expect.stringMatching(/^TLS-002 /)])
  })

  it('of a public CA signs for names alone that somebody can own', async () => {
    expect(await findings('https://acme.zerossl.com/v2/DV90', 'chat')).toContainEqual(
      'TLS-006 The certificates web are ordered from ZeroSSL for chat, and nobody can own a name without a dot.',
    )
    expect(await findings('https://dv.acme-v02.api.pki.goog/directory', 'chat.corp')).toContainEqual(
      'TLS-006 The certificates web are ordered from Google Trust Services for chat.corp, and nobody can own a name below corp.',
    )
    expect(await findings('https://notletsencrypt.org/directory', 'chat.corp')).toEqual([
      expect.stringMatching(/^TLS-002 /),
    ])
  })
})
