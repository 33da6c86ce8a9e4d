import { z } from 'zod'
import { ansible, defineRole, never, register } from '#dsl'
import { apt, command, file, systemd_service, template } from '#modules/builtin'

export default defineRole({
  name: 'chrony',
  summary: 'Keep the clock of a host, from local sources that need no internet.',
  description: `
A host asks \`chrony_servers\`. One with \`chrony_listen_address\` answers others, too. Where such sources have
no better time, they go on by their own clocks at \`chrony_local_stratum\` and agree on one of them (\`orphan\`): let each have the
others in \`chrony_servers\`. All hosts then have the same time, whether or not it is the right one, which is what certificates,
tokens and signatures need.

Only the address in \`chrony_listen_address\` is bound, and nothing at all where that is empty. \`chronyc\` talks to the
daemon over its socket.

In a container, which must not set its machine's clock, set \`chrony_set_clock: false\`: chronyd then follows and serves
time, and sets nothing (\`-x\`).
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    servers: z
      .array(
        z.object({
          address: z.string().describe('Name or address.'),
          prefer: z
            .boolean()
            .default(false)
            .describe('Whether it is preferred where it is as good as others.'),
        }),
      )
      .default([])
      .describe('Servers that are asked for the time.'),
    listen_address: z
      .string()
      .default('')
      .describe('Address on which other hosts are answered; empty for none.'),
    allow: z.array(z.string()).default([]).describe('Networks and addresses that are answered.'),
    local_stratum: z
      .int()
      .min(1)
      .max(15)
      .default(8)
      .describe('Stratum of a host that answers others and has no better time than its own.'),
    set_clock: z.boolean().default(true).describe('Whether the clock of the machine may be set.'),
    step_threshold: z
      .number()
      .min(0)
      .default(1)
      .describe('Seconds of difference from which on the clock is set at once, not little by little.'),
    step_limit: z
      .int()
      .min(-1)
      .default(3)
      .describe('For how many of the first updates it may be set at once; -1 for always.'),
    wait: z
      .int()
      .min(0)
      .default(120)
      .describe('Seconds within which the clock has to be in step with a source; 0 waits for none.'),
  },

  programs: { chronyd: '/usr/sbin/chronyd' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart chrony',
      { name: 'chrony', state: 'restarted', daemon_reload: true },
      { needs: programs.chronyd },
    ),
  }),

  install: () => [
    apt(
      'Install chrony',
      { name: ['chrony'], state: 'present', policy_rc_d: 101 },
      { comment: "Exit code 101 keeps the package from asking Debian's servers before it is configured." },
    ),
  ],

  configure: ({ handlers, programs }) => {
    const folder = register(
      'folder',
      file('Make the folder of the drop-in', {
        path: '/etc/systemd/system/chrony.service.d',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
    )
    return [
      folder,
      template(
        'Write the drop-in of the unit',
        {
          src: 'override.conf.j2',
          dest: '/etc/systemd/system/chrony.service.d/override.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: ansible.checkMode.and(folder.isChanged()).not(), notify: handlers.restart },
      ),
      template(
        'Write the options of chronyd',
        { src: 'default.j2', dest: '/etc/default/chrony', owner: 'root', group: 'root', mode: '0644' },
        { notify: handlers.restart },
      ),
      template(
        'Write the configuration of chrony',
        {
          src: 'chrony.conf.j2',
          dest: '/etc/chrony/chrony.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
          validate: 'chronyd -p -f %s',
        },
        { needs: programs.chronyd, notify: handlers.restart },
      ),
    ]
  },

  service: ({ programs }) => [
    systemd_service(
      'Keep chrony running',
      { name: 'chrony', state: 'started', enabled: true, daemon_reload: true },
      { needs: programs.chronyd },
    ),
  ],

  provision: ({ vars }) => [
    command(
      'Wait until the clock is in step',
      { argv: ['chronyc', '-n', 'tracking'] },
      {
        comment:
          "Normal means in step with a source, or with one's own clock where others follow that. In check mode nothing is asked, and nothing would be told.",
        when: [ansible.checkMode.not(), vars.wait.gt(0)],
        until: (tracking) => tracking.stdout.is('search', 'Leap status +: Normal'),
        retries: vars.wait.dividedBy(2).pipe('int'),
        delay: 2,
        changedWhen: never('It only asks.'),
      },
    ),
  ],

  example: {
    servers: [{ address: '192.0.2.10', prefer: true }, { address: '192.0.2.20' }],
  },
})
