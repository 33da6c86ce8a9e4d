import { all, ansible, type Expr, each, include, j, lookup, named, register } from '#dsl'
import { copy, debug, stat } from '#modules/builtin'
import {
  openssl_csr,
  openssl_privatekey,
  x509_certificate_info,
  x509_certificate_pipe,
} from '#modules/community.crypto'
import { acmeTasks } from './acme.ts'
import type { Authority } from './authority.ts'
import {
  type Certificate,
  groupOf,
  type Handler,
  isFrom,
  onController,
  pathsIn,
  perCertificate,
  subjectsOf,
  type Tasks,
  type Vars,
} from './certificate.ts'

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
const label = (item: Expr<Found>) => item.at<Certificate>(0).name

/** Certificates for keys that the hosts make: of the internal CA, and of an ACME server. */
export function requestedTasks(vars: Vars, authority: Authority, reload: Handler): Tasks {
  const { certificates } = vars
  const path = pathsIn(vars.directory)
  const isRequested = (certificate: Expr<Certificate>) => isFrom(vars, certificate, 'provided').not()
  const keys = register(
    'keys',
    each(certificates, perCertificate, (certificate) =>
      openssl_privatekey(
        'Make the private keys',
        {
          path: path(certificate, 'key'),
          type: 'ECC',
          curve: 'secp256r1',
          owner: 'root',
          group: groupOf(certificate),
          mode: '0640',
        },
        { when: isRequested(certificate) },
      ),
    ),
  )
  const keysThereOrMade = all(ansible.checkMode, keys.isChanged()).not()
  const requests = register(
    'requests',
    each(certificates, perCertificate, (certificate) =>
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
        {
          comment: 'In check mode there is no request before there is a key.',
          when: [keysThereOrMade, isRequested(certificate)],
        },
      ),
    ),
  )
  const present = register(
    'present',
    each(certificates, perCertificate, (certificate) =>
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
  /** Whether there is a certificate that fits its key and its names for long enough. */
  const isGood = (item: Expr<Found>) =>
    all(
      vars.renew_all.pipe('bool').not(),
      item.at<Found[3]>(3).valid_at.isDefined(),
      item.at<Found[3]>(3).valid_at.renewal,
      item.at<Found[3]>(3).public_key_fingerprints.sha256.eq(item.at<Found[1]>(1).fingerprint.sha256),
      item
        .at<Found[3]>(3)
        .subject_alt_name.pipe('sort')
        .eq(subjectsOf(item.at<Found[0]>(0)).pipe('sort')),
    )
  const isOurs = (item: Expr<Found>) =>
    item.at<Found[3]>(3).authority_key_identifier.eq(authority.issuer.subject_key_identifier)
  const signed = register(
    'signed',
    each(found, { label }, (item) =>
      x509_certificate_pipe(
        'Sign the certificates on the controller',
        {
          provider: 'ownca',
          csr_content: item.at<Found[2]>(2).csr,
          ownca_content: lookup('ansible.builtin.file', authority.file),
          ownca_privatekey_content: lookup('ansible.builtin.unvault', vars.issuer_key_file),
          ownca_not_after: j`+${vars.validity_days}d`,
        },
        {
          comment:
            'The key is opened here and nowhere else, and only for what is missing or not good any more.',
          when: [
            isFrom(vars, item.at<Found[0]>(0), 'internal_ca'),
            keysThereOrMade,
            all(
              isGood(item),
              isOurs(item),
              item.at<Found[3]>(3).subject.commonName.eq(item.at<Found[0]>(0).common_name),
            ).not(),
          ],
          ...onController,
          noLog: true,
        },
      ),
    ),
  )
  const wanted = register(
    'wanted',
    each(found, { label }, (item) =>
      debug(
        'Say which certificates are to be ordered',
        { msg: j`${ansible.inventoryHostname} lacks a good certificate ${label(item)} of the ACME server.` },
        {
          changedWhen: ansible.checkMode,
          when: [
            isFrom(vars, item.at<Found[0]>(0), 'acme'),
            keysThereOrMade,
            isGood(item).and(isOurs(item).not()).not(),
          ],
        },
      ),
    ),
  )
  const orders = wanted.results
    .pipe('rejectattr', 'skipped', 'defined')
    .pipe('map', named({ attribute: 'item' }))
    .pipe<Found[]>('list')
  return [
    keys,
    requests,
    present,
    known,
    signed,
    each(signed.results, { label: (item) => label(item.item) }, (item) =>
      copy(
        'Write the certificates',
        {
          content: j`${item.certificate}${authority.chain}`,
          dest: path(item.item.at<Certificate>(0), 'crt'),
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: [item.isSkipped().not(), ansible.checkMode.not()], notify: reload },
      ),
    ),
    wanted,
    include('Order the certificates', 'acme', acmeTasks(vars, orders, reload), {
      comment: 'Included, since only whoever orders certificates needs the modules for it.',
      when: [ansible.checkMode.not(), orders.pipe('length').gt(0)],
    }),
  ]
}
