import { z } from 'zod'
import { ansible, defineRole, j, never, register } from '#dsl'
import { apt, command, file, systemd_service, template } from '#modules/builtin'
import { ports } from './ports.ts'

type Needs = NonNullable<NonNullable<Parameters<typeof systemd_service>[2]>['needs']>

const port = () => z.int().min(1).max(65535)

/** Starts the member. When this run did, the member has read its configuration as it now is. */
const start = (needs: Needs) =>
  register(
    'started',
    systemd_service(
      'Keep etcd running',
      { name: 'etcd', state: 'started', enabled: true, daemon_reload: true, no_block: true },
      {
        comment:
          'Without waiting for it: a new cluster is not ready before most of its members have started.',
        needs,
      },
    ),
  )

export default defineRole({
  name: 'etcd',
  summary: 'Run a member of an etcd cluster that talks TLS only.',
  description: `
All members of a new cluster have to be deployed in one run, at the same time: a member alone has no quorum. Later runs
restart one member after another, and only where something changed.

The package does not start etcd while it is installed, and the data lie in a folder named by the cluster's token. A
single member that a package once started by itself is therefore never taken for one of this cluster, and no data are
ever removed.

**Adding, replacing and removing members** is not done by changing \`etcd_members\` alone, since etcd reads that list
only once, when it makes its data. To replace a member whose data are lost, run \`etcdctl member remove\` and
\`etcdctl member add\` on a healthy one, set \`etcd_initial_cluster_state: existing\` for the new one, and run the playbook. To add one,
add it with \`etcdctl member add\` first, one at a time. Remove the variable afterwards.

Peers and clients show certificates of the same CA. They need both uses, server and client, and the addresses that are
listened on. etcd reads renewed certificates by itself.

Metrics and health are served without TLS on a port of their own (\`/metrics\`, \`/health\`), so that monitoring needs no
access to the data.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    name: z.string().min(1).describe('Name of this member, one of `etcd_members`.'),
    address: z.string().min(1).describe('Address of this member.'),
    members: z
      .array(
        z.object({
          name: z.string().describe('Name of the member.'),
          address: z.string().describe('Its address.'),
        }),
      )
      .min(1)
      .describe('All members of the cluster.'),
    cluster_token: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/)
      .default('etcd-cluster')
      .describe('Name of the cluster, unlike that of any other; names the folder of the data, too.'),
    initial_cluster_state: z
      .enum(['new', 'existing'])
      .default('new')
      .describe('`existing` for a member without data that was added to a running cluster.'),
    client_port: port().default(ports.client).describe('Port for clients.'),
    peer_port: port().default(ports.peer).describe('Port for the other members.'),
    metrics_port: port().default(ports.metrics).describe('Port for metrics and health, without TLS.'),
    ca_file: z.string().default('/etc/tls/etcd/ca.crt').describe('CA that peers and clients are signed by.'),
    certificate_file: z
      .string()
      .default('/etc/tls/etcd/etcd.crt')
      .describe('Certificate that is shown to peers and clients.'),
    key_file: z.string().default('/etc/tls/etcd/etcd.key').describe('Its key.'),
    key_group: z.string().default('tls-etcd').describe('Group that may read the key.'),
    heartbeat_interval: z
      .int()
      .min(10)
      .default(100)
      .describe('Milliseconds between heartbeats of the leader; about the round trip between members.'),
    election_timeout: z
      .int()
      .min(50)
      .max(50_000)
      .default(1000)
      .describe('Milliseconds without a heartbeat until an election; ten times the interval.'),
    quota_backend_bytes: z
      .int()
      .min(0)
      .default(2 * 1024 ** 3)
      .describe('Size of the database beyond which writes are refused.'),
    auto_compaction_retention: z
      .string()
      .regex(/^\d+[hms]$/)
      .default('1h')
      .describe('How long old revisions are kept.'),
    snapshot_count: z.int().min(1).default(10_000).describe('Transactions between two snapshots.'),
    open_files: z.int().min(1024).default(65_536).describe('Files and connections that etcd may have open.'),
    start_timeout: z
      .int()
      .min(10)
      .default(120)
      .describe('Seconds within which the member has to be healthy.'),
  },

  constants: ({ vars }) => ({
    data: j`/var/lib/etcd/${vars.cluster_token}`,
  }),

  programs: { etcd: '/usr/bin/etcd' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart etcd',
      { name: 'etcd', state: 'restarted', daemon_reload: true },
      {
        comment: 'One member after another: each is ready again when it has rejoined the others.',
        needs: programs.etcd,
        throttle: 1,
        when: start(programs.etcd).isChanged().not(),
      },
    ),
  }),

  install: () => [
    apt(
      'Install etcd',
      { name: ['etcd-client', 'etcd-server'], state: 'present', policy_rc_d: 101 },
      { comment: 'Exit code 101 keeps the package from starting a cluster of one.' },
    ),
  ],

  configure: ({ constants, handlers, programs }) => {
    const folder = register(
      'folder',
      file('Make the folder of the drop-in', {
        path: '/etc/systemd/system/etcd.service.d',
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
          dest: '/etc/systemd/system/etcd.service.d/override.conf',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { when: ansible.checkMode.and(folder.isChanged()).not(), notify: handlers.restart },
      ),
      file(
        'Make the folder of the data',
        { path: constants.data, state: 'directory', owner: 'etcd', group: 'etcd', mode: '0700' },
        { needs: programs.etcd },
      ),
      template(
        'Write the configuration of etcd',
        { src: 'etcd.j2', dest: '/etc/default/etcd', owner: 'root', group: 'root', mode: '0644' },
        { notify: handlers.restart },
      ),
    ]
  },

  service: ({ vars, programs }) => [
    start(programs.etcd),
    command(
      'Wait until the member is healthy',
      {
        argv: [
          'etcdctl',
          j`--endpoints=https://${vars.address}:${vars.client_port}`,
          j`--cacert=${vars.ca_file}`,
          j`--cert=${vars.certificate_file}`,
          j`--key=${vars.key_file}`,
          'endpoint',
          'health',
        ],
      },
      {
        comment:
          'Healthy means that the member agreed on something with most of the others. In check mode nothing is asked, and nothing would be told.',
        when: ansible.checkMode.not(),
        environment: { ETCDCTL_API: '3' },
        until: (health) => health.rc.eq(0),
        retries: vars.start_timeout.dividedBy(2).pipe('int'),
        delay: 2,
        changedWhen: never('It only asks.'),
      },
    ),
  ],

  example: {
    name: 'db1',
    address: '192.0.2.11',
    members: [
      { name: 'db1', address: '192.0.2.11' },
      { name: 'db2', address: '192.0.2.12' },
      { name: 'db3', address: '192.0.2.13' },
    ],
  },
})
