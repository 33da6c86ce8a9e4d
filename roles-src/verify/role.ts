import { ansible, block, choose, defineRole, j, lookup, never, register, value } from '#dsl'
import { assert, command, copy, debug, file, tempfile } from '#modules/builtin'
import { variables } from './variables.ts'

/** Modules of the program, each after those that it needs. */
const PROGRAM = [
  'verify_dns',
  'verify_base',
  'verify_names',
  'verify_web',
  'verify_sql',
  'verify_s3',
  'verify_redis',
  'verify_backup',
  'verify_prometheus',
  'verify',
]

const text = (name: string) => lookup('ansible.builtin.file', name)

export default defineRole({
  name: 'verify',
  summary:
    'Ask what clients ask, from the machine on which they would, and print each question with its answer.',
  description: `
Every machine of the play asks its own questions: a client's machine for pages, an application's host for its database, the
host of the backups for what is in them. All are asked, whatever the answers are; then a line for each is printed, and at
the very end the play fails with those whose answer is not the one that was wanted.

\`\`\`
good   GET https://www.example.org/: 200
WRONG  GET https://www.example.org/admin: 200; wanted status 403
\`\`\`

What has to be written is taken away again: a table of its own, an object below \`verify/\`. A machine needs SSH and
Python 3.8 and nothing else: the program and the questions lie in a temporary folder that only the account can read while
they are asked. Check mode asks nothing.

| questions | asked |
| --- | --- |
| \`verify_names\` | whether the machine itself, by its hosts file or its resolver, finds each name at its address |
| \`verify_records\` | whether a name server says the same over UDP and over TCP |
| \`verify_certificates\` | the chain to the CA, the names in the certificate, how long it is valid |
| \`verify_pages\` | status, redirect, text; that a closed port stays closed; what arrived, where a server echoes it |
| \`verify_databases\` | a login with SCRAM over TLS, a table made, written, read and dropped at the primary; a wrong password refused |
| \`verify_buckets\` | an object put, read and deleted; refused without a signature, and in buckets of others |
| \`verify_redis\` | a login over TLS and PING; refused without a password and with a wrong one |
| \`verify_repositories\` | whole backups in a repository of pgBackRest, and a segment of the log that arrives now |
| \`verify_copies\` | an object put into a bucket, found by the job that copies it |
| \`verify_prometheus\` | every target up, every alert rule loaded, every probe good, data for every panel of the dashboards |
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: variables,

  constants: ({ vars }) => ({
    program: PROGRAM.map((name) => [name, text(`${name}.py`)]),
    questions: {
      names: vars.names,
      records: vars.records,
      certificates: vars.certificates,
      pages: vars.pages,
      databases: vars.databases,
      buckets: vars.buckets,
      redis: vars.redis,
      repositories: vars.repositories,
      copies: vars.copies,
      prometheus: vars.prometheus,
    },
  }),

  service: ({ vars, constants }) => {
    const folder = register(
      'folder',
      tempfile(
        'Make a folder for the questions',
        { state: 'directory', suffix: '.verify' },
        { changedWhen: never('It is removed again.') },
      ),
    )
    const answers = register(
      'answers',
      command(
        'Ask',
        {
          argv: ['python3', '-c', text('start.py'), value([folder.path, 'questions.json']).pipe('path_join')],
        },
        { changedWhen: never('What it writes it takes away again.') },
      ),
    )
    const seen = answers.stdout.pipe<{ lines: string; wrong: string }>('from_json')
    return [
      debug(
        'Say that check mode asks nothing',
        { msg: 'Check mode asks nothing: run it without --check, it changes nothing that lasts.' },
        { when: ansible.checkMode },
      ),
      block(
        'Ask and say what came back',
        [
          folder,
          copy(
            'Write the questions',
            {
              dest: value([folder.path, 'questions.json']).pipe('path_join'),
              content: value({
                program: constants.program,
                asker: {
                  address: vars.address,
                  ca: choose(
                    vars.ca_certificate_file.eq(''),
                    '',
                    lookup('ansible.builtin.file', vars.ca_certificate_file),
                  ),
                  resolvers: vars.resolvers,
                  timeout: vars.timeout,
                  patience: vars.patience,
                },
                questions: constants.questions,
              }).pipe('to_json'),
              mode: '0600',
            },
            { changedWhen: never('It is removed again.') },
          ),
          answers,
          debug('Say what was asked and what came back', { msg: seen.lines }),
          debug(
            'Say what else was asked',
            { msg: vars.further.lines },
            { when: vars.further.lines.defaultTo('').ne('') },
          ),
          assert('Say what is wrong', {
            that: [seen.wrong.eq(''), vars.further.wrong.defaultTo('').eq('')],
            fail_msg: j`${seen.wrong}\n${vars.further.wrong.defaultTo('')}`,
            quiet: true,
          }),
        ],
        {
          when: ansible.checkMode.not(),
          always: [
            file(
              'Remove the questions',
              { path: folder.path, state: 'absent' },
              { when: folder.path.isDefined(), changedWhen: never('It was made for this run.') },
            ),
          ],
        },
      ),
    ]
  },

  example: {
    ca_certificate_file: '/home/me/ca.crt',
    certificates: [{ host: 'www.example.org', port: 443 }],
    pages: [
      { url: 'http://www.example.org/', statuses: [308], location: 'https://www.example.org/' },
      { url: 'https://www.example.org/admin', statuses: [403] },
    ],
  },
})
