import { z } from 'zod'
import { defineRole, each, j, secret } from '#dsl'
import { apt, copy, file, group, systemd_service, template, user } from '#modules/builtin'

/** The account that copies; nobody else reads what it copied. */
const ACCOUNT = 'bucket-copy'
const calendar = () => z.string().regex(/^[A-Za-z0-9*:.,/~ -]+$/)

export default defineRole({
  name: 'bucket_copy',
  summary: 'Copy S3 buckets to this host every night and keep what was deleted.',
  description: `
Each entry of \`bucket_copy_buckets\` is copied with rclone over S3, never by reading an object store's drives, which hold
parts of objects. \`<folder>/<name>/current\` is the bucket as it is; what was deleted or replaced in it since the copy before
lies in \`<folder>/<name>/deleted/<date>\`, and leaves after \`keep_deleted_days\`.

A bucket that is too large to be copied whole is copied for its last days: with \`newest_days\` only objects that are younger
are copied, and copies leave as they grow older.

A timer copies every night, another compares sizes and checksums of everything copied with the bucket once a week, and fails where
something is missing or differs. Objects younger than two days are left out of that, since the next copy is still to bring them.

    systemctl list-timers 'bucket-*'
    systemctl start bucket-copy@photos      # now
    journalctl -u bucket-copy@photos

**Getting objects back**: \`runuser -u bucket-copy -- rclone --config /etc/bucket-copy/rclone.conf copy <folder>/photos/current photos:photos\`
with an account that may write; the one here needs no more than reading (\`s3:ListBucket\`, \`s3:GetObject\`).

Metrics \`bucket_copy_*\` are written to \`bucket_copy_metrics_folder\` where there is one.
`,
  platforms: { Debian: ['bookworm', 'trixie'] },

  vars: {
    buckets: z
      .array(
        z.object({
          name: z
            .string()
            .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
            .describe('Name of the bucket, and of its folder and units here.'),
          endpoint: z.url({ protocol: /^https?$/ }).describe('URL of S3.'),
          region: z.string().default('us-east-1').describe('Region that requests are signed for.'),
          provider: z.string().default('Minio').describe('Kind of server, as rclone calls it.'),
          access_key: z.string().describe('User who may read the bucket.'),
          secret_key: secret(z.string()).describe("The user's secret key."),
          newest_days: z
            .int()
            .min(0)
            .default(0)
            .describe('Copy objects of the last days alone; 0 copies all of them.'),
          keep_deleted_days: z
            .int()
            .min(1)
            .default(30)
            .describe('Days for which deleted and replaced objects are kept.'),
        }),
      )
      .min(1)
      .describe('The buckets.'),
    folder: z.string().startsWith('/').default('/srv/bucket-copies').describe('Folder of all copies.'),
    ca_file: z
      .string()
      .default('/etc/ssl/certs/ca-certificates.crt')
      .describe('CA certificates that the endpoints are checked against.'),
    copy_at: calendar()
      .default('*-*-* 02:30:00')
      .describe('When buckets are copied, as systemd.time says it.'),
    compare_at: calendar().default('Sat *-*-* 04:30:00').describe('When the copies are compared.'),
    transfers: z.int().min(1).max(128).default(16).describe('Objects that are copied at a time.'),
    metrics_folder: z
      .string()
      .startsWith('/')
      .default('/var/lib/prometheus/node-exporter')
      .describe("Folder of node exporter's text files; nothing is written where it does not exist."),
  },

  programs: { rclone: '/usr/bin/rclone' },

  install: () => [
    apt('Install rclone', { name: ['ca-certificates', 'rclone'], state: 'present' }),
    group('Add the group of the copies', { name: ACCOUNT, system: true }),
    user('Add the account of the copies', {
      name: ACCOUNT,
      comment: 'Copies of buckets',
      group: ACCOUNT,
      system: true,
      create_home: false,
      home: '/nonexistent',
      shell: '/usr/sbin/nologin',
    }),
  ],

  configure: ({ vars }) => [
    file('Make the folder of the copies', {
      path: vars.folder,
      state: 'directory',
      owner: ACCOUNT,
      group: ACCOUNT,
      mode: '0700',
    }),
    file('Make the folder of the configuration', {
      path: '/etc/bucket-copy',
      state: 'directory',
      owner: 'root',
      group: ACCOUNT,
      mode: '0750',
    }),
    template(
      'Write who reads the buckets',
      {
        src: 'rclone.conf.j2',
        dest: '/etc/bucket-copy/rclone.conf',
        owner: 'root',
        group: ACCOUNT,
        mode: '0640',
      },
      { noLog: true },
    ),
    each(vars.buckets, { as: 'bucket', label: (bucket) => bucket.name }, (bucket) =>
      template(
        'Write what is kept of each bucket',
        {
          src: 'bucket.env.j2',
          dest: j`/etc/bucket-copy/${bucket.name}.env`,
          owner: 'root',
          group: ACCOUNT,
          mode: '0640',
        },
        { noLog: true },
      ),
    ),
    file('Make the folder of programs for other daemons', {
      path: '/usr/local/libexec',
      state: 'directory',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    copy('Install what copies and compares', {
      src: 'bucket-copy',
      dest: '/usr/local/libexec/bucket-copy',
      owner: 'root',
      group: 'root',
      mode: '0755',
    }),
    ...(['copy', 'compare'] as const).flatMap((action) => [
      template(action === 'copy' ? 'Write the unit that copies' : 'Write the unit that compares', {
        src: `bucket-${action}@.service.j2`,
        dest: `/etc/systemd/system/bucket-${action}@.service`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      }),
      template(action === 'copy' ? 'Write the timer of the copies' : 'Write the timer of the comparisons', {
        src: `bucket-${action}@.timer.j2`,
        dest: `/etc/systemd/system/bucket-${action}@.timer`,
        owner: 'root',
        group: 'root',
        mode: '0644',
      }),
    ]),
  ],

  service: ({ vars, programs }) =>
    (['copy', 'compare'] as const).map((action) =>
      each(vars.buckets, { as: 'bucket', label: (bucket) => bucket.name }, (bucket) =>
        systemd_service(
          action === 'copy'
            ? 'Keep the timers of the copies running'
            : 'Keep the timers of the comparisons running',
          {
            name: j`bucket-${action}@${bucket.name}.timer`,
            state: 'started',
            enabled: true,
            daemon_reload: true,
          },
          { needs: programs.rclone },
        ),
      ),
    ),

  example: {
    buckets: [
      {
        name: 'photos',
        endpoint: 'https://s3.example.net:9000',
        access_key: 'photos-reader',
        secret_key: '{{ vault_photos_reader_secret_key }}',
        keep_deleted_days: 90,
      },
    ],
  },
})
