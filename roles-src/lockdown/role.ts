import { z } from 'zod'
import { defineRole, each, j, never, register } from '#dsl'
import { assert, command, debug, systemd_service, wait_for } from '#modules/builtin'

const place = z.object({
  host: z.string().describe('Name or address.'),
  port: z.int().min(1).max(65535).describe('TCP port.'),
})

export default defineRole({
  name: 'lockdown',
  summary: 'Prove that a host cannot reach the internet, and needs it for nothing.',
  description: `
It changes no setting. To close the way out is the business of a firewall; this proves that it is closed:

1. None of \`lockdown_outside\` can be connected to, and none of \`lockdown_names\` is resolved.
2. Every unit of \`lockdown_units\` restarts, and every port of \`lockdown_ports\` accepts connections again. Run it on one
   host after another (\`serial: 1\`), so that clusters keep their quorum.
3. No unit of the host has failed, and while the units restarted no connection out of the deployment was tried: the
   counter that \`lockdown_counter_command\` prints is what it was before.

The third one counts what the first one tried, too, so that it is read after it.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    outside: z.array(place).default([]).describe('Places outside that must not be reachable.'),
    names: z.array(z.string()).default([]).describe('Names that must not be resolved.'),
    units: z
      .array(z.string())
      .default([])
      .describe('systemd units to restart, in this order, without `.service`.'),
    ports: z.array(place).default([]).describe('Ports of the host that accept connections once all is up.'),
    patience: z.int().min(1).default(120).describe('Seconds that a port may take.'),
    counter_command: z
      .array(z.string())
      .min(1)
      .default(['nft', 'list', 'counter', 'inet', 'firewall', 'egress_refused'])
      .describe('Command that prints how many connections out were refused so far.'),
    lasting: z
      .boolean()
      .default(true)
      .describe('Whether the next deployment keeps the way closed; where not, the last task says so.'),
  },

  service: ({ vars }) => {
    const counted = (name: string) =>
      command(
        name,
        { argv: vars.counter_command },
        { checkMode: false, changedWhen: never('It only reads.') },
      )
    const before = register('before', counted('Read how often a way out was refused'))
    const after = register('after', counted('Read again how often a way out was refused'))
    const failed = register(
      'failed_units',
      command(
        'Ask for units that failed',
        { argv: ['systemctl', 'list-units', '--failed', '--plain', '--no-legend'] },
        { checkMode: false, changedWhen: never('It only reads.') },
      ),
    )
    return [
      each(vars.outside, { label: (item) => item.host }, (item) =>
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
            checkMode: false,
            changedWhen: never('It only asks.'),
            failedWhen: (result) => result.rc.eq(0),
          },
        ),
      ),
      before,
      each(vars.units, {}, (item) =>
        systemd_service(
          'Restart what the host runs',
          { name: item, state: 'restarted' },
          { changedWhen: never('What restarts has the same settings as before.') },
        ),
      ),
      each(vars.ports, { label: (item) => j`${item.host}:${item.port}` }, (item) =>
        wait_for('Wait for its ports', {
          host: item.host,
          port: item.port,
          connect_timeout: 3,
          timeout: vars.patience,
        }),
      ),
      failed,
      after,
      assert('Say what was found', {
        that: [failed.stdout.eq(''), after.stdout.eq(before.stdout)],
        fail_msg: j`Failed units: ${failed.stdout.defaultTo('none')}. Refused before: ${before.stdout.pipe('regex_search', 'packets \\d+')}; after every service restarted: ${after.stdout.pipe('regex_search', 'packets \\d+')}.`,
        quiet: true,
      }),
      debug(
        'Say that the next deployment opens the way again',
        {
          msg: 'The deployment does not say that the way out is closed: what deploys it next opens it again.',
        },
        { when: vars.lasting.not() },
      ),
    ]
  },

  example: {
    outside: [{ host: '198.51.100.80', port: 443 }],
    names: ['deb.debian.org'],
    units: ['haproxy'],
    ports: [{ host: '192.0.2.11', port: 443 }],
  },
})
