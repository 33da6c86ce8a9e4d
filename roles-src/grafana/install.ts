import { z } from 'zod'
import { ansible, type Expr, j, register } from '#dsl'
import { apt, deb822_repository, file, get_url } from '#modules/builtin'

/** Debian does not have Grafana: it comes from an archive for apt or as a package from a mirror of the deployment's own. */
export const sourceVariables = {
  source: z
    .enum(['archive', 'package'])
    .default('archive')
    .describe('Where it comes from: an archive for apt, or one package that is fetched by its checksum.'),
  archive: z
    .string()
    .default('https://apt.grafana.com')
    .describe("Grafana's own archive, or a mirror of it; for `archive`."),
  archive_key: z
    .string()
    .default('https://apt.grafana.com/gpg.key')
    .describe('Key that signs the archive: a path on the host or a URL; for `archive`.'),
  version: z
    .string()
    .regex(/^[0-9.*]+$/)
    .default('12.*')
    .describe('Version, in which `*` stands for anything; for `archive`.'),
  package_url: z.string().default('').describe('Where the package is served; for `package`.'),
  package_sha256: z
    .string()
    .regex(/^([0-9a-f]{64})?$/)
    .default('')
    .describe('SHA-256 of the package; for `package`.'),
}

interface Source {
  readonly source: Expr<'archive' | 'package'>
  readonly archive: Expr<string>
  readonly archive_key: Expr<string>
  readonly version: Expr<string>
  readonly package_url: Expr<string>
  readonly package_sha256: Expr<string>
}

/** In check mode what an archive or a file has that is not there yet is unknown. */
export function installTasks(vars: Source) {
  const archive = vars.source.eq('archive')
  const tools = register(
    'tools',
    apt(
      'Install what Ansible needs to add an archive',
      { name: ['ca-certificates', 'python3-debian'], state: 'present' },
      { when: archive },
    ),
  )
  const repository = register(
    'archive',
    deb822_repository(
      'Add the archive of Grafana',
      {
        name: 'grafana',
        types: ['deb'],
        uris: [vars.archive],
        suites: ['stable'],
        components: ['main'],
        signed_by: vars.archive_key,
        state: 'present',
        mode: '0644',
      },
      {
        comment: 'In check mode the module fails while its Python library is not there.',
        when: [archive, ansible.checkMode.not().or(tools.isChanged().not())],
      },
    ),
  )
  const added = repository.isSkipped().not().and(repository.isChanged())
  const fetched = register(
    'package',
    get_url(
      'Fetch the package of Grafana',
      {
        url: vars.package_url,
        dest: j`/var/cache/grafana/${vars.package_url.pipe('basename')}`,
        checksum: j`sha256:${vars.package_sha256}`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      },
      { when: vars.source.eq('package') },
    ),
  )
  return [
    tools,
    repository,
    apt(
      'Install Grafana from the archive',
      { name: [j`grafana=${vars.version}`], state: 'present', update_cache: added, policy_rc_d: 101 },
      {
        comment: 'Exit code 101 keeps the package from starting it on all addresses.',
        when: [
          archive,
          ansible.checkMode.not().or(repository.isSkipped().not().and(repository.isChanged().not())),
        ],
      },
    ),
    file(
      'Make the folder of the package',
      { path: '/var/cache/grafana', state: 'directory', owner: 'root', group: 'root', mode: '0755' },
      { when: vars.source.eq('package') },
    ),
    fetched,
    apt(
      'Install Grafana from the package',
      { deb: j`/var/cache/grafana/${vars.package_url.pipe('basename')}`, state: 'present', policy_rc_d: 101 },
      {
        when: [vars.source.eq('package'), ansible.checkMode.not().or(fetched.isChanged().not())],
      },
    ),
  ]
}
