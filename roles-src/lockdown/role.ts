import { z } from 'zod'
import { ansible, block, defineRole, type Expr, each, j, never, register, value } from '#dsl'
import {
  assert,
  command,
  copy,
  debug,
  file,
  stat,
  systemd_service,
  template,
  uri,
  wait_for,
} from '#modules/builtin'

const place = z.object({
  host: z.string().describe('Name or address.'),
  port: z.int().min(1).max(65535).describe('TCP port.'),
})

const RESOLVER = '/etc/resolv.conf'
const BEFORE = '/etc/resolv.conf.before-lockdown'

export default defineRole({
  name: 'lockdown',
  summary: 'Prove that a host cannot reach the internet, and needs it for nothing.',
  description: `
To close the way out is the business of a firewall; this role takes the resolvers of the world away, and proves that the
way is closed and that nothing misses it. It comes in two phases.

**\`lockdown_configure\`** writes \`${RESOLVER}\` with \`lockdown_resolvers\` alone, so that names which are not in \`/etc/hosts\` fail
at once, and keeps what was there as \`${BEFORE}\`. With \`lockdown_closed: false\` it puts that back, and proves nothing. A
\`${RESOLVER}\` that is a link belongs to another program and is left alone: its questions then end at the firewall.

**\`lockdown_service\`** is the proof. Each time it runs it restarts everything, and says \`changed\` for each unit:

1. The firewall's rules are loaded as at boot, and with them none of \`lockdown_outside\` can be connected to and none of
   \`lockdown_names\` is resolved.
2. While all is well, and not before, every unit of \`lockdown_units\` restarts and is active; every address at which somebody waited on one of \`lockdown_ports\` is
   waited at again; every answer of \`lockdown_checks\` is as it should be; every address of \`lockdown_vips\` answers.
3. No unit of the host has failed, none was started again by systemd, and no connection out of the deployment was tried
   meanwhile: the counter that \`lockdown_counter_command\` prints is what it was before.

Run it on one host after another (\`serial: 1\`): \`lockdown_checks\` are the questions whose answers let the next host be taken,
so that clusters keep their quorum and virtual IPs a holder. In check mode nothing restarts.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    closed: z
      .boolean()
      .default(true)
      .describe('Whether the way out is closed; `false` undoes what the role did and proves nothing.'),
    resolvers: z
      .array(z.string())
      .default([])
      .describe('Addresses that are asked for names beside those of `/etc/hosts` while the way is closed.'),
    outside: z.array(place).default([]).describe('Places outside that must not be reachable.'),
    names: z.array(z.string()).default([]).describe('Names that must not be resolved.'),
    filter_unit: z
      .string()
      .default('firewall')
      .describe('systemd unit that loads the rules of the firewall at boot, without `.service`.'),
    units: z
      .array(z.string())
      .default([])
      .describe('systemd units to restart, in this order, without `.service`.'),
    ports: z
      .array(z.int().min(1).max(65535))
      .default([])
      .describe('TCP ports that somebody waits on once all is up, at the addresses of before.'),
    checks: z
      .array(
        z.object({
          name: z.string().describe('What is asked.'),
          url: z.string().describe('Address that answers with status 200.'),
          ca_file: z
            .string()
            .default('/etc/ssl/certs/ca-certificates.crt')
            .describe('CA that its certificate must be of, where it has one.'),
          answer: z
            .string()
            .default('')
            .describe('Regular expression that the answer has to match; empty for any.'),
        }),
      )
      .default([])
      .describe('Questions to the services of the host that have to be answered well.'),
    vips: z
      .array(z.string())
      .default([])
      .describe('Virtual IPs that the host may hold, of which each has to answer pings, whoever holds it.'),
    patience: z.int().min(1).default(120).describe('Seconds that a port, a check or a virtual IP may take.'),
    counter_command: z
      .array(z.string())
      .min(1)
      .default(['nft', 'list', 'counter', 'inet', 'firewall', 'egress_refused'])
      .describe('Command that prints how many connections out were refused so far.'),
  },

  configure: ({ vars }) => {
    const resolver = register('resolver', stat('Look at the list of resolvers', { path: RESOLVER }))
    const before = register('before_lockdown', stat('Look for the list of before', { path: BEFORE }))
    const owned = resolver.stat.exists.and(resolver.stat.at<boolean>('islnk').defaultTo(false).not())
    return [
      resolver,
      before,
      copy(
        'Keep the list of resolvers for later',
        { src: RESOLVER, dest: BEFORE, remote_src: true, force: false, mode: 'preserve' },
        { when: [vars.closed, owned] },
      ),
      template(
        'Ask nobody outside for names',
        { src: 'resolv.conf.j2', dest: RESOLVER, owner: 'root', group: 'root', mode: '0644' },
        { when: [vars.closed, owned] },
      ),
      copy(
        'Put the list of resolvers back',
        { src: BEFORE, dest: RESOLVER, remote_src: true, mode: 'preserve' },
        { when: [vars.closed.not(), before.stat.exists] },
      ),
      file('Forget the list of before', { path: BEFORE, state: 'absent' }, { when: vars.closed.not() }),
    ]
  },

  service: ({ vars }) => {
    const reads = { checkMode: false, changedWhen: never('It only reads.') } as const
    const count = (name: string) => command(name, { argv: vars.counter_command }, reads)
    const before = register('refused_before', count('Read how often a way out was refused'))
    const after = register('refused_after', count('Read again how often a way out was refused'))
    const listening = register(
      'listening',
      command('Ask which ports accept connections', { argv: ['ss', '-Hlnt'] }, reads),
    )
    const failed = register(
      'failed_units',
      command(
        'Ask for units that failed',
        { argv: ['systemctl', 'list-units', '--failed', '--plain', '--no-legend'] },
        reads,
      ),
    )
    // Where somebody waits for connections, among the ports that count.
    const sockets = (stdout: Expr<string>) =>
      stdout
        .pipe('regex_findall', '(?m)^LISTEN +\\d+ +\\d+ +(\\S+)')
        .pipe('select', 'search', j`:(${vars.ports.pipe('join', '|')})$`)
        .pipe('unique')
    const states = register(
      'states',
      command(
        'Ask how each unit is now',
        {
          argv: value<string[]>([
            'systemctl',
            'show',
            '--property=Id,ActiveState,SubState,NRestarts,ActiveEnterTimestamp',
          ]).plus(vars.units),
        },
        {
          comment: 'systemd counts the starts that nobody asked for since the last one that somebody did.',
          changedWhen: never('It only reads.'),
        },
      ),
    )
    // A line for each: systemd parts units by an empty one.
    const eachUnit = states.stdout
      .pipe('regex_replace', '(?<=\\S)\\n(?=\\S)', ' ')
      .pipe<string[]>('regex_findall', '[^\\n]+')
    const attempts = vars.patience.dividedBy(2).pipe('int').plus(1)
    const packets = (result: typeof before) => result.stdout.pipe('regex_search', 'packets \\d+')
    const well = (when: 'Look first whether' | 'Wait until') => [
      each(vars.checks, { label: (item) => item.name }, (item) =>
        uri(
          `${when} its services are well`,
          { url: item.url, ca_path: item.ca_file, return_content: true, status_code: [200] },
          {
            until: (result) => [
              result.status.eq(200),
              result.at<string>('content').defaultTo('').is('search', item.answer),
            ],
            retries: attempts,
            delay: 2,
          },
        ),
      ),
      each(vars.vips, {}, (item) =>
        command(
          `${when} its virtual IPs are held`,
          { argv: ['ping', '-n', '-c', '1', '-W', '1', item] },
          {
            changedWhen: never('It only asks.'),
            until: (result) => result.rc.eq(0),
            retries: attempts,
            delay: 2,
          },
        ),
      ),
    ]
    return [
      block(
        'Prove that nothing needs the internet',
        [
          systemd_service(
            'Load the rules of the firewall as at boot',
            { name: vars.filter_unit, state: 'restarted' },
            { comment: 'They count from nothing then, so that the counter is read afterwards.' },
          ),
          each(vars.outside, { label: (item) => j`${item.host}:${item.port}` }, (item) =>
            wait_for(
              'Try to reach places outside',
              { host: item.host, port: item.port, connect_timeout: 3, timeout: 3 },
              {
                comment: 'That it fails is what is wanted.',
                failedWhen: (result) => result.isFailed().not(),
              },
            ),
          ),
          each(vars.names, {}, (item) =>
            command(
              'Try to resolve names outside',
              { argv: ['getent', 'ahostsv4', item] },
              {
                comment: 'getent answers 2 for a name that it cannot resolve.',
                changedWhen: never('It only asks.'),
                failedWhen: (result) => result.rc.ne(2),
              },
            ),
          ),
          before,
          listening,
          ...well('Look first whether'),
          each(vars.units, {}, (item) =>
            systemd_service('Restart what the host runs', { name: item, state: 'restarted' }),
          ),
          command(
            'Wait for its ports',
            { argv: ['ss', '-Hlnt'] },
            {
              changedWhen: never('It only asks.'),
              until: (result) =>
                sockets(listening.stdout).pipe('difference', sockets(result.stdout)).pipe('length').eq(0),
              retries: attempts,
              delay: 2,
            },
          ),
          ...well('Wait until'),
          states,
          failed,
          after,
          debug('Say of each unit that it is back', {
            msg: eachUnit,
          }),
          assert('Say whether anything failed or asked for the internet', {
            that: [
              eachUnit
                .pipe('reject', 'search', 'ActiveState=active')
                .pipe<string[]>('list')
                .pipe('length')
                .eq(0),
              eachUnit.pipe('reject', 'search', 'NRestarts=0').pipe<string[]>('list').pipe('length').eq(0),
              failed.stdout.eq(''),
              after.stdout.eq(before.stdout),
            ],
            fail_msg: j`Units: ${eachUnit.pipe('join', '; ')}. Failed: ${failed.stdout.pipe('default', 'none', true)}. Ways out that were refused: ${packets(before)} before, ${packets(after)} after every service restarted; the kernel's log has them as "firewall refused".`,
            quiet: true,
          }),
        ],
        { when: [vars.closed, ansible.checkMode.not()] },
      ),
    ]
  },

  example: {
    outside: [{ host: '198.51.100.80', port: 443 }],
    names: ['deb.debian.org'],
    units: ['haproxy'],
    ports: [443],
    checks: [
      {
        name: 'the database',
        url: 'https://192.0.2.11:8008/health',
        ca_file: '/etc/tls/database/ca.crt',
        answer: '',
      },
    ],
    vips: ['192.0.2.10'],
  },
})
