import { extend } from '#topology'
import production from './production.ts'

/** Production's hosts, addresses and playbooks as a rehearsal on one machine, with the packages of Debian 13 itself. */
export default extend(production, {
  name: 'lab',
  summary: 'A rehearsal of production on one machine.',
  rehearsal: true,

  hosts: (name, { disks }) => ({
    os: 'debian-13',
    cpus: 2,
    memory: name.startsWith('patroni') ? '1 GB' : '512 MB',
    disks: disks.map(() => '20 GB'),
  }),

  services: {
    database: { postgresql: { version: 17, source: 'debian' } },
    pooler: { source: 'debian' },
    // Its program is not pinned in roles-src/artifacts.json yet.
    livekit_jwt: undefined,
    // The maintained fork is nowhere in the registries from which a rehearsal's programs are built.
    storage: { server: 'minio' },
    // Until the application runs here: test/drills/respond.ts starts what answers in its place.
    verify: { standIn: ['matrix'] },
    // Neither Debian nor the lab's mirror has it.
    grafana: { enabled: false },
    // The architecture speaks of production.
    conformance: undefined,
  },

  waivers: [
    ...(production.input.waivers ?? []),
    { rule: 'DB-013', because: 'The members of a rehearsal have 1 GB each and a handful of connections.' },
    {
      rule: 'POOL-004',
      because: 'A rehearsal has the packages of Debian 13 itself, and no clients but its own programs.',
    },
    {
      rule: 'S3-010',
      because: 'The maintained fork is nowhere in the registries from which a rehearsal has its programs.',
    },
    {
      rule: 'RTC-013',
      because:
        'The program that hands out tokens is not pinned in roles-src/artifacts.json yet, so that a rehearsal has no calls of Matrix.',
    },
    { rule: 'MON-003', because: 'A rehearsal ends long before its disk of 20 GB is full of metrics.' },
  ],

  packages: { proxy: 'http://10.0.0.5:3142', artifacts: 'http://10.0.0.5:8081' },
  control: {
    privateKey: '.lab/lab/ssh/id_ed25519',
    knownHosts: '.lab/lab/ssh/known_hosts',
    secrets: '.lab/lab/secrets',
  },
})
