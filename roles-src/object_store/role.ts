import { z } from 'zod'
import { ansible, block, defineRole, type Expr, j, named, register, secret } from '#dsl'
import { assert, file, group, meta, systemd_service, template, uri, user } from '#modules/builtin'
import { ADMINISTRATOR } from './administrator.ts'
import { driveSchema, driveTasks } from './drives.ts'
import { ports } from './ports.ts'
import { programTasks } from './program.ts'
import { provisionTasks } from './provision.ts'

type Needs = NonNullable<NonNullable<Parameters<typeof systemd_service>[2]>['needs']>

const port = () => z.int().min(1).max(65535)
/** Names that stand in files of policies and in the client's configuration as they are. */
const name = () => z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)

/** The account of the server; its files belong to it and nothing else does. */
const ACCOUNT = 'object-store'

/** Starts the server. When this run did, it has read its configuration as it now is. */
const start = (needs: Needs) =>
  register(
    'started',
    systemd_service(
      'Keep the object store running',
      { name: 'object-store', state: 'started', enabled: true, daemon_reload: true, no_block: true },
      {
        comment: 'Without waiting for it: a server is not ready before most of the others have started.',
        needs,
      },
    ),
  )

export default defineRole({
  name: 'object_store',
  summary: 'Run a server of a distributed S3 object store with erasure coding, and its buckets and users.',
  description: `
Silo and MinIO are the same server: Silo is the maintained fork of MinIO, whose makers archived it in 2026. Formats on
drives, environment variables, health paths and the client are the same, so that \`object_store_server\` may be changed
in place.

All hosts of a pool have to be deployed in one run, at the same time: servers wait for each other when they start, and
one whose environment or program differs from the others' does not start. A change therefore restarts all of them at once, which
takes seconds; clients of S3 repeat what failed. Replaced certificates are taken over without a restart.

**Drives** are XFS file systems, found by label and mounted with \`noatime\`. A file system is made only where a device
is named, the label is on no disk, and the device carries no signature of anything; nothing is ever wiped. With
\`object_store_drive_kind: directory\` they are folders, for a rehearsal alone: the server is then told to accept the
disk that carries the root file system.

**Losses.** With 16 drives and EC:4 an object survives the loss of any 4 drives, which may be one whole host of four.
While they are gone, writes go on with no margin: a fifth lost drive stops both reads and writes.

**Growth** is a further pool, as large as the others: its hosts are empty, and the pattern of a pool that is there never
changes, since servers find their drives by it. New objects go where the most is free; none are moved.

**Users** are told what their policy says and nothing else. The account \`object_store_root_user\` is the administrator:
\`mcli --config-dir /etc/object-store/client admin info local\` on any host, as root. Secrets stand in files that root alone
reads and reach the client by its configuration and its standard input, never by a command line. What is not listed here
(other buckets, users and policies) is left alone, and a bucket is never removed.

**Health** is \`/minio/health/live\` of each server, for proxies, and \`/minio/health/cluster\`, which answers 200 while writes are
possible. Prometheus reads \`/minio/v2/metrics/cluster\` and \`/minio/v2/metrics/node\`.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    server: z
      .enum(['silo', 'minio'])
      .default('silo')
      .describe('Which server it is, and the name of its program.'),
    server_url: z
      .string()
      .describe('Where the server is served: the program, or a `.tar.gz` in which it lies at the top.'),
    server_sha256: z.string().length(64).describe('SHA-256 of that file.'),
    client_url: z.string().describe('Where the client, `mcli`, is served, in the same way.'),
    client_sha256: z.string().length(64).describe('SHA-256 of that file.'),

    address: z
      .string()
      .describe('Address to bind; never the wildcard, since a virtual IP may have the same port.'),
    port: port().default(ports.s3).describe('Port of S3, and of the servers among themselves.'),
    pools: z
      .array(z.string().regex(/^https:\/\/\S+$/))
      .min(1)
      .describe(
        'Pools of drives, the oldest first, each as one pattern with three dots, such as `https://s{1...4}.example.net:9000/srv/drive{1...4}`; the same on all hosts.',
      ),
    parity: z
      .int()
      .min(2)
      .max(8)
      .default(4)
      .describe('Drives of an erasure set that may be lost (EC); at most half of the set.'),
    set_drives: z
      .int()
      .min(2)
      .max(16)
      .optional()
      .describe(
        'Drives of an erasure set; what the server makes of the pools unless told. It cannot be changed later.',
      ),
    region: z.string().default('us-east-1').describe('Region that clients sign their requests for.'),

    drive_kind: z
      .enum(['xfs', 'directory'])
      .default('xfs')
      .describe('`xfs` mounts drives; `directory` takes folders of the root file system, for a rehearsal.'),
    drives: z.array(driveSchema).min(1).describe('The drives of this host, as the pools name them.'),

    certificate_file: z
      .string()
      .default('/etc/tls/storage/storage.crt')
      .describe('Certificate of this host.'),
    key_file: z.string().default('/etc/tls/storage/storage.key').describe('Its key.'),
    ca_file: z
      .string()
      .default('/etc/tls/storage/ca.crt')
      .describe('CA that all certificates are signed by.'),
    tls_group: z.string().default('tls-storage').describe('Group that may read the key.'),

    root_user: z.string().min(3).default(ADMINISTRATOR).describe('Name of the administrator.'),
    root_password: secret(z.string().min(16)).describe(
      "The administrator's password, the same on all hosts.",
    ),
    console: z.boolean().default(false).describe('Whether the web console listens.'),
    console_port: port().default(ports.console).describe('Port of the web console.'),
    metrics_access: z
      .enum(['public', 'jwt'])
      .default('public')
      .describe('Whether metrics want a token. Where a firewall lets monitoring alone in, they need none.'),

    buckets: z.array(name()).default([]).describe('Buckets that are there.'),
    policies: z
      .array(
        z.object({
          name: name().describe('Name of the policy.'),
          statements: z
            .array(
              z.object({
                actions: z.array(z.string()).min(1).describe('Actions, such as `s3:GetObject`.'),
                resources: z
                  .array(z.string())
                  .min(1)
                  .describe('What they are allowed on, such as `arn:aws:s3:::photos/*`.'),
              }),
            )
            .min(1)
            .describe('What is allowed. All else is refused.'),
        }),
      )
      .default([])
      .describe('Policies for users.'),
    users: z
      .array(
        z.object({
          name: name().describe('Name of the user: the access key.'),
          secret_key: secret(z.string().min(16)).describe('Its secret key.'),
          policy: name().describe('Its policy.'),
          bucket: name().describe('A bucket that the policy allows: the user is tried on it.'),
        }),
      )
      .default([])
      .describe('Users, each with one policy.'),
    start_timeout: z
      .int()
      .min(30)
      .default(300)
      .describe('Seconds within which the servers have to agree that writes are possible.'),
  },

  constants: ({ vars }) => ({
    url: j`https://${vars.address}:${vars.port}`,
    mounted: vars.drive_kind.eq('xfs'),
    // All hosts of the play run the same tasks; one of them speaks for all.
    provisions: ansible.inventoryHostname.eq(ansible.playHosts.at(0)),
  }),

  programs: { mcli: '/usr/local/bin/mcli' },

  handlers: ({ programs }) => ({
    restart: systemd_service(
      'Restart the object store',
      { name: 'object-store', state: 'restarted', daemon_reload: true, no_block: true },
      {
        comment: 'All servers at once: one that differs from the others would wait for them.',
        needs: programs.mcli,
      },
    ),
  }),

  preflight: ({ vars }) => [
    assert('Refuse one path for two drives', {
      that: [
        vars.drives
          .pipe('map', named({ attribute: 'path' }))
          .pipe('unique')
          .pipe('length')
          .eq(vars.drives.pipe('length')),
      ],
      fail_msg: 'Two of object_store_drives have one path.',
      quiet: true,
    }),
  ],

  install: ({ vars, handlers }) => [
    group('Add the group of the object store', { name: ACCOUNT, system: true }),
    user('Add the account of the object store', {
      name: ACCOUNT,
      comment: 'Object store',
      group: ACCOUNT,
      system: true,
      create_home: false,
      home: '/nonexistent',
      shell: '/usr/sbin/nologin',
    }),
    ...programTasks({
      name: vars.server,
      url: vars.server_url,
      sha256: vars.server_sha256,
      what: 'server',
      notify: handlers.restart,
    }),
    ...programTasks({
      name: 'mcli',
      url: vars.client_url,
      sha256: vars.client_sha256,
      what: 'client',
    }),
  ],

  configure: ({ vars, constants, handlers }) => {
    const folder = (name: string, path: string, mode: string, owned = 'root') =>
      file(name, { path, state: 'directory', owner: owned, group: owned, mode })
    const link = (name: string, path: string, src: Expr<string>) =>
      file(
        name,
        { path, src, state: 'link', force: true },
        { comment: 'In check mode what it leads to may not be there yet.' },
      )
    return [
      ...driveTasks({ drives: vars.drives, mounted: constants.mounted, owner: ACCOUNT }),
      folder('Make the folder of the configuration', '/etc/object-store', '0755'),
      folder('Make the folder of the certificates', '/etc/object-store/certs', '0755'),
      folder('Make the folder of trusted CAs', '/etc/object-store/certs/CAs', '0755'),
      link('Show the server its certificate', '/etc/object-store/certs/public.crt', vars.certificate_file),
      link('Show the server its key', '/etc/object-store/certs/private.key', vars.key_file),
      link('Show the server its CA', '/etc/object-store/certs/CAs/ca.crt', vars.ca_file),
      folder('Make the folder of the policies', '/etc/object-store/policies', '0755'),
      folder("Make the folder of the client's configuration", '/etc/object-store/client', '0700'),
      template(
        "Write the administrator's and the users' access for the client",
        {
          src: 'client.json.j2',
          dest: '/etc/object-store/client/config.json',
          owner: 'root',
          group: 'root',
          mode: '0600',
        },
        { noLog: true },
      ),
      template(
        'Write the environment of the server',
        {
          src: 'server.env.j2',
          dest: '/etc/object-store/server.env',
          owner: 'root',
          group: 'root',
          mode: '0600',
        },
        { noLog: true, notify: handlers.restart },
      ),
      template(
        'Write the unit of the server',
        {
          src: 'object-store.service.j2',
          dest: '/etc/systemd/system/object-store.service',
          owner: 'root',
          group: 'root',
          mode: '0644',
        },
        { notify: handlers.restart },
      ),
    ]
  },

  service: ({ vars, constants, programs }) => [
    meta('Take over changes before the servers are waited for', { free_form: 'flush_handlers' }),
    start(programs.mcli),
    uri(
      'Wait until writes are possible',
      { url: j`${constants.url}/minio/health/cluster`, ca_path: vars.ca_file, status_code: [200] },
      {
        comment: 'Most of the drives of all hosts have to be there for it.',
        needs: programs.mcli,
        until: (health) => health.status.eq(200),
        retries: vars.start_timeout.dividedBy(3).pipe('int'),
        delay: 3,
      },
    ),
  ],

  provision: ({ vars, constants, programs }) => [
    block('Tell the object store of its buckets and users', provisionTasks(vars), {
      needs: programs.mcli,
      when: constants.provisions,
    }),
  ],

  example: {
    server_url: 'http://mirror.example.net/silo_linux_amd64.tar.gz',
    server_sha256: 'd63d57cc7f0535e1aa116f9e5f42117dbfc4f63492da692b64d3ba6ded30e574',
    client_url: 'http://mirror.example.net/mcli',
    client_sha256: '4ba2814fd5507fbe6b4d237c359750b9119d28d7217495fa5b48002fcbd397ef',
    address: '192.0.2.11',
    pools: ['https://s{1...4}.example.net:9000/srv/object-store/drive{1...4}'],
    drives: [1, 2, 3, 4].map((n) => ({ path: `/srv/object-store/drive${n}`, label: `object${n}` })),
    buckets: ['photos'],
    policies: [
      {
        name: 'photos',
        statements: [
          { actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::photos'] },
          { actions: ['s3:GetObject', 's3:PutObject'], resources: ['arn:aws:s3:::photos/*'] },
        ],
      },
    ],
  },
})
