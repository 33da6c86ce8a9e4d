import { defineDeployment, host, hosts, namesOf, network } from '#topology'

const domain = 'chat.z3r0d3v.com'

// The architecture speaks of 18 servers and itemises these 16. Every count is taken from here: a change of one of them
// changes all that follows.
const haproxy = hosts('haproxy', 2, '10.0.1.11', { cpus: 4, memory: '8 GB', disks: ['100 GB'] })
const patroni = hosts('patroni', 3, '10.0.3.11', { cpus: 16, memory: '64 GB', disks: ['1 TB'] })
const drives = ['2 TB', '2 TB', '2 TB', '2 TB']
const minio = hosts('minio', 4, '10.0.4.11', { cpus: 8, memory: '32 GB', disks: drives })
const relay = { cpus: 8, memory: '16 GB', disks: ['100 GB'], network: '5 Gbps' }
const coturn = hosts('coturn', 2, '10.0.5.11', relay)

const production = defineDeployment({
  name: 'production',
  summary: 'Matrix for 10,000 concurrent users on a private network.',
  domain,
  networks: {
    management: network('10.0.0.0/24'),
    edge: network('10.0.1.0/24'),
    application: network('10.0.2.0/24'),
    database: network('10.0.3.0/24'),
    storage: network('10.0.4.0/24'),
    webrtc: network('10.0.5.0/24'),
    operations: network('10.0.6.0/24'),
  },

  hosts: {
    ...haproxy,
    synapse: host('10.0.2.10', { cpus: 48, memory: '128 GB', disks: ['2 TB'] }),
    ...patroni,
    ...minio,
    ...coturn,
    livekit: host('10.0.5.21', { cpus: 16, memory: '32 GB', disks: ['100 GB'], network: '5 Gbps' }),
    redis: host('10.0.5.30', { cpus: 4, memory: '8 GB', disks: ['50 GB'], network: '1 Gbps' }),
    monitoring: host('10.0.6.10', { cpus: 8, memory: '32 GB', disks: ['500 GB'], network: '1 Gbps' }),
    backup: host('10.0.6.20', { cpus: 8, memory: '32 GB', disks: ['5 TB'] }),
  },

  vips: {
    edge: { address: '10.0.1.10', hosts: namesOf(haproxy) },
    database: { address: '10.0.3.10', hosts: ['patroni1', 'patroni2'] },
    storage: { address: '10.0.4.10', hosts: ['minio1', 'minio2'] },
  },

  // Application, WebRTC and operations come with their roles.
  services: {
    base: {
      names: [
        // Control of calls leads to the edge; relays and media have names of their own.
        { of: 'edge', names: [domain, `matrix.${domain}`, `rtc.${domain}`] },
        // A virtual IP is called by what is found there; these are the architecture's names for the same.
        { of: 'edge', names: ['haproxy-vip.internal', 'haproxy-vip'] },
        { of: 'database', names: ['patroni-vip.internal', 'patroni-vip'] },
        { of: 'storage', names: ['minio-vip.internal', 'minio-vip'] },
      ],
    },
    time: { sources: ['monitoring', 'backup'] },
    names: { hosts: ['monitoring', 'backup'] },
    firewall: { docker: ['synapse'] },
    // Three members agree, however many databases there are.
    etcd: { hosts: ['patroni1', 'patroni2', 'patroni3'] },
    database: {
      hosts: namesOf(patroni),
      vip: 'database',
      postgresql: { version: 16, source: 'pgdg' },
    },
    pooler: {
      hosts: namesOf(patroni),
      vip: 'database',
      clients: ['synapse'],
      source: 'pgdg',
    },
    haproxy: { web: { vip: 'edge' } },
    matrix: { host: 'synapse' },
    turn: { hosts: namesOf(coturn) },
    livekit: { hosts: ['livekit'] },
    livekit_jwt: { hosts: ['livekit'] },
    // A single LiveKit keeps its rooms to itself: Redis is used once there are two.
    redis: { host: 'redis' },
    database_backup: {
      hosts: ['backup'],
      drill: [{ database: 'synapse', sql: "SELECT count(*) FROM pg_class WHERE relkind = 'r'" }],
    },
    storage: {
      hosts: namesOf(minio),
      vip: 'storage',
      buckets: [{ name: 'synapse-media', user: 'synapse' }],
      clients: ['synapse'],
    },
    media_backup: { hosts: ['backup'] },
    config_backup: { hosts: ['backup'] },
    prometheus: { host: 'monitoring' },
    grafana: { host: 'monitoring' },
    // What became of each statement of the architecture: docs/conformance.md.
    conformance: {},
  },

  clients: ['10.10.0.0/16'],
  admins: ['10.0.0.0/24'],
  controller: '10.0.0.5',
  // Any two machines with SSH and Python 3; `verify.yml` asks from them.
  verifiers: { client: '10.10.0.10', admin: '10.0.0.10' },

  // The controller serves what `rolewright artifacts build` made.
  packages: { artifacts: 'http://10.0.0.5:8081' },

  expects: { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '200 GB' },

  waivers: [
    {
      rule: 'ETCD-004',
      because:
        "Debian has nothing newer: 3.4.23 in its release 12, 3.5.16 in 13. etcd answers only who shows a certificate of the internal CA, and the firewall lets in nobody but the database's three hosts.",
    },
    {
      rule: 'S3-006',
      because:
        'EC:4 is what was asked for, with 24 TB of 32 usable: a lost node is mended before anything else of the store is touched, and alerts say so for as long as drives are missing.',
    },
    {
      rule: 'MON-001',
      because:
        'Who is told is not known before the deployment has its operators: until they name a mailbox or a webhook, alerts are seen in Alertmanager and Grafana.',
    },
    {
      rule: 'MON-004',
      because:
        'The network is private, and nothing outside of it could be called: the operators look at Grafana, which is empty when monitoring is silent.',
    },
    {
      rule: 'HA-006',
      of: 'matrix',
      because:
        'Synapse has one main process and cannot run on two hosts at once. Its state is in the database, in the bucket and in one file, the signing key: docs/matrix.md says how another host takes over. How long that takes was not measured.',
    },
    {
      rule: 'HA-006',
      of: 'livekit',
      because:
        'One node carries the calls of this scale. With it calls end, and messages go on; people join again as soon as it answers. A second node in livekit.hosts ends this.',
    },
    {
      rule: 'HA-006',
      of: 'livekit_jwt',
      because: 'It is on the host of the one LiveKit, without which its tokens open nothing.',
    },
    {
      rule: 'HA-006',
      of: 'database_backup',
      because:
        'Nobody notices for a while: the database keeps its log for it, up to a twentieth of a disk. What is older is then missing from point-in-time recovery until the next backup.',
    },
    {
      rule: 'HA-006',
      of: 'prometheus',
      because: 'Users notice nothing. No alert is sent, and nothing is recorded, until it is back.',
    },
    {
      rule: 'HA-006',
      of: 'grafana',
      because: 'It shows what the one Prometheus on its host keeps, which can be asked without it.',
    },
    {
      rule: 'BK-017',
      because:
        "The backup host has one disk of 5 TB: beside the database's 360 days it holds copies of 7 days at 200 GB a day, and 60 would be 12 TB. What is older is on the object store alone, whose erasure coding bears lost drives and no mistakes.",
    },
    {
      rule: 'OPS-005',
      of: 'debian-12',
      because:
        'The architecture asks for Debian 12. All roles are written for Debian 13 too, on which the rehearsal runs: the upgrade is due before June 2028.',
    },
    {
      rule: 'OPS-006',
      because:
        'Updates come in a window: reopen.yml opens the way out, and lockdown.yml closes it again and proves that all goes on without it.',
    },
    {
      rule: 'MX-001',
      of: 'matrix',
      because:
        "The architecture names 8 + 4 + 4 + 2 workers and no others. The profile 'balanced' is one word away, for when the main process is seen to be what people wait for.",
    },
    {
      rule: 'MX-002',
      of: 'federation_sender',
      because:
        'The architecture keeps four senders ready for a federation that may come; their connections and caches are part of the sizes.',
    },
    {
      rule: 'RTC-006',
      of: 'redis',
      because:
        'The architecture provides Redis beforehand: the second node of LiveKit uses it from its first day.',
    },
  ],
  // Nothing removes media from the object store yet: it has to have room for these days of uploads.
  keep: { database: '360 days', pointInTime: '60 days', mediaCopies: '7 days', media: '60 days' },
})

export default production
