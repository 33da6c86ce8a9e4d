import { z } from 'zod'
import {
  artifact,
  defineService,
  hostName,
  type OptionsOf,
  roleValues,
  secretRef,
  type Topology,
  type TopologyHost,
  vipName,
} from '#topology'
import { mediaDecided, mediaFits, storageCapacity, storageScaleUps } from './capacity.ts'
import { erasureSet, inPools, patternOf, setsOf, usedOfDrive } from './erasure.ts'
import { ports } from './ports.ts'
import role from './role.ts'
import { rules } from './rules/index.ts'

const CERTIFICATES = '/etc/tls/storage'
/** Name of the port on the virtual IP, for what needs it. */
const LISTENER = 's3'

const options = z
  .object({
    server: z
      .enum(['silo', 'minio', 'external'])
      .default('silo')
      .describe(
        '`silo` is the maintained fork; `minio` is the last release of the archived original that its mirror of modules has; `external` is any other S3 server.',
      ),
    hosts: z
      .array(hostName())
      .default([])
      .describe('Hosts of the pools, numbered in order; unless external.'),
    pools: z
      .int()
      .min(1)
      .default(1)
      .describe(
        'Pools of equally many hosts, in their order. A store grows by a whole pool; a pool that is there never changes.',
      ),
    vip: vipName().optional().describe('Virtual IP on which S3 is found; unless external.'),
    parity: z.int().min(2).max(8).default(4).describe('Drives of an erasure set that may be lost.'),
    region: z.string().default('us-east-1').describe('Region that requests are signed for.'),
    endpoint: z.url().optional().describe('URL of S3, for `external`.'),
    devices: z
      .array(z.string().startsWith('/dev/'))
      .optional()
      .describe('Devices of the drives on every host, to make file systems on where they are empty.'),
    console: z
      .boolean()
      .default(false)
      .describe("Whether the web console listens, for the administrators' networks."),
    buckets: z
      .array(
        z.object({
          name: z.string().describe('Name of the bucket.'),
          user: z.string().describe('User who may read and write this bucket and touch no other.'),
        }),
      )
      .default([])
      .describe('Buckets and whose they are.'),
    clients: z.array(hostName()).default([]).describe('Hosts whose programs use the buckets.'),
  })
  .superRefine((given, issues) => {
    const wrong = (message: string) => issues.addIssue({ code: 'custom', message })
    if (given.server === 'external') {
      if (given.endpoint === undefined) wrong('an external server needs its endpoint')
      if (given.hosts.length > 0) wrong('an external server has no hosts here')
    } else {
      if (given.hosts.length === 0 || given.vip === undefined) wrong('a server needs hosts and a vip')
      if (given.hosts.length % given.pools !== 0)
        wrong(`${given.hosts.length} hosts make no ${given.pools} pools of equally many`)
      if (given.endpoint !== undefined) wrong('the endpoint follows from the virtual IP')
    }
  })
export type StorageOptions = z.output<typeof options>

/** Where S3 is and who may use it, for services that do; undefined in a deployment without one. */
export interface Storage {
  readonly endpoint: string
  readonly region: string
  readonly buckets: StorageOptions['buckets']
  /** The listener to have a need for; none where the server is outside of the deployment. */
  readonly listener: typeof LISTENER | undefined
}
export function storageOf(topology: Pick<Topology, 'deployment' | 'vip'>): Storage | undefined {
  const given = topology.deployment.input.services.storage
  if (given === undefined) return undefined
  const { server, endpoint, region, buckets, vip } = options.parse(given)
  return {
    endpoint:
      server === 'external' ? (endpoint ?? '') : `https://${topology.vip(vip ?? '').address}:${ports.s3}`,
    region,
    buckets,
    listener: server === 'external' ? undefined : LISTENER,
  }
}
/** The secret key of a user of the object store. */
export const storageSecret = (user: string) =>
  secretRef(`storage_${user.replaceAll(/[^a-z0-9]+/g, '_')}_secret_key`)

