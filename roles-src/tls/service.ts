import { defineService, type OptionsOf, roleValues, type Topology, type TopologyHost } from '#topology'
import { type Options, options } from './options.ts'
import { needsOf, publicNames, sourceOf } from './public.ts'
import role from './role.ts'
import { rules } from './rules.ts'

/** A folder of the project as a playbook sees it, which lies in `generated/<deployment>/`. */
const folderOf = (path: string) => (path.startsWith('/') ? path : `{{ playbook_dir }}/../../${path}`)

/** The folder of the secrets as a playbook sees it. */
export function secretsFolder(topology: Topology): string {
  const { name, control } = topology.deployment.input
  return folderOf(control?.secrets ?? `inventory/${name}/secrets`)
}

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
  rules,

  follow: (_options, topology) => ({
    hosts: needsOf(topology).length > 0 ? topology.hosts.map(({ name }) => name) : [],
  }),

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
