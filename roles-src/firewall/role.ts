import { z } from 'zod'
import { ansible, block, defineRole, include, j, never, register, value } from '#dsl'
import {
  apt,
  command,
  copy,
  fail,
  file,
  meta,
  stat,
  systemd_service,
  template,
  wait_for_connection,
} from '#modules/builtin'

const network = () =>
  z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/)
    .describe('An IPv4 address or network.')

const rule = z.object({
  purpose: z.string().min(1).describe('What travels there; a comment in the rules.'),
  protocol: z.enum(['tcp', 'udp', 'vrrp']).describe('Protocol. `vrrp` has no ports.'),
  ports: z
    .array(
      z
        .string()
        .regex(/^\d+(-\d+)?$/)
        .describe('A port, or a range such as `49152-65535`.'),
    )
    .default([])
    .describe('Ports of this host.'),
  sources: z.array(network()).min(1).describe('Addresses and networks that may open connections.'),
  destinations: z
    .array(network())
    .default([])
    .describe('Addresses of this host that are meant, virtual ones too; all of them unless told.'),
})

const FIREWALL = '/usr/local/libexec/firewall'

export default defineRole({
  name: 'firewall',
  summary: 'Let in what is named and nothing else, without ever shutting out who deploys.',
  description: `
Each entry of \`firewall_rules\` admits sources to ports of this host. Everything else that would open a connection is
dropped, logged a few times a minute, and counted. Answers, loopback, the ICMP that networks need, and IPv6 neighbour discovery
pass. A rule for SSH has to be among them.

**Own table only.** All rules are in the table \`inet firewall\`, which is replaced in one transaction: there is no moment
without rules, and tables of other programs are never touched. Debian's \`nftables.service\` begins with \`flush ruleset\`,
which would empty Docker's tables too: it is masked.

**Never locked out.** The rules are checked (\`nft -c\`) before they are written. What is written is first tried:
\`${FIREWALL} apply\` loads it and starts a timer that puts the last confirmed rules back. Ansible then opens a new
connection, and confirms over that one. Where it cannot be opened, the timer undoes the change and the run
fails, saying so. At boot only confirmed rules are loaded. A rule set in the kernel that differs from the file, whoever changed it, is
found by every run (\`${FIREWALL} check\`) and replaced in the same way.

**Docker.** Packets for published ports are forwarded and never meet the chain \`input\`. With \`firewall_docker\` the same rules
hold for them twice: in the chain \`forward\` of the own table, which asks for the address and port that the packet had
before Docker changed it and holds whatever Docker writes; and in \`DOCKER-USER\`, the chain that Docker keeps for
this, which a unit of its own fills before each start of Docker. Traffic between containers is Docker's business.

**Egress.** With \`firewall_egress: closed\` the host opens connections only to \`firewall_egress_networks\`. All else is
refused at once instead of timing out, and counted (\`nft list counter inet firewall egress_refused\`), connections that were
open already included. Answers to what was let in always pass, and so does what no router carries further: multicast and
broadcasts of the own segment. With \`firewall_egress: kept\` the way out stays as the last run with \`closed\` or \`open\` left it
(\`/etc/firewall/confirmed/closed\` is there while it is closed), and is open where there was none: a playbook that cuts the
internet is then not undone by the next deployment.

To open the host in an emergency: \`nft delete table inet firewall\` on its console. It lasts until the next run or boot.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    rules: z.array(rule).min(1).describe('What is let in, SSH included.'),
    egress: z
      .enum(['open', 'closed', 'kept'])
      .default('open')
      .describe(
        '`closed` lets the host open connections only to `firewall_egress_networks`; `kept` leaves it as it was.',
      ),
    egress_networks: z
      .array(network())
      .default([])
      .describe('Networks to which connections may be opened while egress is closed.'),
    docker: z
      .boolean()
      .default(false)
      .describe('Whether the host publishes ports of containers with Docker.'),
    interfaces: z
      .array(z.string())
      .default(['eth0'])
      .describe('Interfaces that lead out of the host; with Docker its bridges are told from them.'),
    log_rate: z
      .string()
      .regex(/^\d+\/(second|minute|hour)$/)
      .default('5/minute')
      .describe('Dropped packets that are logged.'),
    rollback_after: z
      .int()
      .min(20)
      .max(1800)
      .default(120)
      .describe('Seconds after which new rules are undone that nobody confirmed.'),
  },

  programs: { nft: '/usr/sbin/nft', iptables: '/usr/sbin/iptables-restore', firewall: FIREWALL },

  handlers: () => ({
    reload_systemd: systemd_service('Reload systemd', { daemon_reload: true }),
  }),

  install: ({ vars, programs }) => [
    apt('Install nftables', { name: ['nftables'], state: 'present' }),
    apt('Install iptables', { name: ['iptables'], state: 'present' }, { when: vars.docker }),
    systemd_service(
      "Keep Debian's rules from being loaded",
      { name: 'nftables', enabled: false, masked: true },
      {
        comment: 'It is not stopped: stopping it would flush the rules of every program.',
        needs: programs.nft,
      },
    ),
    file('Make the folder of programs', {
      path: '/usr/local/libexec',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    copy('Install the program that tries rules', {
      src: 'firewall',
      dest: FIREWALL,
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
  ],

  configure: ({ vars, handlers, programs }) => {
    const folders = register(
      'folders',
      file('Make the folder of the rules', {
        path: '/etc/firewall/wanted',
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
    )
    const thereOrMade = ansible.checkMode.and(folders.isChanged()).not()
    const kept = register(
      'kept',
      stat('Look whether the way out was closed', { path: '/etc/firewall/confirmed/closed' }),
    )
    const closed = vars.egress.eq('closed').or(vars.egress.eq('kept').and(kept.stat.exists))
    return [
      kept,
      template(
        'Write the unit that loads the rules',
        {
          src: 'firewall.service.j2',
          dest: '/etc/systemd/system/firewall.service',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: handlers.reload_systemd },
      ),
      template(
        'Write the unit that loads the rules for Docker',
        {
          src: 'firewall-docker.service.j2',
          dest: '/etc/systemd/system/firewall-docker.service',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: vars.docker, notify: handlers.reload_systemd },
      ),
      folders,
      template(
        'Write the rules',
        {
          src: 'rules.nft.j2',
          dest: '/etc/firewall/wanted/rules.nft',
          owner: 'root',
          group: 'root',
          mode: '0644',
          validate: 'nft -c -f %s',
        },
        { needs: programs.nft, when: thereOrMade },
      ),
      template(
        'Write the rules for Docker',
        {
          src: 'docker-user.rules.j2',
          dest: '/etc/firewall/wanted/docker-user.rules',
          owner: 'root',
          group: 'root',
          mode: '0644',
          validate: 'iptables-restore --test --noflush %s',
        },
        { needs: programs.iptables, when: [vars.docker, thereOrMade] },
      ),
      copy(
        'Note that the way out is closed',
        {
          content: 'Only firewall_egress_networks may be connected to.\n',
          dest: '/etc/firewall/wanted/closed',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: [closed, thereOrMade] },
      ),
      file(
        'Note that the way out is open',
        { path: '/etc/firewall/wanted/closed', state: 'absent' },
        { when: closed.not() },
      ),
      file(
        'Remove the rules for Docker',
        { path: '/etc/firewall/wanted/docker-user.rules', state: 'absent' },
        { when: vars.docker.not() },
      ),
    ]
  },

  service: ({ vars, programs }) => {
    const state = register(
      'state',
      command(
        'Compare the rules of the kernel with the file',
        { argv: [FIREWALL, 'check'] },
        {
          comment: 'It only compares. In check mode this is what says that rules would be replaced.',
          needs: programs.firewall,
          checkMode: false,
          changedWhen: (result) => ansible.checkMode.and(result.rc.eq(1)),
          failedWhen: (result) => result.rc.notIn([0, 1]),
        },
      ),
    )
    return [
      state,
      include(
        'Try the rules',
        'apply',
        [
          block(
            'Try the rules over a new connection',
            [
              command(
                'Load the rules for a while',
                { argv: [FIREWALL, 'apply', j`${vars.rollback_after}`] },
                { changedWhen: value<boolean>(true) },
              ),
              meta('End the connection that was there before', { free_form: 'reset_connection' }),
              wait_for_connection('Open a new connection', {
                connect_timeout: 5,
                sleep: 1,
                timeout: vars.rollback_after.dividedBy(2).pipe('int'),
              }),
              command(
                'Confirm the rules',
                { argv: [FIREWALL, 'confirm'] },
                { changedWhen: never('The rules were loaded by a task before; this keeps them.') },
              ),
            ],
            {
              rescue: [
                wait_for_connection('Wait until the rules are undone', {
                  connect_timeout: 5,
                  sleep: 1,
                  timeout: vars.rollback_after.plus(60),
                }),
                fail('Say that the rules were undone', {
                  msg: j`The new rules kept ${ansible.inventoryHostname} from being reached over a new connection, or could not be loaded, and were undone. Look for SSH and for this controller's address in firewall_rules.`,
                }),
              ],
            },
          ),
        ],
        { when: [state.rc.isDefined(), state.rc.eq(1), ansible.checkMode.not()] },
      ),
      systemd_service(
        'Load the confirmed rules at boot',
        { name: 'firewall', state: 'started', enabled: true, daemon_reload: true },
        { needs: programs.firewall },
      ),
      systemd_service(
        'Load the rules for Docker before each of its starts',
        { name: 'firewall-docker', enabled: true },
        {
          comment: 'Docker starts it, where there is one.',
          needs: programs.firewall,
          when: vars.docker,
        },
      ),
    ]
  },

  example: {
    rules: [
      {
        purpose: 'administration',
        protocol: 'tcp',
        ports: ['22'],
        sources: ['192.0.2.0/28'],
      },
      {
        purpose: 'web pages for everybody',
        protocol: 'tcp',
        ports: ['80', '443'],
        sources: ['0.0.0.0/0'],
        destinations: ['198.51.100.10'],
      },
    ],
  },
})
