import { ansible, type Expr, each, j, lookup, register } from '#dsl'
import { assert, copy } from '#modules/builtin'
import { openssl_privatekey_info, x509_certificate_info } from '#modules/community.crypto'
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

/** Certificates and keys that were made elsewhere, looked at before they replace anything. */
export function providedTasks(vars: Vars, reload: Handler): Tasks {
  const { certificates } = vars
  const path = pathsIn(vars.directory)
  const source = ({ name }: Expr<Certificate>, ending: string) =>
    j`${vars.provided_directory}/${ansible.inventoryHostname}/${name}.${ending}`
  const when = (certificate: Expr<Certificate>) => isFrom(vars, certificate, 'provided')
  const given = register(
    'given',
    each(certificates, perCertificate, (certificate) =>
      x509_certificate_info(
        'Read the certificates on the controller',
        { content: lookup('ansible.builtin.file', source(certificate, 'crt')) },
        { when: when(certificate), ...onController },
      ),
    ),
  )
  const givenKeys = register(
    'given_keys',
    each(certificates, perCertificate, (certificate) =>
      openssl_privatekey_info(
        'Read the public halves of the keys on the controller',
        { content: lookup('ansible.builtin.unvault', source(certificate, 'key')) },
        { when: when(certificate), noLog: true, ...onController },
      ),
    ),
  )
  type Pair = readonly [
    {
      readonly certificate: Certificate
      readonly expired: boolean
      readonly public_key: string
      readonly subject_alt_name: readonly string[]
    },
    { readonly public_key: string },
  ]
  return [
    given,
    givenKeys,
    each(
      given.results.pipe('zip', givenKeys.results).pipe<Pair[]>('list'),
      { label: (pair) => pair.at<Pair[0]>(0).certificate.name },
      (pair) => {
        const { certificate, expired, public_key, subject_alt_name } = pair.at<Pair[0]>(0)
        return assert(
          'Refuse a certificate that nobody would believe',
          {
            that: [
              expired.not(),
              public_key.eq(pair.at<Pair[1]>(1).public_key),
              subjectsOf(certificate).pipe('difference', subject_alt_name).pipe('length').eq(0),
            ],
            fail_msg: j`${source(certificate, 'crt')} is over, or not for its key, or not for all of ${subjectsOf(certificate).pipe('join', ', ')}.`,
            quiet: true,
          },
          { when: when(certificate) },
        )
      },
    ),
    each(certificates, perCertificate, (certificate) =>
      copy(
        'Write the private keys from the controller',
        {
          src: source(certificate, 'key'),
          dest: path(certificate, 'key'),
          owner: 'root',
          group: groupOf(certificate),
          mode: '0640',
        },
        { when: when(certificate), noLog: true, diff: false, notify: reload },
      ),
    ),
    each(certificates, perCertificate, (certificate) =>
      copy(
        'Write the certificates from the controller',
        {
          src: source(certificate, 'crt'),
          dest: path(certificate, 'crt'),
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: when(certificate), notify: reload },
      ),
    ),
  ]
}
