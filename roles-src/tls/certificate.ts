import { z } from 'zod'
import { all, ansible, block, type Expr, j, lookup, register } from '#dsl'
import { copy, file, group, stat } from '#modules/builtin'
import {
  openssl_csr,
  openssl_privatekey,
  x509_certificate_info,
  x509_certificate_pipe,
} from '#modules/community.crypto'

/** One certificate of a host. */
export const certificateSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/)
    .describe('Names folder and files, such as `etcd`.'),
  common_name: z.string().max(64).describe('Common name of the subject.'),
  names: z.array(z.string()).describe('DNS names that it is for.'),
  addresses: z.array(z.string()).describe('Addresses that it is for.'),
  group: z
    .string()
    .optional()
    .describe('Group that reads the key, made where it is missing; `tls-<name>` unless told.'),
  reload: z
    .array(z.string())
    .default([])
    .describe('Units that are reloaded after a renewal, where they run; without `.service`.'),
})
type Certificate = z.output<typeof certificateSchema>

interface Vars {
  readonly mode: Expr<'internal_ca' | 'provided'>
  readonly directory: Expr<string>
  readonly ca_certificate_file: Expr<string>
  readonly ca_key_file: Expr<string>
  readonly provided_directory: Expr<string>
  readonly validity_days: Expr<number>
  readonly renew_before_days: Expr<number>
}

/** What is known of the CA's own certificate. */
interface Authority {
  readonly subject_key_identifier: string
}

/** Files that a certificate consists of on its host. */
function filesOf(certificate: Expr<Certificate>, vars: Vars) {
  const { directory } = vars
  const { name } = certificate
  return {
    folder: j`${directory}/${name}`,
    ca: j`${directory}/${name}/ca.crt`,
    certificate: j`${directory}/${name}/${name}.crt`,
    request: j`${directory}/${name}/${name}.csr`,
    key: j`${directory}/${name}/${name}.key`,
    group: certificate.group.defaultTo(j`tls-${certificate.name}`),
  }
}

type Handler = NonNullable<Parameters<typeof block>[2]>['notify'] & {}

/** Tasks for one certificate, run once for each. */
export function certificateTasks(
  certificate: Expr<Certificate>,
  vars: Vars,
  authority: Expr<Authority>,
  reload: Handler,
) {
  const files = filesOf(certificate, vars)
  const folder = register(
    'folder',
    file('Make the folder of the certificate', {
      path: files.folder,
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
  )
  const thereOrMade = all(ansible.checkMode, folder.isChanged()).not()
  return [
    group('Make the group that reads the key', { name: files.group, system: true }),
    folder,
    copy(
      'Write the certificate of the CA',
      { src: vars.ca_certificate_file, dest: files.ca, owner: 'root', group: 'root', mode: '0644' },
      { when: thereOrMade, notify: reload },
    ),
    block('Have the certificate signed by the CA', signedTasks(certificate, vars, authority, reload), {
      comment: 'In check mode there is nothing to look at before the folder is there.',
      when: [vars.mode.eq('internal_ca'), thereOrMade],
    }),
    block('Take the certificate from the controller', providedTasks(certificate, vars, reload), {
      when: [vars.mode.eq('provided'), thereOrMade],
    }),
  ]
}

function signedTasks(
  certificate: Expr<Certificate>,
  vars: Vars,
  authority: Expr<Authority>,
  reload: Handler,
) {
  const files = filesOf(certificate, vars)
  const subjects = certificate.names
    .pipe<string[]>('map', 'regex_replace', '^', 'DNS:')
    .pipe<string[]>('list')
    .plus(certificate.addresses.pipe('map', 'regex_replace', '^', 'IP:').pipe('list'))
  const key = register(
    'key',
    openssl_privatekey('Make the private key', {
      path: files.key,
      type: 'ECC',
      curve: 'secp256r1',
      owner: 'root',
      group: files.group,
      mode: '0640',
    }),
  )
  const keyThereOrMade = all(ansible.checkMode, key.isChanged()).not()
  const request = register(
    'request',
    openssl_csr(
      'Make the request',
      {
        path: files.request,
        privatekey_path: files.key,
        common_name: certificate.common_name,
        subject_alt_name: subjects,
        key_usage: ['digitalSignature', 'keyEncipherment'],
        key_usage_critical: true,
        extended_key_usage: ['serverAuth', 'clientAuth'],
        return_content: true,
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { comment: 'In check mode there is no request before there is a key.', when: keyThereOrMade },
    ),
  )
  const present = register('present', stat('Look for the certificate', { path: files.certificate }))
  const known = register(
    'known',
    x509_certificate_info(
      'Read the certificate',
      { path: files.certificate, valid_at: { renewal: j`+${vars.renew_before_days}d` } },
      { when: present.stat.exists },
    ),
  )
  const good = all(
    present.stat.exists,
    known.valid_at.at<boolean>('renewal'),
    known.authority_key_identifier.eq(authority.subject_key_identifier),
    known.public_key_fingerprints.at('sha256').eq(key.fingerprint.at('sha256')),
    known.subject.at('commonName').eq(certificate.common_name),
    known.subject_alt_name.pipe('sort').eq(subjects.pipe('sort')),
  )
  const signed = register(
    'signed',
    x509_certificate_pipe(
      'Sign the certificate on the controller',
      {
        provider: 'ownca',
        csr_content: request.csr,
        ownca_content: lookup('ansible.builtin.file', vars.ca_certificate_file),
        ownca_privatekey_content: lookup('ansible.builtin.unvault', vars.ca_key_file),
        ownca_not_after: j`+${vars.validity_days}d`,
      },
      {
        comment: 'The key of the CA is opened here and nowhere else.',
        when: [keyThereOrMade, good.not()],
        delegateTo: 'localhost',
        become: false,
        noLog: true,
      },
    ),
  )
  return [
    key,
    request,
    present,
    known,
    signed,
    copy(
      'Write the certificate',
      { content: signed.certificate, dest: files.certificate, owner: 'root', group: 'root', mode: '0644' },
      { when: [signed.isSkipped().not(), ansible.checkMode.not()], notify: reload },
    ),
  ]
}

function providedTasks(certificate: Expr<Certificate>, vars: Vars, reload: Handler) {
  const files = filesOf(certificate, vars)
  const source = (ending: string) =>
    j`${vars.provided_directory}/${ansible.inventoryHostname}/${certificate.name}.${ending}`
  return [
    copy(
      'Write the private key from the controller',
      { src: source('key'), dest: files.key, owner: 'root', group: files.group, mode: '0640' },
      { noLog: true, diff: false, notify: reload },
    ),
    copy(
      'Write the certificate from the controller',
      { src: source('crt'), dest: files.certificate, owner: 'root', group: 'root', mode: '0644' },
      { notify: reload },
    ),
  ]
}
