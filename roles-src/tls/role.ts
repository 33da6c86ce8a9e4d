import { z } from 'zod'
import { ansible, block, choose, defineRole, type Expr, each, include, j, named, register } from '#dsl'
import { apt, command, copy, service_facts, systemd_service } from '#modules/builtin'
import { authorityOf } from './authority.ts'
import { certificateSchema, SOURCES } from './certificate.ts'
import { reportTasks } from './report.ts'
import { certificateTasks } from './tasks.ts'

const services = register('services', service_facts('Ask which services run', {}))

export default defineRole({
  name: 'tls',
  summary: 'Give a host its certificates, of an internal CA or from elsewhere, and let it trust that CA.',
  description: `
Each entry of \`tls_certificates\` becomes \`/etc/tls/<name>/\` with \`ca.crt\`, \`<name>.crt\` (with its chain) and
\`<name>.key\`. \`ca.crt\` is always the root of the internal CA, which programs of the deployment believe each other by; the
host trusts it, too, whether it has certificates or not: \`curl\`, Python and Debian's Node then need no flags.

Keys are readable by root and one group. The group is made here, since the account of the service does not exist
before its package does: let the unit have it with \`SupplementaryGroups=tls-<name>\`.

Running the playbook often enough is all that renewal takes. A certificate is made anew when its names or addresses
changed, when it does not fit its key or comes from elsewhere than it should, and when less than
\`tls_renew_before_days\` of its validity remain; then the units that use it are reloaded. \`tls_report\` prints at the end
which certificate of which host ends when. The controller needs the Python package cryptography.

### From the internal CA (\`internal_ca\`)

Hosts make their private keys themselves and no key ever leaves its host: the controller gets a request and signs it
with \`tls_issuer_key_file\`, which is encrypted with \`ansible-vault\` and opened only when there is something to sign.
That is the key of an intermediate certificate, which follows each leaf in its file: the key of the root is not needed, and
need not be where this role runs.

### Made elsewhere (\`provided\`)

Taken from \`<tls_provided_directory>/<host>/<name>.crt\` (with its chain) and \`.key\` on the controller, where they should be
encrypted with \`ansible-vault\`. A certificate that is over, that does not fit its key or is not for all names is refused
before it replaces anything.

### From an ACME server (\`acme\`)

Such as Let's Encrypt: the controller orders for the request of the host, and must reach the server. It shows that the names
are its own by TXT records (dns-01), which is the one way that works for names with private addresses. It writes them by
RFC 2136 to \`tls_acme_dns_server\`, or lets \`tls_acme_dns_command\` do so on the controller, called with \`present\` or
\`absent\`, the name of the record, and its values. The command comes back when the record is to be seen.
RFC 2136 and \`tls_acme_nameservers\` need the Python package dnspython.

An ACME server knows no addresses and no names of hosts: \`names\` are public ones, and \`addresses\` is empty. Whether another
server is asked than before cannot be seen in a certificate: after a trial with a staging server, run once
with \`-e tls_renew_all=true\`.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    mode: z
      .enum(SOURCES)
      .default('internal_ca')
      .describe('Where certificates come from that do not say it themselves.'),
    ca_certificate_file: z
      .string()
      .describe("Certificate of the internal CA's root, a file on the controller."),
    issuer_certificate_file: z
      .string()
      .default('')
      .describe('Certificate that signs, a file on the controller; that of the root unless told.'),
    issuer_key_file: z
      .string()
      .default('')
      .describe('Its key, a file on the controller encrypted with ansible-vault; for `internal_ca`.'),
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
    renew_all: z
      .boolean()
      .default(false)
      .describe('Whether to make all anew, whatever remains of them; not for `provided`.'),
    trust_name: z
      .string()
      .default('internal-ca')
      .describe('Name of the CA among the CAs that the host trusts.'),
    acme_directory: z
      .string()
      .default('https://acme-v02.api.letsencrypt.org/directory')
      .describe('Directory of the ACME server.'),
    acme_account_key_file: z
      .string()
      .default('')
      .describe(
        'Key of the account there, a file on the controller encrypted with ansible-vault; for `acme`.',
      ),
    acme_contact: z
      .array(z.string())
      .default([])
      .describe('Whom the server may tell something, such as `mailto:admin@example.net`.'),
    acme_terms_agreed: z.boolean().default(false).describe('Whether you agree to the terms of the server.'),
    acme_dns_command: z
      .array(z.string())
      .default([])
      .describe('Program and arguments on the controller that write TXT records; unused when empty.'),
    acme_dns_server: z
      .string()
      .default('')
      .describe('Address of the name server that takes TXT records by RFC 2136; unused when empty.'),
    acme_dns_port: z.int().min(1).max(65_535).default(53).describe('Its TCP port.'),
    acme_dns_zone: z.string().default('').describe('Zone that the records are written to.'),
    acme_dns_key_name: z.string().default('').describe('Name of the TSIG key.'),
    acme_dns_key_algorithm: z
      .enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'])
      .default('hmac-sha256')
      .describe('Algorithm of the TSIG key.'),
    acme_dns_key_file: z
      .string()
      .default('')
      .describe('The TSIG key in base64, a file on the controller encrypted with ansible-vault.'),
    acme_nameservers: z
      .array(z.string())
      .default([])
      .describe('Addresses of name servers that must answer with the records before the ACME server looks.'),
    report: z.boolean().default(false).describe('Whether to print at the end which certificate ends when.'),
  },

  constants: ({ vars }) => ({
    issuer: choose<string>(
      vars.issuer_certificate_file.eq(''),
      vars.ca_certificate_file,
      vars.issuer_certificate_file,
    ),
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

  configure: ({ vars, constants, programs, handlers }) => {
    const authority = authorityOf(vars, constants.issuer)
    return [
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
      block('Make the certificates', certificateTasks(vars, authority, handlers.reload), {
        needs: programs.cryptography,
      }),
      include('Say when certificates end', 'report', reportTasks(vars, authority), {
        when: [vars.report, ansible.checkMode.not()],
      }),
    ]
  },

  example: {
    ca_certificate_file: '{{ playbook_dir }}/secrets/ca.crt',
    issuer_certificate_file: '{{ playbook_dir }}/secrets/ca-issuer.crt',
    issuer_key_file: '{{ playbook_dir }}/secrets/ca-issuer.key',
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
