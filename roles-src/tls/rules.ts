import {
  defineServiceRule,
  isNetwork,
  isPrivate,
  type ServiceRule,
  type Topology,
  type Violation,
} from '#topology'
import { acmeWarning, SHORTEST_OF_LETS_ENCRYPT } from './lifetime.ts'
import type { Options } from './options.ts'
import { publicNames, sourceOf } from './public.ts'

/** Days that systems of Apple allow a certificate at most, whoever signed it. */
const LONGEST_LEAF = 825
/** Days before its end from which monitoring warns of a certificate: `CertificateExpiresSoon` in roles-src/monitoring. */
const ALERT_DAYS = 14
/** Public CAs by the domains of their ACME servers. */
const PUBLIC_CAS = [
  { name: "Let's Encrypt", domain: 'letsencrypt.org' },
  { name: 'ZeroSSL', domain: 'zerossl.com' },
  { name: 'Google Trust Services', domain: 'pki.goog' },
] as const
/** Names that no public CA signs for, since nobody has them (RFC 2606, RFC 6761, RFC 6762, RFC 8375; ICANN on `.internal`). */
const NOBODYS = ['internal', 'local', 'localhost', 'test', 'example', 'invalid', 'home.arpa', 'lan', 'corp']

const at = (...keys: readonly string[]) => ['services', 'tls', ...keys]

const namesPublicCertificates = defineServiceRule<Options>({
  code: 'TLS-001',
  severity: 'error',
  demand: 'Only a certificate that clients see comes from elsewhere than the internal CA.',
  reason:
    'Servers believe each other by the internal CA alone: with any other certificate between them, none would speak to the other.',
  evidence: 'Every role is given /etc/tls/<name>/ca.crt, the root of the internal CA, as what to believe.',
  wayOut: 'Take the name out of services.tls.certificates.',
  check: ({ certificates }, topology) => {
    const seen = publicNames(topology)
    return Object.keys(certificates)
      .filter((name) => !seen.includes(name))
      .map((name) => ({
        message: `services.tls.certificates names "${name}", which no service shows to clients.`,
        subject: name,
        at: at('certificates', name),
        hint: `Those that clients see: ${seen.join(', ') || 'none'}. All others are of the internal CA.`,
      }))
  },
})

/** Names of certificates that are ordered from an ACME server. */
const orderedNames = (options: Options, topology: Parameters<typeof publicNames>[0]): readonly string[] =>
  options.acme ? publicNames(topology).filter((name) => sourceOf(options, name) === 'acme') : []

const hostOf = (directory: string): string =>
  /^https?:\/\/([^/:]+)/i.exec(directory)?.[1]?.toLowerCase() ?? ''
