import { z } from 'zod'
import { block, defineRole, type Expr, each, j, named, register } from '#dsl'
import { apt, command, copy, service_facts, systemd_service } from '#modules/builtin'
import { certificateSchema, certificateTasks } from './certificate.ts'

const services = register('services', service_facts('Ask which services run', {}))

export default defineRole({
  name: 'tls',
  summary: 'Give a host its certificates, signed by an internal CA, and let it trust that CA.',
  description: `
Each entry of \`tls_certificates\` becomes \`/etc/tls/<name>/\` with \`ca.crt\`, \`<name>.crt\` and \`<name>.key\`. Hosts make
their private keys themselves and no key ever leaves its host: the controller gets a request and signs it with the key
of the CA, which is opened only when there is something to sign. A certificate is signed anew when its names or
addresses changed, when the CA is another one, when it does not fit its key, and when less than
\`tls_renew_before_days\` of its validity remain. Running the playbook often enough is therefore all that renewal takes.

Keys are readable by root and one group. The group is made here, since the account of the service does not exist
before its package does: let the unit have it with \`SupplementaryGroups=tls-<name>\`.

The controller needs the Python package cryptography. \`tls_ca_key_file\` is encrypted with \`ansible-vault\`.

With \`tls_mode: provided\` certificates and keys made elsewhere are taken from
\`<tls_provided_directory>/<host>/<name>.crt\` and \`.key\` on the controller, where they may be encrypted with
\`ansible-vault\`.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    mode: z
      .enum(['internal_ca', 'provided'])
      .default('internal_ca')
      .describe('`internal_ca` signs with the CA below; `provided` takes what was made elsewhere.'),
    ca_certificate_file: z.string().describe('Certificate of the CA, a file on the controller.'),
    ca_key_file: z
      .string()
      .default('')
      .describe('Key of the CA, a file on the controller encrypted with ansible-vault; for `internal_ca`.'),
    provided_directory: z
      .string()
      .default('')
      .describe('Folder on the controller with a folder of certificates for each host; for `provided`.'),
    directory: z.string().startsWith('/').default('/etc/tls').describe('Folder of the certificates.'),
    certificates: z.array(certificateSchema).default([]).describe('The certificates of this host.'),
    validity_days: z
      .int()
      .min(1)
      .max(3650)
      .default(397)
      .describe('Days for which a new certificate is valid.'),
    renew_before_days: z
      .int()
      .min(0)
      .default(30)
      .describe('A certificate is signed anew when fewer days than these remain.'),
    trust_name: z
      .string()
      .default('internal-ca')
      .describe('Name of the CA among the CAs that the host trusts.'),
  },

  constants: ({ vars }) => ({
    units: vars.certificates
      .pipe('map', named({ attribute: 'reload' }))
      .pipe('flatten')
      .pipe<string[]>('unique'),
  }),

  programs: {
    cryptography: '/usr/lib/python3/dist-packages/cryptography/__init__.py',
    update_ca_certificates: '/usr/sbin/update-ca-certificates',
  },

  handlers: ({ constants }) => ({
    trust: command(
      'Renew the list of trusted CAs',
      { argv: ['update-ca-certificates'] },
      { changedWhen: (result) => result.stdout.contains('0 added, 0 removed').not() },
    ),
    reload: [
      services,
      each(constants.units, {}, (unit) =>
        systemd_service(
          'Reload what uses the certificates',
          { name: unit, state: 'reloaded' },
          { when: stateOf(unit).eq('running') },
        ),
      ),
    ],
  }),

  install: () => [
    apt('Install what makes keys and requests', {
      name: ['ca-certificates', 'python3-cryptography'],
      state: 'present',
    }),
  ],

  configure: ({ vars, programs, handlers }) => [
    copy(
      'Let the host trust the CA',
      {
        src: vars.ca_certificate_file,
        dest: j`/usr/local/share/ca-certificates/${vars.trust_name}.crt`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { needs: programs.update_ca_certificates, notify: handlers.trust },
    ),
    block('Make the certificates', certificateTasks(vars, handlers.reload), { needs: programs.cryptography }),
  ],

  example: {
    ca_certificate_file: '{{ playbook_dir }}/secrets/ca.crt',
    ca_key_file: '{{ playbook_dir }}/secrets/ca.key',
    certificates: [
      {
        name: 'etcd',
        common_name: 'db1.example.net',
        names: ['db1.example.net', 'db1', 'localhost'],
        addresses: ['192.0.2.11', '127.0.0.1'],
        reload: [],
      },
    ],
  },
})

function stateOf(unit: Expr<string>): Expr<string> {
  return services.ansible_facts.services.at(j`${unit}.service`).state.defaultTo('absent')
}
