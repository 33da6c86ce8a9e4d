import { z } from 'zod'
import { choose, defineRole, facts, value } from '#dsl'
import { apt, assert, file, template } from '#modules/builtin'
import { keepRunning, unitHandlers } from '../unit.ts'

const unit = { name: 'docker', title: 'Docker' }

export default defineRole({
  name: 'matrix_host',
  summary:
    "Prepare a host for containers that another playbook runs: Debian's Docker, and what it may reach.",
  description: `
The host is ready for [matrix-docker-ansible-deploy](https://github.com/spantaleev/matrix-docker-ansible-deploy) (MDAD) or
any other playbook that starts containers as systemd units. Docker is Debian's package \`docker.io\`, with Docker's module for
Python, so that the other playbook has to fetch neither: with MDAD set
\`matrix_playbook_docker_installation_enabled: false\` and \`devture_docker_sdk_for_python_installation_enabled: false\`.

**Ports.** Docker opens published ports before the packet filter of the host sees them. A port that a container publishes
without an address is therefore bound to \`matrix_host_published_address\` (the loopback unless told) and never to all
addresses; what others shall reach names its address.

**Networks.** Docker takes networks of its own from \`matrix_host_address_pools\`. Where one of them overlaps a network of
the site, its hosts are out of reach for every container: name pools that nobody else uses.

**Images.** \`matrix_host_registry_mirrors\` are asked before Docker Hub, and only for images of Docker Hub. Images of
other registries come from a private registry when their names begin with it, which is the other playbook's to say.
Docker trusts the CAs that the host trusts.

\`/etc/docker/daemon.json\` belongs to this role. It is checked before it replaces the old one, by Docker itself where its
version can. A change restarts Docker, and systemd its containers with it.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    registry_mirrors: z.array(z.url()).default([]).describe('Mirrors of Docker Hub, asked in this order.'),
    insecure_registries: z
      .array(z.string())
      .default([])
      .describe(
        'Registries, as host and port, that may be asked without TLS or with a certificate of nobody known.',
      ),
    published_address: z.ipv4().default('127.0.0.1').describe('Address of published ports that name none.'),
    address_pools: z
      .array(
        z.object({
          base: z.cidrv4().describe('The pool.'),
          size: z.int().min(16).max(29).describe('Prefix length of each network that is taken from it.'),
        }),
      )
      .default([])
      .describe("Networks from which Docker takes its own; Docker's choice where there is none."),
    dns: z
      .array(z.ipv4())
      .default([])
      .describe("Name servers of the containers; the host's own where there is none."),
    data_root: z
      .string()
      .startsWith('/')
      .default('/var/lib/docker')
      .describe('Folder of images and containers.'),
    storage_driver: z
      .enum(['', 'overlay2', 'fuse-overlayfs', 'vfs'])
      .default('')
      .describe('How layers of images become one file system; what fits the disk unless told.'),
    open_files: z
      .int()
      .min(1024)
      .default(1_048_576)
      .describe('Files and connections that a container may have open.'),
  },

  constants: ({ vars }) => ({
    daemon: value({
      'data-root': vars.data_root,
      'default-address-pools': vars.address_pools,
      'default-ulimits': { nofile: { Name: 'nofile', Hard: vars.open_files, Soft: vars.open_files } },
      dns: vars.dns,
      'insecure-registries': vars.insecure_registries,
      ip: vars.published_address,
      ipv6: false,
      'log-driver': 'journald',
      'registry-mirrors': vars.registry_mirrors,
      'storage-driver': vars.storage_driver,
    }),
  }),

  programs: { dockerd: '/usr/sbin/dockerd' },

  handlers: ({ programs }) => ({ restart: unitHandlers(unit, programs.dockerd).restart }),

  preflight: () => [
    assert('Refuse a processor for which there are no images', {
      that: [facts.architecture.in(['x86_64', 'aarch64'])],
      fail_msg: 'Images are made for x86_64 and aarch64.',
      quiet: true,
    }),
  ],

  install: () => [
    apt(
      'Install Docker',
      { name: ['docker.io', 'iptables', 'python3-docker'], state: 'present', policy_rc_d: 101 },
      { comment: 'Exit code 101 keeps the package from starting it before its configuration is there.' },
    ),
  ],

  configure: ({ handlers, programs }) => [
    file('Make the folder of the configuration', {
      path: '/etc/docker',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    template(
      'Write the configuration of Docker',
      {
        src: 'daemon.json.j2',
        dest: '/etc/docker/daemon.json',
        owner: 'root',
        group: 'root',
        mode: '0644',
        validate: choose(
          facts.distribution_release.eq('bookworm'),
          'python3 -m json.tool %s',
          'dockerd --validate --config-file=%s',
        ),
      },
      {
        comment: "Bookworm's Docker cannot check a configuration.",
        needs: programs.dockerd,
        notify: handlers.restart,
      },
    ),
  ],

  service: ({ programs }) => [keepRunning(unit, programs.dockerd)],

  example: {
    registry_mirrors: ['https://mirror.example.net'],
    address_pools: [{ base: '198.18.0.0/16', size: 24 }],
  },
})
