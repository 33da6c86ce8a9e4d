import { z } from 'zod'
import { defineRole, each, j, register, secret } from '#dsl'
import { assert, copy, file, find, slurp, stat } from '#modules/builtin'

export default defineRole({
  name: 'config_backup',
  summary: 'Keep the secrets of a deployment on another host, encrypted, with what they were before.',
  description: `
What cannot be made again lies in few small files: the vault, the key of the certificate authority, and keys that programs
made for themselves on their hosts. Every run of the role copies them to \`config_backup_folder\`, where a changed file leaves its
predecessor beside it (\`<file>.<number>.<date>~\`). Nothing ever leaves by itself.

- \`secrets/\`: the controller's files of secrets, as they are. They must be encrypted with \`ansible-vault\`; a run refuses others.
- \`hosts/<host>/<path>\`: the files of hosts, encrypted on their way with \`config_backup_password\`. To read one:
  \`ansible-vault view --vault-password-file <password> <file>\`.

The password of the vault is in none of them, and without it they are worth nothing: keep it on paper or in a password
manager, apart from the controller and this host. The deployment itself is in its repository and is not copied.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    folder: z.string().startsWith('/').default('/srv/config-backup').describe('Folder of the copies.'),
    secrets_directory: z.string().describe('Folder of the secrets, on the controller.'),
    files: z
      .array(
        z.object({
          host: z.string().describe('Host that has the file, by its name in the inventory.'),
          path: z.string().startsWith('/').describe('The file, a small text such as a key.'),
        }),
      )
      .default([])
      .describe('Files of hosts; those that are not there yet are left out.'),
    password: secret(z.string().min(20)).describe('Password that files of hosts are encrypted with.'),
  },

  configure: ({ vars }) => {
    const closed = { owner: 'root', group: 'root', mode: '0700' } as const
    const onController = { delegateTo: 'localhost', become: false } as const
    const all = register(
      'all',
      find(
        'List the secrets of the controller',
        { paths: [vars.secrets_directory], recurse: true },
        onController,
      ),
    )
    const encrypted = register(
      'encrypted',
      find(
        'List those that are encrypted',
        { paths: [vars.secrets_directory], recurse: true, contains: '^\\$ANSIBLE_VAULT;' },
        onController,
      ),
    )
    const open = register(
      'open',
      find(
        'List those that are no secrets',
        { paths: [vars.secrets_directory], recurse: true, patterns: ['*.crt', 'hosts.yml'] },
        onController,
      ),
    )
    const present = register(
      'present',
      each(vars.files, { as: 'wanted', label: (wanted) => j`${wanted.host}:${wanted.path}` }, (wanted) =>
        stat(
          'Look for the files of hosts',
          { path: wanted.path, get_checksum: false },
          { delegateTo: wanted.host },
        ),
      ),
    )
    const read = register(
      'read',
      each(
        present.results,
        { as: 'found', label: (found) => j`${found.wanted.host}:${found.wanted.path}` },
        (found) =>
          slurp(
            'Read the files of hosts',
            { src: found.wanted.path },
            { delegateTo: found.wanted.host, when: found.stat.exists, noLog: true },
          ),
      ),
    )
    return [
      all,
      encrypted,
      open,
      assert('Refuse secrets that are not encrypted', {
        that: [all.matched.eq(encrypted.matched.plus(open.matched))],
        fail_msg: j`There are files in ${vars.secrets_directory} that ansible-vault did not encrypt.`,
        quiet: true,
      }),
      file('Make the folder of the copies', { path: vars.folder, state: 'directory', ...closed }),
      file('Make the folder of the secrets', {
        path: j`${vars.folder}/secrets`,
        state: 'directory',
        ...closed,
      }),
      copy(
        'Copy the secrets as they are',
        {
          src: j`${vars.secrets_directory}/`,
          dest: j`${vars.folder}/secrets/`,
          decrypt: false,
          backup: true,
          owner: 'root',
          group: 'root',
          mode: '0600',
          directory_mode: '0700',
        },
        { noLog: true, diff: false },
      ),
      present,
      read,
      each(read.results, { as: 'kept', label: (kept) => kept.found.wanted.path }, (kept) =>
        file(
          'Make the folders of files of hosts',
          {
            path: j`${vars.folder}/hosts/${kept.found.wanted.host}${kept.found.wanted.path.pipe('dirname')}`,
            state: 'directory',
            ...closed,
          },
          { when: kept.isSkipped().not() },
        ),
      ),
      each(read.results, { as: 'kept', label: (kept) => kept.found.wanted.path }, (kept) =>
        copy(
          'Write the files of hosts, encrypted',
          {
            // Salted by password and content, so that what did not change is not encrypted anew.
            content: kept.content
              .pipe('b64decode')
              .pipe<string>('vault', vars.password, kept.content.plus(vars.password).pipe('hash', 'sha256')),
            dest: j`${vars.folder}/hosts/${kept.found.wanted.host}${kept.found.wanted.path}`,
            backup: true,
            owner: 'root',
            group: 'root',
            mode: '0600',
          },
          { when: kept.isSkipped().not(), noLog: true, diff: false },
        ),
      ),
    ]
  },

  example: {
    secrets_directory: '{{ playbook_dir }}/secrets',
    files: [{ host: 'app1', path: '/etc/app/signing.key' }],
  },
})