const READ = ['s3:GetBucketLocation', 's3:ListBucket'] as const
const WRITE = ['s3:ListBucketMultipartUploads'] as const
const READ_OBJECTS = ['s3:GetObject'] as const
const WRITE_OBJECTS = [
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:ListMultipartUploadParts',
  's3:PutObject',
] as const

/** All that a user may do, with this one bucket. */
const statements = (bucket: string, access: 'read' | 'write') => [
  {
    actions: access === 'read' ? [...READ] : [...READ, ...WRITE].sort(),
    resources: [`arn:aws:s3:::${bucket}`],
  },
  {
    actions: access === 'read' ? [...READ_OBJECTS] : [...READ_OBJECTS, ...WRITE_OBJECTS].sort(),
    resources: [`arn:aws:s3:::${bucket}/*`],
  },
]

/** A user for each bucket, and one for each account that another service asked for with the right `read <bucket>`. */
function usersOf(topology: Topology, buckets: StorageOptions['buckets']) {
  const readers = topology.services.flatMap(({ accounts }) => accounts).filter(({ of }) => of === 'storage')
  return [
    ...buckets.map(({ name, user }) => ({
      name: user,
      secret_key: storageSecret(user),
      bucket: name,
      access: 'write' as const,
    })),
    ...readers.map(({ name, password, rights }) => {
      const bucket = /^read (\S+)$/.exec(rights[0] ?? '')?.[1]
      if (bucket === undefined || rights.length !== 1 || !buckets.some((b) => b.name === bucket))
        throw new Error(
          `The account ${name} of the object store wants "${rights.join(', ')}"; say "read <bucket>".`,
        )
      return { name, secret_key: password, bucket, access: 'read' as const }
    }),
  ]
}

const drivesOf = (host: TopologyHost, { devices }: StorageOptions) =>
  host.disks.map((_bytes, i) => {
    const device = devices?.[i]
    return {
      path: `/srv/object-store/drive${i + 1}`,
      label: `object${i + 1}`,
      ...(device === undefined ? {} : { device }),
    }
  })

