import { z } from 'zod'
import { ansible, type Expr, facts, j, register } from '#dsl'
import { apt, deb822_repository } from '#modules/builtin'

/** Where the packages come from; the same variables for every role whose packages PostgreSQL's own archive has. */
export const pgdgVariables = {
  pgdg_mirror: z
    .string()
    .default('https://apt.postgresql.org/pub/repos/apt')
    .describe("PostgreSQL's own archive (PGDG), or a mirror of it."),
  pgdg_key: z
    .string()
    .default('/usr/share/postgresql-common/pgdg/apt.postgresql.org.asc')
    .describe(
      'Key that signs the archive: a path on the host or a URL. The default came with a package of Debian, which its own key vouches for.',
    ),
}

interface Needed {
  /** True where PGDG is the source. */
  readonly wanted: Expr<boolean>
  readonly mirror: Expr<string>
  readonly key: Expr<string>
}

/**
 * Tasks that add PGDG's archive, and what follows from it: `ready` is false in check mode while the archive is not there
 * yet, since its packages are not known to the host then.
 */
export function pgdgRepository({ wanted, mirror, key }: Needed) {
  const tools = register(
    'pgdg_tools',
    apt(
      "Install the key of PostgreSQL's archive and what Ansible needs to add it",
      { name: ['ca-certificates', 'postgresql-common', 'python3-debian'], state: 'present' },
      { when: wanted },
    ),
  )
  const repository = register(
    'pgdg',
    deb822_repository(
      "Add PostgreSQL's archive",
      {
        name: 'pgdg',
        types: ['deb'],
        uris: [mirror],
        suites: [j`${facts.distribution_release}-pgdg`],
        components: ['main'],
        signed_by: key,
        state: 'present',
        mode: '0644',
      },
      {
        comment: 'In check mode the module fails while its Python library is not there.',
        when: [wanted, ansible.checkMode.not().or(tools.isChanged().not())],
      },
    ),
  )
  const ready = ansible.checkMode
    .not()
    .or(wanted.not())
    .or(repository.isSkipped().not().and(repository.isChanged().not()))
  return { tasks: [tools, repository], added: repository.isChanged(), ready }
}
