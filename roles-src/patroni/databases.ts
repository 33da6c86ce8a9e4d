import { ansible, block, type Expr, each, includeEach, j, named, register } from '#dsl'
import {
  postgresql_db,
  postgresql_membership,
  postgresql_query,
  postgresql_user,
} from '#modules/community.postgresql'
import type { Vars } from './variables.ts'

/** Where the socket of PostgreSQL is on Debian. */
const SOCKET = '/var/run/postgresql'
/** Settings of a role's sessions in one database, one line each, as ALTER ROLE wrote them. */
const OWNER_SETTINGS = `SELECT unnest(setconfig) AS line
FROM pg_db_role_setting
JOIN pg_database ON pg_database.oid = setdatabase
JOIN pg_roles ON pg_roles.oid = setrole
WHERE datname = %(database)s AND rolname = %(owner)s`

/** Roles and databases, which the writer alone can be told of. */
export function writerTasks(vars: Vars, writes: Expr<boolean>) {
  const socket = { login_unix_socket: SOCKET, login_user: 'postgres', login_port: vars.port }
  return block(
    'Tell the writer of its roles and databases',
    [
      postgresql_user(
        'Keep the password of replication',
        {
          ...socket,
          name: 'replicator',
          password: vars.replication_password,
          role_attr_flags: 'LOGIN,REPLICATION,NOSUPERUSER,NOCREATEDB,NOCREATEROLE',
        },
        { noLog: true },
      ),
      postgresql_user(
        'Keep the password of rewinding',
        {
          ...socket,
          name: 'rewinder',
          password: vars.rewind_password,
          role_attr_flags: 'LOGIN,NOREPLICATION,NOSUPERUSER,NOCREATEDB,NOCREATEROLE',
        },
        { noLog: true },
      ),
      each(vars.users, { as: 'account', label: (account) => account.name }, (account) =>
        postgresql_user(
          'Keep the roles of clients',
          {
            ...socket,
            name: account.name,
            password: account.password,
            role_attr_flags: 'LOGIN,NOREPLICATION,NOSUPERUSER,NOCREATEDB,NOCREATEROLE',
          },
          { noLog: true },
        ),
      ),
      each(vars.users, { as: 'account', label: (account) => account.name }, (account) =>
        postgresql_membership(
          'Keep the memberships of clients',
          {
            ...socket,
            login_db: 'postgres',
            target_roles: [account.name],
            groups: account.member_of.defaultTo([]),
            state: 'exact',
            fail_on_role: ansible.checkMode.not(),
          },
          { comment: 'In check mode the role may not be there yet.', noLog: true },
        ),
      ),
      includeEach(
        'Keep each database',
        'database',
        vars.databases,
        { as: 'database', label: (database) => database.name },
        (database) => {
          const created = register(
            'created',
            postgresql_db('Make the database', {
              ...socket,
              name: database.name,
              owner: database.owner,
              encoding: 'UTF-8',
              lc_collate: 'C',
              lc_ctype: 'C',
              template: 'template0',
              state: 'present',
            }),
          )
          const known = register(
            'known',
            postgresql_query("Read the settings of the owner's sessions", {
              ...socket,
              login_db: 'postgres',
              query: OWNER_SETTINGS,
              named_args: { database: database.name, owner: database.owner },
            }),
          )
          const lines = known
            .at<readonly { readonly line: string }[]>('query_result')
            .pipe('map', named({ attribute: 'line' }))
            .pipe('list')
          const wanted = database.settings.pipe<readonly { key: string; value: string }[]>('dict2items')
          return [
            created,
            known,
            each(wanted, { as: 'setting', label: (setting) => setting.key }, (setting) =>
              postgresql_query(
                "Correct the settings of the owner's sessions",
                {
                  ...socket,
                  login_db: 'postgres',
                  query: j`ALTER ROLE "${database.owner}" IN DATABASE "${database.name}" SET ${setting.key} TO %(value)s`,
                  named_args: { value: setting.value },
                },
                {
                  comment: 'Not in check mode while the database is not there.',
                  when: [
                    ansible.checkMode.not().or(created.isChanged().not()),
                    j`${setting.key}=${setting.value}`.notIn(lines),
                  ],
                },
              ),
            ),
          ]
        },
      ),
    ],
    { when: writes },
  )
}
