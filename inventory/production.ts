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
  },

  clients: ['10.10.0.0/16'],
  admins: ['10.0.0.0/24'],
  controller: '10.0.0.5',
  // Any two machines with SSH and Python 3; `verify.yml` asks from them.
  verifiers: { client: '10.10.0.10', admin: '10.0.0.10' },

  // The controller serves what `rolewright artifacts build` made.
  packages: { artifacts: 'http://10.0.0.5:8081' },

  expects: { users: 10_000, messagesPerDay: 100_000, mediaPerDay: '200 GB' },
  keep: { database: '360 days', pointInTime: '60 days', mediaCopies: '7 days' },
})

export default production
