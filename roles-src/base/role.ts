import { z } from 'zod'
import { ansible, choose, defineRole, type Expr, each, j, never, register, value } from '#dsl'
import { sysctl } from '#modules/ansible.posix'
import {
  apt,
  command,
  copy,
  file,
  hostname,
  lineinfile,
  slurp,
  stat,
  systemd_service,
  template,
} from '#modules/builtin'
import { modprobe } from '#modules/community.general'

/** What can be left to somebody else, one by one. */
const PARTS = [
  'sources',
  'proxy',
  'packages',
  'upgrades',
  'hostname',
  'hosts',
  'limits',
  'sysctl',
  'modules',
  'huge_pages',
] as const

/** Whether a part is this role's. */
const managed =
  ({ skip }: { readonly skip: Expr<(typeof PARTS)[number][]> }) =>
  (part: (typeof PARTS)[number]) =>
    value<string>(part).notIn(skip)

const HUGE_PAGES = '/sys/kernel/mm/transparent_hugepage/enabled'

export default defineRole({
  name: 'base',
  summary: 'Name a host, tell it the other hosts, and set its package sources, limits and kernel parameters.',
  description: `
\`/etc/hosts\` is written whole from \`base_hosts\`, without a line for 127.0.1.1: members of a cluster announce the
address that their own name leads to. On hosts made by cloud-init that program is told to leave name and file alone.

Hosts that share a kernel (containers) may set only what belongs to their own namespace: leave \`host\` out of
\`base_sysctl_scopes\`, and kernel parameters of that scope and kernel modules are left alone.

What somebody else looks after on a host (an image, another playbook, the machine that a container runs on) is named in
\`base_skip\`, and left as it is. The marker is always written.

Package lists are renewed in check mode too, since nobody could say otherwise what would be installed.

\`/etc/machine-info\` says which deployment the host belongs to. Playbooks refuse hosts of another one.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    deployment: z.string().min(1).describe('Name of the deployment that the host belongs to.'),
    hostname: z.string().min(1).describe("The host's name, without a domain."),
    hosts: z
      .array(
        z.object({
          address: z.string().describe('Address.'),
          names: z.array(z.string()).min(1).describe('Names that lead to it, the fully qualified first.'),
        }),
      )
      .describe('Lines of `/etc/hosts` below those of the loopback.'),
    skip: z
      .array(z.enum(PARTS))
      .default([])
      .describe('Parts that somebody else looks after on this host, and that are left alone.'),
    apt_mirror: z
      .string()
      .default('http://deb.debian.org/debian')
      .describe("Debian's archive, or a mirror of it."),
    apt_security_mirror: z
      .string()
      .default('http://deb.debian.org/debian-security')
      .describe("Archive of Debian's security updates, or a mirror of it."),
    apt_components: z
      .array(z.enum(['main', 'contrib', 'non-free', 'non-free-firmware']))
      .min(1)
      .default(['main'])
      .describe('Parts of the archive; firmware and microcode of real hardware are in `non-free-firmware`.'),
    apt_proxy: z
      .string()
      .default('')
      .describe('HTTP proxy for apt, such as `http://192.0.2.5:3142`; empty for none.'),
    apt_cache_valid_time: z
      .int()
      .min(0)
      .default(3600)
      .describe('Seconds for which package lists count as fresh.'),
    packages: z
      .array(z.string())
      .default([
        'ca-certificates',
        'curl',
        'iputils-ping',
        'kmod',
        'less',
        'lsof',
        'openssl',
        'procps',
        'rsync',
      ])
      .describe('Packages that every host has.'),
    unattended_upgrades: z
      .boolean()
      .default(false)
      .describe('Whether hosts install security updates by themselves, restarting services as they please.'),
    open_files: z
      .object({
        soft: z.int().min(1024).default(65_536).describe('Limit that a process starts with.'),
        hard: z.int().min(1024).default(524_288).describe('Limit up to which it may go.'),
      })
      .default({ soft: 65_536, hard: 524_288 })
      .describe('Open files of services and logins that set no limit of their own.'),
    sysctls: z
      .array(
        z.object({
          name: z.string().describe('Name of the parameter.'),
          value: z.string().describe('Its value.'),
          scope: z
            .enum(['host', 'namespace'])
            .describe(
              '`namespace` where each network namespace has its own, `host` where the kernel has one.',
            ),
        }),
      )
      .default([])
      .describe('Kernel parameters.'),
    sysctl_scopes: z
      .array(z.enum(['host', 'namespace']))
      .default(['host', 'namespace'])
      .describe('Scopes that may be set on this host.'),
    kernel_modules: z
      .array(z.string())
      .default([])
      .describe('Kernel modules to load now and at every boot, where the scope `host` may be set.'),
    transparent_huge_pages: z
      .enum(['never', 'madvise', 'always', 'unchanged'])
      .default('unchanged')
      .describe(
        'When memory of programs is put into huge pages without their asking, where the scope `host` may be set; databases want `never`.',
      ),
  },

  constants: ({ vars }) => ({
    sysctls: vars.sysctls.pipe<{ name: string; value: string; scope: string }[]>(
      'selectattr',
      'scope',
      'in',
      vars.sysctl_scopes,
    ),
  }),

  programs: { sysctl: '/usr/sbin/sysctl' },

  handlers: () => ({
    reload_systemd: systemd_service('Reload systemd', { daemon_reload: true }),
  }),

  install: ({ vars }) => {
    const mine = managed(vars)
    const sources = register(
      'sources',
      template(
        "Write apt's sources",
        {
          src: 'debian.sources.j2',
          dest: '/etc/apt/sources.list.d/debian.sources',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: mine('sources') },
      ),
    )
    const proxy = register(
      'proxy',
      template(
        'Send apt through the proxy',
        {
          src: 'proxy.conf.j2',
          dest: '/etc/apt/apt.conf.d/60proxy',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: [mine('proxy'), vars.apt_proxy.pipe('length').gt(0)] },
      ),
    )
    return [
      sources,
      file(
        "Remove the sources in apt's old format",
        { path: '/etc/apt/sources.list', state: 'absent' },
        { when: mine('sources') },
      ),
      proxy,
      file(
        'Let apt go without a proxy',
        { path: '/etc/apt/apt.conf.d/60proxy', state: 'absent' },
        { when: [mine('proxy'), vars.apt_proxy.pipe('length').eq(0)] },
      ),
      apt(
        'Renew the package lists',
        {
          update_cache: true,
          cache_valid_time: choose(sources.isChanged().or(proxy.isChanged()), 0, vars.apt_cache_valid_time),
        },
        {
          checkMode: false,
          changedWhen: never('Fresher package lists change nothing that a host does.'),
        },
      ),
      apt(
        'Install the packages of every host',
        { name: vars.packages, state: 'present' },
        { when: mine('packages') },
      ),
      apt(
        'Install unattended upgrades',
        { name: ['unattended-upgrades'], state: 'present' },
        { when: [mine('upgrades'), vars.unattended_upgrades] },
      ),
      template(
        'Say whether the host upgrades itself',
        {
          src: 'auto-upgrades.j2',
          dest: '/etc/apt/apt.conf.d/20auto-upgrades',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: mine('upgrades') },
      ),
    ]
  },

  configure: ({ vars, constants, handlers, programs }) => {
    const mine = managed(vars)
    const ownKernel = vars.sysctl_scopes.contains('host')
    const cloud = register('cloud_init', stat('Look for cloud-init', { path: '/etc/cloud/cloud.cfg.d' }))
    const limits = register(
      'limits_folder',
      file(
        'Make the folder of the limits',
        {
          path: '/etc/systemd/system.conf.d',
          state: 'directory',
          owner: 'root',
          group: 'root',
          mode: '0755',
        },
        { when: mine('limits') },
      ),
    )
    const pages = register(
      'huge_pages',
      slurp(
        'Ask the kernel when it uses huge pages',
        { src: HUGE_PAGES },
        { when: [mine('huge_pages'), ownKernel, vars.transparent_huge_pages.ne('unchanged')] },
      ),
    )
    return [
      lineinfile('Mark the host as one of the deployment', {
        path: '/etc/machine-info',
        regexp: '^DEPLOYMENT=',
        line: j`DEPLOYMENT=${vars.deployment}`,
        create: true,
        owner: 'root',
        group: 'root',
        mode: '0644',
      }),
      cloud,
      copy(
        'Keep cloud-init away from the name and the hosts file',
        {
          src: 'cloud.cfg',
          dest: '/etc/cloud/cloud.cfg.d/99-hosts.cfg',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: [cloud.stat.exists, mine('hostname').or(mine('hosts'))] },
      ),
      hostname('Set the name of the host', { name: vars.hostname }, { when: mine('hostname') }),
      template(
        'Write the hosts file',
        { src: 'hosts.j2', dest: '/etc/hosts', owner: 'root', group: 'root', mode: '0644' },
        { when: mine('hosts') },
      ),
      limits,
      template(
        'Write the limits of services',
        {
          src: 'limits-systemd.conf.j2',
          dest: '/etc/systemd/system.conf.d/60-limits.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        {
          when: [mine('limits'), ansible.checkMode.and(limits.isChanged()).not()],
          notify: handlers.reload_systemd,
        },
      ),
      template(
        'Write the limits of logins',
        {
          src: 'limits.conf.j2',
          dest: '/etc/security/limits.d/60-base.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: mine('limits') },
      ),
      each(vars.kernel_modules, {}, (item) =>
        modprobe(
          'Load the kernel modules',
          { name: item, state: 'present', persistent: 'present' },
          { when: [mine('modules'), ownKernel] },
        ),
      ),
      template(
        'Write the kernel parameters',
        {
          src: 'sysctl.conf.j2',
          dest: '/etc/sysctl.d/60-base.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: mine('sysctl') },
      ),
      each(constants.sysctls, { label: (item) => item.name }, (item) =>
        sysctl(
          'Set the kernel parameters',
          {
            name: item.name,
            value: item.value,
            sysctl_file: '/etc/sysctl.d/60-base.conf',
            sysctl_set: true,
            reload: false,
          },
          {
            comment: 'The file is whole by now: this compares it with the running kernel.',
            when: mine('sysctl'),
            needs: programs.sysctl,
          },
        ),
      ),
      template(
        'Write when the kernel uses huge pages',
        {
          src: 'huge-pages.conf.j2',
          dest: '/etc/tmpfiles.d/60-huge-pages.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: [mine('huge_pages'), ownKernel, vars.transparent_huge_pages.ne('unchanged')] },
      ),
      pages,
      command(
        'Tell the kernel when it uses huge pages',
        { argv: ['systemd-tmpfiles', '--create', '/etc/tmpfiles.d/60-huge-pages.conf'] },
        {
          when: [
            pages.content.isDefined(),
            pages.content.pipe('b64decode').contains(j`[${vars.transparent_huge_pages}]`).not(),
          ],
          changedWhen: value<boolean>(true),
        },
      ),
    ]
  },

  example: {
    deployment: 'production',
    hostname: 'db1',
    hosts: [
      { address: '192.0.2.10', names: ['db-vip.example.net', 'db-vip'] },
      { address: '192.0.2.11', names: ['db1.example.net', 'db1'] },
    ],
    sysctls: [{ name: 'net.core.somaxconn', value: '65535', scope: 'namespace' }],
  },
})
