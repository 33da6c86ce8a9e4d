import { choose, type Expr, j, lookup, named, register } from '#dsl'
import { assert } from '#modules/builtin'
import { x509_certificate_info } from '#modules/community.crypto'
import type { Vars } from './certificate.ts'

/** The internal CA, as the controller has it. */
export function authorityOf(vars: Vars, file: Expr<string>) {
  const own = lookup('ansible.builtin.file', vars.ca_certificate_file)
  const signing = lookup('ansible.builtin.file', file)
  const root = register('root', x509_certificate_info('Read the certificate of the CA', { content: own }))
  const issuer = register(
    'issuer',
    x509_certificate_info('Read the certificate that signs', {
      content: signing,
      valid_at: { renewal: j`+${vars.renew_before_days}d` },
    }),
  )
  return {
    file,
    root,
    issuer,
    /** What follows a leaf in its file: nothing where the root itself signs. */
    chain: choose<string>(
      signing.eq(own),
      '',
      lookup('ansible.builtin.file', file, named({ rstrip: false })),
    ),
    tasks: [
      root,
      issuer,
      assert('Refuse to sign with what nobody would believe', {
        that: [
          issuer.authority_key_identifier
            .defaultTo(issuer.subject_key_identifier)
            .eq(root.subject_key_identifier),
          issuer.valid_at.at<boolean>('renewal'),
        ],
        fail_msg: j`${file} is not of the CA, or ends within ${vars.renew_before_days} days: make a new one.`,
        quiet: true,
      }),
    ],
  }
}
export type Authority = ReturnType<typeof authorityOf>
