import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, type Topology, type TopologyHost } from '#topology'
import { SOURCES, type Source } from './certificate.ts'
import { acmeWarning } from './lifetime.ts'
import role from './role.ts'

const acme = z.object({
  directory: z
    .string()
    .default('https://acme-v02.api.letsencrypt.org/directory')
    .describe("Directory of the server; Let's Encrypt unless told."),
  termsAgreed: z.literal(true).describe('That you agree to the terms of the server.'),
  contact: z.array(z.string()).default([]).describe('Such as `mailto:admin@example.net`.'),
  dns: z
    .union([
      z.object({
        server: z.string().describe('Address of the name server that takes updates by RFC 2136.'),
        port: z.int().min(1).max(65_535).default(53),
        zone: z.string().describe('Zone that the records are written to.'),
        keyName: z.string().describe('Name of the TSIG key, which is in `acme-tsig.key` of the secrets.'),
        keyAlgorithm: z.enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512']).default('hmac-sha256'),
      }),
      z.object({
        command: z.array(z.string()).min(1).describe('Program and arguments on the controller.'),
      }),
    ])
    .describe('How the names are shown to be ours: by RFC 2136, or by a command.'),
  nameservers: z
    .array(z.string())
    .default([])
    .describe('Addresses of name servers that must answer with the records before the server looks.'),
  validityDays: z
    .int()
    .min(1)
    .optional()
    .describe("Days for which the server signs; those of Let's Encrypt, as announced, unless told."),
  internetEnds: z.iso.date().optional().describe('The day of the cut, as 2027-01-31.'),
})

const options = z
  .object({
    mode: z
      .enum(SOURCES)
      .default('internal_ca')
      .describe('Where the certificates that clients see come from. All others are of the internal CA.'),
    certificates: z
      .record(z.string(), z.enum(SOURCES))
      .default({})
      .describe('Single ones of them, by name, that come from elsewhere.'),
    providedFolder: z
      .string()
      .optional()
      .describe(
        'Folder of those made elsewhere, as `<host>/<name>.crt` and `.key`, relative to the project; `certificates` in that of the secrets unless told.',
      ),
    acme: acme.optional().describe('Needed where certificates come from an ACME server.'),
    validityDays: z
      .int()
      .min(1)
      .default(397)
      .describe('Days for which a new certificate of the internal CA is valid.'),
    renewBeforeDays: z
      .int()
      .min(0)
      .default(30)
      .describe('Days before its end when a certificate is renewed.'),
  })
  .superRefine(({ mode, certificates, acme }, issues) => {
    if (!acme && [mode, ...Object.values(certificates)].includes('acme'))
      issues.addIssue({
        code: 'custom',
        path: ['acme'],
        message: 'is needed for certificates of an ACME server',
      })
  })
type Options = z.output<typeof options>

/** A folder of the project as a playbook sees it, which lies in `generated/<deployment>/`. */
const folderOf = (path: string) => (path.startsWith('/') ? path : `{{ playbook_dir }}/../../${path}`)

/** The folder of the secrets as a playbook sees it. */
export function secretsFolder(topology: Topology): string {
  const { name, control } = topology.deployment.input
  return folderOf(control?.secrets ?? `inventory/${name}/secrets`)
}

const needsOf = (topology: Topology) => topology.services.flatMap(({ certificates }) => certificates)
/** Names of the certificates that clients see. */
const publicNames = (topology: Topology): readonly string[] => [
  ...new Set(needsOf(topology).flatMap((need) => (need.public ? [need.name] : []))),
]
const sourceOf = ({ mode, certificates }: Options, name: string): Source => certificates[name] ?? mode

/** Whether all that clients see is of the internal CA, which they then have to know. */
export function clientsNeedCa(topology: Topology): boolean {
  const parsed = options.parse(topology.deployment.input.services.tls ?? {})
  return publicNames(topology).every((name) => sourceOf(parsed, name) === 'internal_ca')
}

/**
 * What the services of a host want. A certificate of the internal CA is for the host's own names and its loopback as well;
 * nobody else would sign those.
 */
const certificatesOf = (options: Options, topology: Topology, host: TopologyHost) =>
  needsOf(topology)
    .filter(({ hosts }) => hosts.includes(host.name))
    .map(({ name, names = [], addresses = [], reload, public: seen }) => {
      const source = seen ? sourceOf(options, name) : 'internal_ca'
      if (source === 'internal_ca')
        return {
          name,
          source,
          common_name: host.fqdn,
          names: [...new Set([host.fqdn, host.name, 'localhost', ...names])],
          addresses: [...new Set([host.address, '127.0.0.1', ...addresses])],
          reload,
        }
      const [first] = names
      if (first === undefined)
        throw new Error(`The certificate ${name} of ${host.name} is for no public name`)
      return { name, source, common_name: first, names: [...new Set(names)], addresses: [], reload }
    })

function acmeValues({ acme }: Options, secrets: string) {
  if (!acme) return {}
  const { dns } = acme
  return {
    acme_directory: acme.directory,
    acme_account_key_file: `${secrets}/acme-account.key`,
    acme_contact: acme.contact,
    acme_terms_agreed: acme.termsAgreed,
    acme_nameservers: acme.nameservers,
    ...('command' in dns
      ? { acme_dns_command: dns.command }
      : {
          acme_dns_server: dns.server,
          acme_dns_port: dns.port,
          acme_dns_zone: dns.zone,
          acme_dns_key_name: dns.keyName,
          acme_dns_key_algorithm: dns.keyAlgorithm,
          acme_dns_key_file: `${secrets}/acme-tsig.key`,
        }),
  }
}

const service = defineService({
  name: 'tls',
  summary: 'Certificates on every host whose services want some, and an internal CA that all hosts trust.',
  options,

  follow: (_options, topology) => ({
    hosts: needsOf(topology).length > 0 ? topology.hosts.map(({ name }) => name) : [],
  }),

  findings: (options, topology) => {
    const seen = publicNames(topology)
    const unseen = Object.keys(options.certificates).filter((name) => !seen.includes(name))
    const ordered = seen.filter((name) => sourceOf(options, name) === 'acme')
    return [
      ...unseen.map((name) => ({
        code: 'not-a-public-certificate',
        severity: 'error' as const,
        message: `services.tls.certificates names "${name}", which no service shows to clients.`,
        hint: `Those that clients see: ${seen.join(', ') || 'none'}. All others are of the internal CA.`,
      })),
      ...(options.acme && ordered.length > 0
        ? [
            {
              code: 'acme-ends-with-internet',
              severity: 'warning' as const,
              ...acmeWarning(ordered, options.acme, options.renewBeforeDays),
            },
          ]
        : []),
    ]
  },

  variables: (options, topology) => {
    const secrets = secretsFolder(topology)
    const { providedFolder } = options
    return [
      roleValues(role, topology.service('tls')?.hosts.map(({ name }) => name) ?? [], (host) => ({
        ca_certificate_file: `${secrets}/ca.crt`,
        issuer_certificate_file: `${secrets}/ca-issuer.crt`,
        issuer_key_file: `${secrets}/ca-issuer.key`,
        provided_directory:
          providedFolder === undefined ? `${secrets}/certificates` : folderOf(providedFolder),
        certificates: certificatesOf(options, topology, host),
        validity_days: options.validityDays,
        renew_before_days: options.renewBeforeDays,
        trust_name: `${topology.deployment.input.name}-ca`,
        ...acmeValues(options, secrets),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    tls: OptionsOf<typeof service, Host, Vip>
  }
}
