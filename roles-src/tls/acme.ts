import { ansible, block, type Expr, each, j, lookup, named, never, register, value } from '#dsl'
import { assert, command, copy } from '#modules/builtin'
import {
  acme_account,
  acme_certificate_order_create,
  acme_certificate_order_finalize,
  acme_certificate_order_validate,
} from '#modules/community.crypto'
import { nsupdate } from '#modules/community.general'
import {
  type Certificate,
  type Handler,
  onController,
  pathsIn,
  type Tasks,
  type Vars,
} from './certificate.ts'

/** A certificate that is to be ordered: itself, its key, its request. */
type Order = readonly [Certificate, unknown, { readonly csr: string }, ...unknown[]]
interface TxtRecord {
  readonly key: string
  readonly value: readonly string[]
}

/** Orders certificates for the requests of this host. The controller speaks with the server; keys stay where they are. */
export function acmeTasks(vars: Vars, wanted: Expr<readonly Order[]>, reload: Handler): Tasks {
  const path = pathsIn(vars.directory)
  const account = {
    acme_directory: vars.acme_directory,
    acme_version: 2,
    // Left without a trace in logs by the modules themselves, so that what a server answers can be read.
    account_key_content: lookup('ansible.builtin.unvault', vars.acme_account_key_file),
  } as const
  const orders = register(
    'orders',
    each(wanted, { label: (item) => item.at<Certificate>(0).name }, (item) =>
      acme_certificate_order_create(
        'Order the certificates',
        { ...account, csr_content: item.at<Order[2]>(2).csr },
        onController,
      ),
    ),
  )
  const label = (item: Expr<{ readonly item: Order }>) => item.item.at<Certificate>(0).name
  // Hosts may have certificates for the same name: its record then answers all of them at once.
  const records = ansible.playHosts
    .pipe('map', 'extract', ansible.hostvars, '__tls_orders')
    .pipe('selectattr', 'results', 'defined')
    .pipe('map', named({ attribute: 'results' }))
    .pipe('flatten')
    .pipe('selectattr', 'challenge_data_dns', 'defined')
    .pipe('map', named({ attribute: 'challenge_data_dns' }))
    .pipe('list')
    .pipe('combine', named({ list_merge: 'append_rp' }))
    .pipe<TxtRecord[]>('dict2items')
  const update = (name: string, state: 'present' | 'absent') =>
    each(records, { as: 'txt', label: (txt) => txt.key }, (txt) =>
      nsupdate(
        name,
        {
          server: vars.acme_dns_server,
          port: vars.acme_dns_port,
          zone: vars.acme_dns_zone,
          record: j`${txt.key}.`,
          type: 'TXT',
          ttl: 60,
          value: txt.value,
          state,
          key_name: vars.acme_dns_key_name,
          key_algorithm: vars.acme_dns_key_algorithm,
          key_secret: lookup('ansible.builtin.unvault', vars.acme_dns_key_file).pipe('trim'),
        },
        { when: vars.acme_dns_server.ne(''), runOnce: true, ...onController },
      ),
    )
  const call = (name: string, verb: 'present' | 'absent') =>
    each(records, { as: 'txt', label: (txt) => txt.key }, (txt) =>
      command(
        name,
        { argv: vars.acme_dns_command.plus(value([verb, txt.key])).plus(txt.value) },
        {
          changedWhen: never('What it changes is there for a minute, and no part of a host.'),
          when: vars.acme_dns_command.pipe('length').gt(0),
          runOnce: true,
          ...onController,
        },
      ),
    )
  const finished = register(
    'finished',
    each(orders.results, { label }, (item) =>
      acme_certificate_order_finalize(
        'Have the certificates made',
        { ...account, order_uri: item.order_uri, csr_content: item.item.at<Order[2]>(2).csr },
        onController,
      ),
    ),
  )
  return [
    acme_account(
      'Have an account at the server',
      {
        ...account,
        state: 'present',
        contact: vars.acme_contact,
        terms_agreed: vars.acme_terms_agreed,
      },
      { throttle: 1, ...onController },
    ),
    orders,
    block(
      'Answer the server',
      [
        update('Show that the names are ours', 'present'),
        call('Have a command show that the names are ours', 'present'),
        each(
          records.pipe('product', vars.acme_nameservers).pipe<(readonly [TxtRecord, string])[]>('list'),
          { as: 'asked', label: (asked) => j`${asked.at<string>(1)}: ${asked.at<TxtRecord>(0).key}` },
          (asked) =>
            assert(
              'Wait until every name server answers so',
              {
                that: [
                  asked
                    .at<TxtRecord>(0)
                    .value.pipe(
                      'difference',
                      lookup(
                        'community.general.dig',
                        j`${asked.at<TxtRecord>(0).key}.`,
                        j`@${asked.at<string>(1)}`,
                        named({ qtype: 'TXT', wantlist: true }),
                      ),
                    )
                    .pipe('length')
                    .eq(0),
                ],
                quiet: true,
              },
              {
                until: (result) => result.isSucceeded(),
                retries: 60,
                delay: 2,
                runOnce: true,
                ...onController,
              },
            ),
        ),
        each(orders.results, { label }, (item) =>
          acme_certificate_order_validate(
            'Let the server look',
            { ...account, order_uri: item.order_uri, challenge: 'dns-01' },
            {
              comment: 'One host at a time: two orders may hang on the same proof.',
              throttle: 1,
              ...onController,
            },
          ),
        ),
        finished,
      ],
      {
        always: [
          update('Take the proof away', 'absent'),
          call('Have the command take the proof away', 'absent'),
        ],
      },
    ),
    each(finished.results, { label: (item) => label(item.item) }, (item) =>
      copy(
        'Write the ordered certificates',
        {
          content: item.selected_chain.full_chain,
          dest: path(item.item.item.at<Certificate>(0), 'crt'),
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: reload },
      ),
    ),
  ]
}
