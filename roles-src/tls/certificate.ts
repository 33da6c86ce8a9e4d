import { z } from 'zod'
import { all, ansible, block, type Expr, each, j, lookup, register } from '#dsl'
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
  readonly certificates: Expr<Certificate[]>
  readonly validity_days: Expr<number>
  readonly renew_before_days: Expr<number>
}

type Handler = NonNullable<NonNullable<Parameters<typeof block>[2]>['notify']>

/** What loops over certificates print of each. */
const named = { as: 'certificate', label: (certificate: Expr<Certificate>) => certificate.name } as const

const groupOf = (certificate: Expr<Certificate>) => certificate.group.defaultTo(j`tls-${certificate.name}`)

/** Paths below a certificate's own folder: its `crt`, `csr` or `key`. */
const pathsIn =
  (directory: Expr<string>) =>
  ({ name }: Expr<Certificate>, ending: 'crt' | 'csr' | 'key') =>
    j`${directory}/${name}/${name}.${ending}`

/** Loops and no include: hosts work side by side only where they run the same task. */
export function certificateTasks(vars: Vars, reload: Handler) {
  const { certificates, directory } = vars
  const folders = register(
    'folders',
    each(certificates, named, ({ name }) =>
      file('Make the folders of the certificates', {
        path: j`${directory}/${name}`,
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
    ),
  )
  const thereOrMade = all(ansible.checkMode, folders.isChanged()).not()
  return [
    each(certificates, named, (certificate) =>
      group('Make the groups that read the keys', { name: groupOf(certificate), system: true }),
    ),
    folders,
    each(certificates, named, ({ name }) =>
      copy(
        'Write the certificate of the CA',
        {
          src: vars.ca_certificate_file,
          dest: j`${directory}/${name}/ca.crt`,
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: thereOrMade, notify: reload },
      ),
    ),
    block('Have the certificates signed by the CA', signedTasks(vars, reload), {
      comment: 'In check mode there is nothing to look at before the folders are there.',
      when: [vars.mode.eq('internal_ca'), thereOrMade],
    }),
    block('Take the certificates from the controller', providedTasks(vars, reload), {
      when: [vars.mode.eq('provided'), thereOrMade],
    }),
  ]
}

const subjectsOf = ({ names, addresses }: Expr<Certificate>) =>
  names
    .pipe<string[]>('map', 'regex_replace', '^', 'DNS:')
    .pipe<string[]>('list')
    .plus(addresses.pipe('map', 'regex_replace', '^', 'IP:').pipe('list'))

/** What the tasks before a signature found out, of one certificate. */
type Found = readonly [
  Certificate,
  { readonly fingerprint: { readonly sha256: string } },
  { readonly csr: string },
  {
    readonly valid_at: { readonly renewal: boolean }
    readonly authority_key_identifier: string
    readonly public_key_fingerprints: { readonly sha256: string }
    readonly subject: { readonly commonName: string }
    readonly subject_alt_name: readonly string[]
  },
]

function signedTasks(vars: Vars, reload: Handler) {
  const { certificates } = vars
  const path = pathsIn(vars.directory)
  const authority = register(
    'authority',
    x509_certificate_info('Read the certificate of the CA', {
      content: lookup('ansible.builtin.file', vars.ca_certificate_file),
    }),
  )
  const keys = register(
    'keys',
    each(certificates, named, (certificate) =>
      openssl_privatekey('Make the private keys', {
        path: path(certificate, 'key'),
        type: 'ECC',
        curve: 'secp256r1',
        owner: 'root',
        group: groupOf(certificate),
        mode: '0640',
      }),
    ),
  )
  const keysThereOrMade = all(ansible.checkMode, keys.isChanged()).not()
  const requests = register(
    'requests',
    each(certificates, named, (certificate) =>
      openssl_csr(
        'Make the requests',
        {
          path: path(certificate, 'csr'),
          privatekey_path: path(certificate, 'key'),
          common_name: certificate.common_name,
          subject_alt_name: subjectsOf(certificate),
          key_usage: ['digitalSignature', 'keyEncipherment'],
          key_usage_critical: true,
          extended_key_usage: ['serverAuth', 'clientAuth'],
          return_content: true,
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { comment: 'In check mode there is no request before there is a key.', when: keysThereOrMade },
      ),
    ),
  )
  const present = register(
    'present',
    each(certificates, named, (certificate) =>
      stat('Look for the certificates', { path: path(certificate, 'crt') }),
    ),
  )
  const known = register(
    'known',
    each(present.results, { label: (item) => item.certificate.name }, (item) =>
      x509_certificate_info(
        'Read the certificates',
        {
          path: path(item.certificate, 'crt'),
          valid_at: { renewal: j`+${vars.renew_before_days}d` },
        },
        { when: item.stat.exists },
      ),
    ),
  )
  const found = certificates.pipe('zip', keys.results, requests.results, known.results).pipe<Found[]>('list')
  const signed = register(
    'signed',
    each(found, { label: (item) => item.at<Certificate>(0).name }, (item) => {
      const certificate = item.at<Found[0]>(0)
      const now = item.at<Found[3]>(3)
      const good = all(
        now.valid_at.isDefined(),
        now.valid_at.renewal,
        now.authority_key_identifier.eq(authority.subject_key_identifier),
        now.public_key_fingerprints.sha256.eq(item.at<Found[1]>(1).fingerprint.sha256),
        now.subject.commonName.eq(certificate.common_name),
        now.subject_alt_name.pipe('sort').eq(subjectsOf(certificate).pipe('sort')),
      )
      return x509_certificate_pipe(
        'Sign the certificates on the controller',
        {
          provider: 'ownca',
          csr_content: item.at<Found[2]>(2).csr,
          ownca_content: lookup('ansible.builtin.file', vars.ca_certificate_file),
          ownca_privatekey_content: lookup('ansible.builtin.unvault', vars.ca_key_file),
          ownca_not_after: j`+${vars.validity_days}d`,
        },
        {
          comment:
            'The key of the CA is opened here and nowhere else, and only for what is missing or not good any more.',
          when: [keysThereOrMade, good.not()],
          delegateTo: 'localhost',
          become: false,
          noLog: true,
        },
      )
    }),
  )
  return [
    authority,
    keys,
    requests,
    present,
    known,
    signed,
    each(signed.results, { label: (item) => item.item.at<Certificate>(0).name }, (item) => {
      return copy(
        'Write the certificates',
        {
          content: item.certificate,
          dest: path(item.item.at<Certificate>(0), 'crt'),
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: [item.isSkipped().not(), ansible.checkMode.not()], notify: reload },
      )
    }),
  ]
}

function providedTasks(vars: Vars, reload: Handler) {
  const { certificates } = vars
  const path = pathsIn(vars.directory)
  const source = ({ name }: Expr<Certificate>, ending: string) =>
    j`${vars.provided_directory}/${ansible.inventoryHostname}/${name}.${ending}`
  return [
    each(certificates, named, (certificate) =>
      copy(
        'Write the private keys from the controller',
        {
          src: source(certificate, 'key'),
          dest: path(certificate, 'key'),
          owner: 'root',
          group: groupOf(certificate),
          mode: '0640',
        },
        { noLog: true, diff: false, notify: reload },
      ),
    ),
    each(certificates, named, (certificate) =>
      copy(
        'Write the certificates from the controller',
        {
          src: source(certificate, 'crt'),
          dest: path(certificate, 'crt'),
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: reload },
      ),
    ),
  ]
}
