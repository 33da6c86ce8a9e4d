import { z } from 'zod'
import { ansible, type Expr, each, j, never, register, secret } from '#dsl'
import { command, template } from '#modules/builtin'

type Keywords = NonNullable<Parameters<typeof template>[2]>
type Needs = NonNullable<Keywords['needs']>

/** TLS and passwords of a web interface; the same variables for Prometheus and Alertmanager. */
export const webVariables = {
  users: z
    .array(
      z.object({
        name: z
          .string()
          .regex(/^[a-z0-9_-]+$/)
          .describe('Name.'),
        password: secret(z.string()).describe('Password.'),
      }),
    )
    .default([])
    .describe('Who may use the interface; everybody who reaches it where there is none.'),
  tls_certificate_file: z.string().default('').describe('Certificate of the interface; empty for no TLS.'),
  tls_key_file: z.string().default('').describe('Its key.'),
  tls_group: z
    .string()
    .default('')
    .describe('Group that may read the key, and that the service joins; empty for none.'),
  tls_ca_file: z.string().default('').describe('CA of the certificate, for the question whether it answers.'),
}

interface Web {
  readonly users: Expr<readonly { readonly name: string; readonly password: string }[]>
  readonly file: string
  readonly validate?: string
  readonly needs: Needs
  readonly mkpasswd: Needs
}

/**
 * The programs take hashes of bcrypt alone. The salt follows from host and user, so that the same password gives the same
 * hash again; its last character is one of the four that bcrypt has there.
 */
export function webTasks({ users, file, validate, needs, mkpasswd }: Web) {
  const salt = (name: Expr<string>) =>
    j`${j`${ansible.inventoryHostname}/${name}`.pipe('hash', 'sha256').pipe('truncate', 21, true, '')}u`
  return [
    register(
      'hashes',
      each(users, { as: 'account', label: (account) => account.name }, (account) =>
        command(
          'Hash the passwords of the web interface',
          {
            argv: ['mkpasswd', '--method=bcrypt', '--rounds=10', j`--salt=${salt(account.name)}`, '--stdin'],
            stdin: account.password,
            stdin_add_newline: false,
          },
          { needs: mkpasswd, noLog: true, checkMode: false, changedWhen: never('It only computes.') },
        ),
      ),
    ),
    template(
      'Write TLS and passwords of the web interface',
      {
        src: 'web.yml.j2',
        dest: file,
        owner: 'root',
        group: 'prometheus',
        mode: '0640',
        ...(validate === undefined ? {} : { validate }),
      },
      {
        comment: 'The program reads this file at every request.',
        needs: [needs, mkpasswd].flat(),
        noLog: true,
      },
    ),
  ]
}
