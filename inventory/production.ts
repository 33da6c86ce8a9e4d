import { defineDeployment, host, network } from '#topology'

const domain = 'chat.z3r0d3v.com'

export default defineDeployment({
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

  // The architecture speaks of 18 servers and itemises these 16. Every count is taken from here.
  hosts: {
    haproxy1: host('10.0.1.11', { cpus: 4, memory: '8 GB', disks: ['100 GB'] }),
    haproxy2: host('10.0.1.12', { cpus: 4, memory: '8 GB', disks: ['100 GB'] }),

    synapse: host('10.0.2.10', { cpus: 48, memory: '128 GB', disks: ['2 TB'] }),

    patroni1: host('10.0.3.11', { cpus: 16, memory: '64 GB', disks: ['1 TB'] }),
    patroni2: host('10.0.3.12', { cpus: 16, memory: '64 GB', disks: ['1 TB'] }),
    patroni3: host('10.0.3.13', { cpus: 16, memory: '64 GB', disks: ['1 TB'] }),

    minio1: host('10.0.4.11', { cpus: 8, memory: '32 GB', disks: ['2 TB', '2 TB', '2 TB', '2 TB'] }),
    minio2: host('10.0.4.12', { cpus: 8, memory: '32 GB', disks: ['2 TB', '2 TB', '2 TB', '2 TB'] }),
    minio3: host('10.0.4.13', { cpus: 8, memory: '32 GB', disks: ['2 TB', '2 TB', '2 TB', '2 TB'] }),
    minio4: host('10.0.4.14', { cpus: 8, memory: '32 GB', disks: ['2 TB', '2 TB', '2 TB', '2 TB'] }),

    coturn1: host('10.0.5.11', { cpus: 8, memory: '16 GB', disks: ['100 GB'], network: '5 Gbps' }),
    coturn2: host('10.0.5.12', { cpus: 8, memory: '16 GB', disks: ['100 GB'], network: '5 Gbps' }),
    livekit: host('10.0.5.21', { cpus: 16, memory: '32 GB', disks: ['100 GB'], network: '5 Gbps' }),
    redis: host('10.0.5.30', { cpus: 4, memory: '8 GB', disks: ['50 GB'], network: '1 Gbps' }),

    monitoring: host('10.0.6.10', { cpus: 8, memory: '32 GB', disks: ['500 GB'], network: '1 Gbps' }),
    backup: host('10.0.6.20', { cpus: 8, memory: '32 GB', disks: ['5 TB'] }),
  },

  vips: {
    edge: { address: '10.0.1.10', hosts: ['haproxy1', 'haproxy2'] },
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
    etcd: { hosts: ['patroni1', 'patroni2', 'patroni3'] },
    database: {
      hosts: ['patroni1', 'patroni2', 'patroni3'],
      vip: 'database',
      postgresql: { version: 16, source: 'pgdg' },
    },
    pooler: {
      hosts: ['patroni1', 'patroni2', 'patroni3'],
      vip: 'database',
      clients: ['synapse'],
      source: 'pgdg',
    },
    haproxy: { web: { vip: 'edge' } },
    matrix: { host: 'synapse' },
    turn: { hosts: ['coturn1', 'coturn2'] },
    livekit: { hosts: ['livekit'] },
    livekit_jwt: { hosts: ['livekit'] },
    // A single LiveKit keeps its rooms to itself: Redis is used once there are two.
    redis: { host: 'redis' },
    database_backup: {
      hosts: ['backup'],
      drill: [{ database: 'synapse', sql: "SELECT count(*) FROM pg_class WHERE relkind = 'r'" }],
    },
    storage: {
      hosts: ['minio1', 'minio2', 'minio3', 'minio4'],
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

  waivers: [
    {
      rule: 'OPS-010',
      because:
        'Hosts are installed before the cut, and run without their archives after it. Whoever changes packages later opens the way out with reopen.yml for that time, until a mirror of the intranet is named here.',
    },
  ],
})
