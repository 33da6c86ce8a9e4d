import { ansible, each, j, named, register, value } from '#dsl'
import { debug, set_fact } from '#modules/builtin'
import { x509_certificate_info } from '#modules/community.crypto'
import type { Authority } from './authority.ts'
import { pathsIn, perCertificate, type Tasks, type Vars } from './certificate.ts'

/** How certificates write `2027-12-27 11:22:33`. */
const WRITTEN = '%Y%m%d%H%M%SZ'

/** What ends when, on all hosts of the play. The CA's own certificates among them. */
export function reportTasks(vars: Vars, { root, issuer }: Authority): Tasks {
  const ends = register(
    'ends',
    each(vars.certificates, perCertificate, (certificate) =>
      x509_certificate_info('Read when the certificates end', {
        path: pathsIn(vars.directory)(certificate, 'crt'),
      }),
    ),
  )
  const lines = register(
    'lines',
    set_fact('Note it', {
      tls_lines: ends.results
        .pipe('map', named({ attribute: 'not_after' }))
        .pipe('map', 'to_datetime', WRITTEN)
        .pipe('map', 'string')
        .pipe(
          'zip',
          ends.results
            .pipe('map', named({ attribute: 'certificate.name' }))
            .pipe('map', 'regex_replace', '^', j`${ansible.inventoryHostname} `),
        )
        .pipe('map', 'join', '  ')
        .pipe('list'),
    }),
  )
  return [
    ends,
    lines,
    debug(
      'Say which certificate ends when, the soonest first',
      {
        msg: ansible.playHosts
          .pipe('map', 'extract', ansible.hostvars, value(['__tls_lines', 'ansible_facts', 'tls_lines']))
          .pipe('flatten')
          .pipe<string[]>('list')
          .plus(
            value([
              j`${issuer.not_after.pipe('to_datetime', WRITTEN)}  what the internal CA signs with`,
              j`${root.not_after.pipe('to_datetime', WRITTEN)}  the root of the internal CA`,
            ]),
          )
          .pipe<string>('sort'),
      },
      { runOnce: true },
    ),
  ]
}
