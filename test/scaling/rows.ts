import type { Edit } from './edits.ts'

const livekit = `    livekit: host('10.0.5.21', { cpus: 16, memory: '32 GB', disks: ['100 GB'], network: '5 Gbps' }),\n`

/** Ways in which production grows, each as the edit that a person makes. */
export const rows = {
  'more sync workers': [
    ["matrix: { host: 'synapse' },", "matrix: { host: 'synapse', workers: { sync: 12 } },"],
  ],
  'a third relay': [["hosts('coturn', 2,", "hosts('coturn', 3,"]],
  'a second LiveKit': [
    [livekit, `${livekit}${livekit.replace('livekit:', 'livekit2:').replace('.21', '.22')}`],
    ["livekit: { hosts: ['livekit'] },", "livekit: { hosts: ['livekit', 'livekit2'] },"],
  ],
  'two more standbys of the database': [["hosts('patroni', 3,", "hosts('patroni', 5,"]],
  'a second pool of the object store': [
    ["hosts('minio', 4,", "hosts('minio', 8,"],
    ['hosts: namesOf(minio),\n', 'hosts: namesOf(minio),\n      pools: 2,\n'],
  ],
  'a third HAProxy': [["hosts('haproxy', 2,", "hosts('haproxy', 3,"]],
  'the profile ha-plus': [
    ["from '#topology'\n", "from '#topology'\nimport { haPlus } from './profiles/ha-plus.ts'\n"],
    ['export default production', 'export default haPlus(production)'],
  ],
  '50,000 users': [['users: 10_000', 'users: 50_000']],
} as const satisfies Record<string, readonly Edit[]>
export type Row = keyof typeof rows
