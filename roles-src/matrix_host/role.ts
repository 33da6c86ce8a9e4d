import { z } from 'zod'
import { choose, defineRole, each, facts, j, value } from '#dsl'
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
without an address is therefore bound to \`matrix_host_published_address\` (the loopback unless told); what others shall
reach names its address. Networks that were made before keep what they had, and on Debian 12, whose Docker is older than the
option, this holds for Docker's first network only: have a packet filter there that knows of published ports.

**Networks.** Docker takes networks of its own from \`matrix_host_address_pools\`. Where one of them overlaps a network of
the site, its hosts are out of reach for every container: name pools that nobody else uses.

**Images.** \`matrix_host_registry_mirrors\` are asked before Docker Hub, and only for images of Docker Hub. Images of
other registries come from a private registry when their names begin with it, which is the other playbook's to say.
Docker trusts the CAs that the host trusted when it started, and for a registry of \`matrix_host_registry_cas\` one more, which
it reads at each pull: a new CA needs no restart.

**Names.** Containers do not read the host's \`/etc/hosts\`: they ask \`matrix_host_dns\`, or the name servers of the host. Where
there are none, have them connect to addresses, or give them names with \`--add-host\`.

**Logs** go to the journal and are bounded by its limits; Docker writes no files of its own.

\`/etc/docker/daemon.json\` belongs to this role. It is checked before it replaces the old one, by Docker itself where its
version can. A change restarts Docker, and systemd its containers with it. \`matrix_host_live_restore\` keeps containers that
Docker itself restarts; units that require \`docker.service\`, such as MDAD's, end with it all the same. Debian starts
Docker at boot, and MDAD's units are enabled: after a reboot nobody has to do anything.
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
    registry_cas: z
      .array(
        z.object({
          registry: z
            .string()
            .regex(/^[^/]+$/)
            .describe('Registry, as host, or host and port.'),
          ca: z.string().startsWith('/').describe('File of its CA on the host.'),
        }),
      )
      .default([])
      .describe('Registries whose certificates are of a CA of their own.'),
    live_restore: z.boolean().default(false).describe('Whether containers go on while Docker is restarted.'),
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
      'live-restore': vars.live_restore,
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

  configure: ({ vars, handlers, programs }) => [
    file('Make the folder of the configuration', {
      path: '/etc/docker',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    each(vars.registry_cas, { label: (item) => item.registry }, (item) =>
      file('Make the folder of what Docker trusts', {
        path: j`/etc/docker/certs.d/${item.registry}`,
        state: 'directory',
        owner: 'root',
        group: 'root',
        mode: '0755',
      }),
    ),
    each(vars.registry_cas, { label: (item) => item.registry }, (item) =>
      file('Trust the CA of a registry', {
        path: j`/etc/docker/certs.d/${item.registry}/ca.crt`,
        src: item.ca,
        state: 'link',
        force: true,
      }),
    ),
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
    registry_cas: [{ registry: 'mirror.example.net', ca: '/etc/ssl/certs/example-ca.pem' }],
    address_pools: [{ base: '198.18.0.0/16', size: 24 }],
  },
})