const service = defineService({
  name: 'storage',
  summary: 'An S3 object store over the drives of several hosts.',
  options,

  declare: (options, topology) => {
    const { hosts, vip, clients, server } = options
    if (server === 'external' || vip === undefined) return { hosts: [] }
    const sets = setsOf(
      hosts.map((name) => topology.host(name)),
      options,
    )
    return {
      hosts,
      endpoints: [
        {
          name: 's3',
          port: ports.s3,
          protocol: 'tcp',
          purpose: 'S3, and the servers among themselves',
          probe: 'tls',
          metrics: [
            { job: 'object_store', path: '/minio/v2/metrics/cluster', scheme: 'https' },
            { job: 'object_store_node', path: '/minio/v2/metrics/node', scheme: 'https' },
          ],
        },
        ...(options.console
          ? [{ name: 'console', port: ports.console, protocol: 'tcp' as const, purpose: 'web console' }]
          : []),
      ],
      listeners: [
        {
          name: LISTENER,
          vip,
          port: ports.s3,
          endpoint: 's3',
          purpose: 'S3, from any server of the object store',
          balance: 'roundrobin',
          mode: 'http',
          clientTls: true,
          serverTls: true,
          idleTimeout: '5m',
          // Of the server itself and not of the pool, whose health takes all servers away at once.
          check: {
            kind: 'http',
            endpoint: 's3',
            method: 'GET',
            path: '/minio/health/live',
            // Without a name the server calls it a bad request.
            host: topology.vip(vip).fqdn,
            tls: true,
            interval: '2s',
            rise: 2,
          },
        },
      ],
      needs: [
        { from: hosts, to: { service: 'storage', endpoint: 's3' }, purpose: 'shards of objects' },
        ...(clients.length > 0
          ? [{ from: clients, to: { listener: LISTENER }, purpose: 'clients of the object store' }]
          : []),
        ...(options.console
          ? [
              {
                from: [],
                outside: ['admins'] as const,
                to: { service: 'storage', endpoint: 'console' },
                purpose: 'web console',
              },
            ]
          : []),
      ],
      redundancy: {
        atLeast: 3,
        majority: false,
        ...(sets && { mayLose: Math.floor(sets.spare / sets.ofHost) }),
        groups: inPools(hosts, options.pools),
        because: 'Writes need more than half of the drives, which neither of two hosts has by itself.',
      },
      certificates: [{ name: 'storage', hosts, reload: ['object-store'] }],
      // Most of the drives of all hosts are there: writes are possible.
      health: [{ endpoint: 's3', path: '/minio/health/cluster', tls: true }],
      units: ['object-store'],
      drives: hosts,
      interruptions: [{ unit: 'object-store', restart: 'nothing while the other nodes are enough to write' }],
    }
  },

  rules: [...rules, mediaDecided, mediaFits],

  capacity: storageCapacity,
  scaleUps: storageScaleUps,

  sizes: ({ hosts, pools, parity }, host, topology) => {
    const drives = erasureSet(hosts.length / pools, host.disks.length)
    const pool = inPools(hosts.map(topology.host), pools).find((members) => members.includes(host)) ?? []
    const raw = (host.disks.length * usedOfDrive(pool)) / 1e9
    return [
      { name: 'set_drives', value: drives, unit: 'count', formula: 'drives of an erasure set, up to 16' },
      {
        name: 'usable',
        value: drives > parity ? Math.floor((raw * (drives - parity)) / drives) : 0,
        unit: 'GB',
        formula: `the drives of the host, each as large as the smallest of its pool, less the parity, ${parity} of ${drives}`,
      },
    ]
  },

  variables: (options, topology) => {
    const placed = topology.service('storage')
    if (!placed || options.server === 'external') return []
    const { hosts } = placed
    const server = options.server === 'minio' ? ('minio' as const) : ('silo' as const)
    const program = artifact(topology, server)
    const client = artifact(topology, 'mcli')
    const users = usersOf(topology, options.buckets)
    return [
      roleValues(role, options.hosts, (host) => ({
        server,
        server_url: program.url,
        server_sha256: program.sha256,
        client_url: client.url,
        client_sha256: client.sha256,
        address: host.address,
        port: ports.s3,
        pools: inPools(hosts, options.pools).map((pool) => {
          const names = patternOf(pool.map(({ name }) => name)) ?? ''
          const domain = host.fqdn.slice(host.name.length)
          return `https://${names}${domain}:${ports.s3}/srv/object-store/drive{1...${host.disks.length}}`
        }),
        set_drives: topology.size('storage', host.name, 'set_drives'),
        parity: options.parity,
        region: options.region,
        // The hosts of a rehearsal have folders for drives.
        drive_kind: topology.deployment.input.rehearsal ? ('directory' as const) : ('xfs' as const),
        drives: drivesOf(host, options),
        certificate_file: `${CERTIFICATES}/storage.crt`,
        key_file: `${CERTIFICATES}/storage.key`,
        ca_file: `${CERTIFICATES}/ca.crt`,
        tls_group: 'tls-storage',
        root_password: secretRef('storage_root_password'),
        console: options.console,
        buckets: options.buckets.map(({ name }) => name),
        policies: users.map(({ name, bucket, access }) => ({ name, statements: statements(bucket, access) })),
        users: users.map(({ name, secret_key, bucket }) => ({ name, secret_key, policy: name, bucket })),
      })),
    ]
  },
})
export default service

declare module '#topology' {
  interface Services<Host extends string, Vip extends string> {
    storage: OptionsOf<typeof service, Host, Vip>
  }
}
