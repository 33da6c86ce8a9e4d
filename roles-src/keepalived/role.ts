import { z } from 'zod'
import { defineRole } from '#dsl'
import { apt, template, user } from '#modules/builtin'
import { dropIn, keepRunning, unitHandlers } from '../unit.ts'

const unit = { name: 'keepalived', title: 'keepalived' }

export default defineRole({
  name: 'keepalived',
  summary: 'Hold virtual IPs on groups of hosts with VRRP.',
  description: `
Each entry of \`keepalived_instances\` is one virtual IP. All hosts begin as backup and none takes the address back
from one that holds it (\`nopreempt\`), so that a host that returns causes no second interruption. Adverts go to the
peers' addresses (unicast) in VRRP version 3, which has no authentication: let the firewall admit protocol 112 from
the peers alone.

A host gives its virtual IPs away when \`keepalived_check_command\` fails \`keepalived_check_fall\` times in a row. The command runs as the account
\`keepalived_script\`, never as root.

keepalived 2.2 ends itself when it is asked to check a configuration with such an account. The configuration therefore
holds two lines for the account, and the check (\`--config-id=validate\`) reads the other one.

A keepalived that was killed leaves its addresses behind, so the unit starts it again within a second.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    instances: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[A-Za-z0-9_-]+$/)
            .describe('Name of the instance, unique on the host.'),
          vip: z.string().describe('Virtual IP, without a prefix length.'),
          prefix: z
            .int()
            .min(1)
            .max(128)
            .default(32)
            .describe('Prefix length with which the address is added.'),
          interface: z.string().default('eth0').describe('Interface that carries the virtual IP.'),
          router_id: z.int().min(1).max(255).describe('VRRP router id, unique in the network segment.'),
          priority: z
            .int()
            .min(1)
            .max(254)
            .default(100)
            .describe('The host with the highest one gets the address when all start together.'),
          source: z.string().describe('Address of this host, from which adverts are sent.'),
          peers: z.array(z.string()).describe('Addresses of the other hosts that may hold the virtual IP.'),
        }),
      )
      .default([])
      .describe('One entry per virtual IP.'),
    advert_interval: z
      .number()
      .min(0.1)
      .max(40)
      .default(1)
      .describe('Seconds between adverts; a lost host is noticed after three of them.'),
    check_command: z
      .string()
      .default('/usr/bin/pgrep -x haproxy')
      .describe('Command that succeeds while this host may hold virtual IPs; empty for none.'),
    check_interval: z.int().min(1).default(1).describe('Seconds between two checks.'),
    check_fall: z
      .int()
      .min(1)
      .default(2)
      .describe('Failed checks after which the host gives its addresses away.'),
    check_rise: z.int().min(1).default(2).describe('Passed checks after which it may hold them again.'),
  },

  programs: { keepalived: '/usr/sbin/keepalived' },

  handlers: ({ programs }) => unitHandlers(unit, programs.keepalived),

  install: () => [
    apt('Install keepalived', { name: ['keepalived', 'procps'], state: 'present' }),
    user('Add the account of the checks', {
      name: 'keepalived_script',
      comment: 'Checks of keepalived',
      system: true,
      create_home: false,
      home: '/nonexistent',
      shell: '/usr/sbin/nologin',
    }),
  ],

  configure: ({ handlers, programs }) => [
    dropIn(unit, handlers.restart),
    template(
      'Write the configuration of keepalived',
      {
        src: 'keepalived.conf.j2',
        dest: '/etc/keepalived/keepalived.conf',
        owner: 'root',
        group: 'root',
        mode: '0644',
        validate: 'keepalived --config-test --config-id=validate --use-file %s',
      },
      { needs: programs.keepalived, notify: handlers.reload },
    ),
  ],

  service: ({ programs }) => [keepRunning(unit, programs.keepalived)],

  example: {
    instances: [
      {
        name: 'database',
        vip: '192.0.2.10',
        interface: 'eth0',
        router_id: 53,
        priority: 110,
        source: '192.0.2.11',
        peers: ['192.0.2.12'],
      },
    ],
  },
})
