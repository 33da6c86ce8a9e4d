import { z } from 'zod'
import { defineService, type OptionsOf, roleValues, type Topology, type TopologyHost } from '#topology'
import role from './role.ts'

const options = z.object({
  validityDays: z.int().min(1).default(397).describe('Days for which a new certificate is valid.'),
  renewBeforeDays: z.int().min(0).default(30).describe('Days before its end when it is renewed.'),
})

/** The folder of the secrets as a playbook sees it, which lies in `generated/<deployment>/`. */
export function secretsFolder(topology: Topology): string {
  const { name, control } = topology.deployment.input
  const folder = control?.secrets ?? `inventory/${name}/secrets`
  return folder.startsWith('/') ? folder : `{{ playbook_dir }}/../../${folder}`
}

/** What the services of a host want, each for the host's own names and its loopback as well. */
const certificatesOf = (topology: Topology, host: TopologyHost) =>
  topology.services
    .flatMap(({ certificates }) => certificates)
    .filter(({ hosts }) => hosts.includes(host.name))
    .map(({ name, names = [], addresses = [], reload }) => ({
      name,
      common_name: host.fqdn,
      names: [...new Set([host.fqdn, host.name, 'localhost', ...names])],
      addresses: [...new Set([host.address, '127.0.0.1', ...addresses])],
      reload,
    }))

const service = defineService({
  name: 'tls',
  summary: 'Certificates of an internal CA on every host whose services want some.',
  options,

  follow: (_options, topology) => ({
    hosts: [
      ...new Set(topology.services.flatMap(({ certificates }) => certificates.flatMap(({ hosts }) => hosts))),
    ],
  }),

  variables: (options, topology) => {
    const secrets = secretsFolder(topology)
    return [
      roleValues(role, topology.service('tls')?.hosts.map(({ name }) => name) ?? [], (host) => ({
        ca_certificate_file: `${secrets}/ca.crt`,
        ca_key_file: `${secrets}/ca.key`,
        certificates: certificatesOf(topology, host),
        validity_days: options.validityDays,
        renew_before_days: options.renewBeforeDays,
        trust_name: `${topology.deployment.input.name}-ca`,
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
