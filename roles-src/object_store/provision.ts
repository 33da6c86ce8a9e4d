import { type Expr, each, includeEach, j, named, never, register, type TaskItem } from '#dsl'
import { command, template } from '#modules/builtin'

interface Statement {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}
interface Policy {
  readonly name: string
  readonly statements: readonly Statement[]
}
interface User {
  readonly name: string
  readonly secret_key: string
  readonly policy: string
  readonly bucket: string
}

interface Given {
  readonly buckets: Expr<readonly string[]>
  readonly policies: Expr<readonly Policy[]>
  readonly users: Expr<readonly User[]>
}

/** The client, with the configuration that root alone can read. It answers in JSON, one object a line. */
const client = (...args: readonly (string | Expr<string>)[]) => [
  'mcli',
  '--config-dir',
  '/etc/object-store/client',
  '--json',
  ...args,
]
const asks = { changedWhen: never('It only asks.'), checkMode: false } as const

/** The server tells lists in another order each time it is asked. */
const sortedLists = (statements: Expr<unknown>, attribute: string) =>
  statements.pipe('map', named({ attribute })).pipe('map', 'sort').pipe('list')

/** Tasks that make buckets, policies and users what they should be, by what the server says of them. */
export function provisionTasks({ buckets, policies, users }: Given): readonly TaskItem[] {
  const listed = register('listed', command('Ask for the buckets', { argv: client('ls', 'local') }, asks))
  return [
    listed,
    each(buckets, { as: 'bucket' }, (bucket) =>
      command(
        'Make the buckets',
        { argv: client('mb', j`local/${bucket}`) },
        { when: j`"key":"${bucket}/"`.notIn(listed.stdout), changedWhen: (made) => made.rc.eq(0) },
      ),
    ),
    each(policies, { as: 'policy', label: (policy) => policy.name }, (policy) =>
      template('Write the policies', {
        src: 'policy.json.j2',
        dest: fileOf(policy),
        owner: 'root',
        group: 'root',
        mode: '0644',
      }),
    ),
    includeEach(
      'Keep each policy',
      'policy',
      policies,
      { as: 'policy', label: (policy) => policy.name },
      policyTasks,
    ),
    includeEach(
      'Keep each user',
      'user',
      users,
      { as: 'account', label: (account) => account.name },
      userTasks,
    ),
  ]
}

const fileOf = (policy: Expr<Policy>) => j`/etc/object-store/policies/${policy.name}.json`

function policyTasks(policy: Expr<Policy>): readonly TaskItem[] {
  const known = register(
    'known_policy',
    command(
      'Ask for the policy',
      { argv: client('admin', 'policy', 'info', 'local', policy.name) },
      { ...asks, failedWhen: never('There is none before it is made.') },
    ),
  )
  const is = known.stdout
    .pipe<{ policyInfo: { Policy: { Statement: unknown } } }>('from_json')
    .policyInfo.Policy.Statement.defaultTo([])
  return [
    known,
    command(
      'Make the policy',
      { argv: client('admin', 'policy', 'create', 'local', policy.name, fileOf(policy)) },
      {
        when: known.rc
          .ne(0)
          .or(sortedLists(is, 'Action').ne(sortedLists(policy.statements, 'actions')))
          .or(sortedLists(is, 'Resource').ne(sortedLists(policy.statements, 'resources'))),
        changedWhen: (made) => made.rc.eq(0),
      },
    ),
  ]
}

function userTasks(account: Expr<User>): readonly TaskItem[] {
  const login = register(
    'login',
    command(
      'Try whether the user gets at its bucket',
      { argv: client('ls', j`${account.name}/${account.bucket}`) },
      {
        ...asks,
        comment: 'The server tells nobody a secret: using it is the only way to see whether it is this one.',
        failedWhen: never('It cannot before it is made.'),
      },
    ),
  )
  const known = register(
    'known_user',
    command(
      'Ask for the policy of the user',
      { argv: client('admin', 'user', 'info', 'local', account.name) },
      { ...asks, failedWhen: never('There is none before it is made.') },
    ),
  )
  return [
    login,
    command(
      'Make the user',
      { argv: client('admin', 'user', 'add', 'local', account.name), stdin: account.secret_key },
      { when: login.rc.ne(0), changedWhen: (made) => made.rc.eq(0), noLog: true },
    ),
    known,
    command(
      'Give the user its policy',
      { argv: client('admin', 'policy', 'attach', 'local', account.policy, '--user', account.name) },
      {
        when: [
          known.rc.eq(0),
          known.stdout.pipe<{ policyName?: string }>('from_json').policyName.defaultTo('').ne(account.policy),
        ],
        changedWhen: (made) => made.rc.eq(0),
      },
    ),
  ]
}