const isIn = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`)

/** Whether an ACME server is there without the internet: in the deployment's domain, in its hosts' or in a private network. */
function staysReachable(directory: string, { deployment, hosts }: Topology): boolean {
  const host = hostOf(directory)
  const { domain, controller } = deployment.input
  const own = [domain, ...hosts.map(({ name, fqdn }) => fqdn.slice(name.length + 1))]
  return isNetwork(host)
    ? isPrivate(host) || host === controller
    : host === 'localhost' || own.some((one) => isIn(host, one))
}

const outlivesInternet = defineServiceRule<Options>({
  code: 'TLS-002',
  severity: 'warning',
  demand: 'Certificates that clients see outlive the internet.',
  reason:
    'An ACME server renews them while it can be reached. Once the internet is cut each of them ends on a day that is known, and clients refuse to connect from then on.',
  evidence:
    "Let's Encrypt, 2025-12-02: certificates of 90 days become ones of 64 on 2027-02-10 and of 45 on 2028-02-16.",
  wayOut:
    "Have them signed by the internal CA, provide them, or order them from an ACME server in a private network or in the deployment's domain; until then state the day of the cut, acme.internetEnds.",
  check: (options, topology) => {
    const ordered = orderedNames(options, topology)
    return options.acme && ordered.length > 0 && !staysReachable(options.acme.directory, topology)
      ? [
          {
            ...acmeWarning(ordered, options.acme, options.renewBeforeDays),
            subject: 'tls',
            at: at('acme', ...(options.acme.internetEnds === undefined ? [] : ['internetEnds'])),
          },
        ]
      : []
  },
})

const renewedOnce = defineServiceRule<Options>({
  code: 'TLS-003',
  severity: 'error',
  demand: 'A certificate lives longer than the days before its end from which it is renewed.',
  reason:
    'Otherwise a new one is due as soon as it is there: every run renews all of them and reloads every service, and an ACME server soon refuses.',
  evidence:
    "roles-src/tls/requested.ts renews what ends within tls_renew_before_days. Let's Encrypt, rate limits: five certificates for the same names in seven days.",
  wayOut: 'Lower renewBeforeDays; a third of the shortest lifetime is usual.',
  check: (options, topology) => {
    const { validityDays, renewBeforeDays, acme } = options
    const ordered = orderedNames(options, topology).length > 0
    const lifetimes = [
      { days: validityDays, whose: 'of the internal CA' },
      ...(acme && ordered
        ? [{ days: acme.validityDays ?? SHORTEST_OF_LETS_ENCRYPT, whose: 'of the ACME server' }]
        : []),
    ]
    return lifetimes
      .filter(({ days }) => days <= renewBeforeDays)
      .map(({ days, whose }) => ({
        message: `A certificate ${whose} is valid for ${days} days and renewed from ${renewBeforeDays} days before its end.`,
        subject: 'tls',
        at: at('renewBeforeDays'),
      }))
  },
})

const renewedBeforeAlert = defineServiceRule<Options>({
  code: 'TLS-004',
  severity: 'warning',
  demand: `A certificate is renewed more than ${ALERT_DAYS} days before its end.`,
  reason:
    'A person runs the playbook that renews. From then on monitoring warns of the end: whoever renews later is warned of what is in order, and learns to look away.',
  evidence: `roles-src/monitoring/rules/probes.ts warns ${ALERT_DAYS} days before a certificate ends.`,
  wayOut: 'Leave renewBeforeDays at 30.',
  check: ({ renewBeforeDays }) =>
    renewBeforeDays > ALERT_DAYS
      ? []
      : [
          {
            message: `Certificates are renewed from ${renewBeforeDays} days before their end, and monitoring warns ${ALERT_DAYS} days before.`,
            subject: 'tls',
            at: at('renewBeforeDays'),
          },
        ],
})

const believedByDevices = defineServiceRule<Options>({
  code: 'TLS-005',
  severity: 'error',
  demand: `A certificate of the internal CA that clients see is valid for at most ${LONGEST_LEAF} days.`,
  reason:
    'Devices of Apple refuse a longer one, also where they trust the CA: to their users the server is broken.',
  evidence:
    'Apple, Requirements for trusted certificates in iOS 13 and macOS 10.15 (support.apple.com, 103769).',
  wayOut: 'Leave validityDays at 397, and renew by certificates.yml.',
  check: (options, topology) => {
    const signed = publicNames(topology).filter((name) => sourceOf(options, name) === 'internal_ca')
    return options.validityDays <= LONGEST_LEAF || signed.length === 0
      ? []
      : [
          {
            message: `Certificates of the internal CA are valid for ${options.validityDays} days; ${signed.join(' and ')} are shown to clients.`,
            subject: 'tls',
            at: at('validityDays'),
          },
        ]
  },
})

const signedFor = defineServiceRule<Options>({
  code: 'TLS-006',
  severity: 'error',
  demand: 'What is ordered from a public CA is for a name that somebody can own.',
  reason: 'A public CA signs for names of the public DNS alone: an order for any other one is refused.',
  evidence:
    "CA/Browser Forum, Baseline Requirements, section 4.2.2 (internal names); RFC 6761 and RFC 8375 (special-use names). lego's documentation, CA servers, has the directories of Let's Encrypt, ZeroSSL and Google.",
  wayOut:
    'Have the certificates signed by the internal CA, or name the directory of an ACME server of your own.',
  check: (options, topology): readonly Violation[] => {
    const { domain } = topology.deployment.input
    const ending = NOBODYS.find((name) => isIn(domain, name))
    const unowned =
      ending !== undefined
        ? `nobody can own a name below ${ending}`
        : domain.includes('.')
          ? undefined
          : 'nobody can own a name without a dot'
    const ordered = orderedNames(options, topology)
    const asked = hostOf(options.acme?.directory ?? '')
    const ca = PUBLIC_CAS.find((one) => isIn(asked, one.domain))
    return unowned === undefined || ordered.length === 0 || ca === undefined
      ? []
      : [
          {
            message: `The certificates ${ordered.join(' and ')} are ordered from ${ca.name} for ${domain}, and ${unowned}.`,
            subject: 'tls',
            at: ['domain'],
          },
        ]
  },
})

/** What certificates must keep. */
export const rules: readonly ServiceRule<Options>[] = [
  namesPublicCertificates,
  outlivesInternet,
  renewedOnce,
  renewedBeforeAlert,
  believedByDevices,
  signedFor,
]
