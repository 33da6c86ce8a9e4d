import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asText } from '../../src/review/report.ts'
import { needs } from '../needs.ts'
import { root } from '../project/project.ts'
import { type Edit, reviewOf } from './change.ts'

const production = (from: string, to: string): Edit => ({ file: 'inventory/production.ts', from, to })
const HAPROXY = 'roles-src/haproxy/role.ts'

/** Changes as people make them. What is said of each is a file beside this one; read it when it changes. */
const SCENARIOS: Readonly<Record<string, readonly Edit[]>> = {
  "a variable's default": [
    {
      file: HAPROXY,
      from: "connect_timeout: time().default('2s')",
      to: "connect_timeout: time().default('3s')",
    },
  ],
  'a renamed variable': [
    { file: HAPROXY, from: 'queue_timeout:', to: 'waiting_timeout:' },
    {
      file: 'roles-src/haproxy/templates/haproxy.cfg.j2',
      from: 'haproxy_queue_timeout',
      to: 'haproxy_waiting_timeout',
    },
  ],
  'a line of a template': [
    {
      file: 'roles-src/redis/templates/redis.conf.j2',
      from: 'tcp-keepalive 60',
      to: 'tcp-keepalive 30',
    },
  ],
  'a new worker count': [
    production("matrix: { host: 'synapse' }", "matrix: { host: 'synapse', workers: { sync: 10 } }"),
  ],
  'a port': [{ file: 'roles-src/coturn/ports.ts', from: 'turn: 3478', to: 'turn: 3479' }],
  'a host added': [
    production(
      "    livekit: host('10.0.5.21'",
      "    coturn3: host('10.0.5.13', { cpus: 8, memory: '16 GB', disks: ['100 GB'], network: '5 Gbps' }),\n    livekit: host('10.0.5.21'",
    ),
    production("hosts: ['coturn1', 'coturn2']", "hosts: ['coturn1', 'coturn2', 'coturn3']"),
  ],
  'a host removed': [
    production(
      "    minio4: host('10.0.4.14', { cpus: 8, memory: '32 GB', disks: ['2 TB', '2 TB', '2 TB', '2 TB'] }),\n",
      '',
    ),
    production("'minio3', 'minio4'", "'minio3'"),
  ],
  'a role removed': [
    { remove: 'roles-src/config_backup' },
    {
      file: 'roles-src/playbooks/site.ts',
      from: "import configBackup from '../config_backup/role.ts'\n",
      to: '',
    },
    {
      file: 'roles-src/playbooks/site.ts',
      from: "    play({ name: 'Keep copies of the secrets', hosts: 'config_backup', become: true, roles: [configBackup] }),\n",
      to: '',
    },
    production("    config_backup: { hosts: ['backup'] },\n", ''),
  ],
  'a secret renamed': [
    { file: 'roles-src/coturn/service.ts', from: "'turn_auth_secret'", to: "'relay_secret'" },
    { file: 'roles-src/livekit/service.ts', from: "'turn_auth_secret'", to: "'relay_secret'" },
    { file: 'roles-src/matrix/surroundings.ts', from: "'turn_auth_secret'", to: "'relay_secret'" },
    { file: 'roles-src/verify_calls/service.ts', from: "'turn_auth_secret'", to: "'relay_secret'" },
  ],
  'a version raised': [
    {
      file: 'roles-src/artifacts.json',
      from: '"file": "livekit-server-1.13.5-linux-amd64"',
      to: '"file": "livekit-server-1.13.6-linux-amd64"',
    },
    {
      file: 'roles-src/artifacts.json',
      from: '"sha256": "056f6341f6bfb7cce369fdf2b716651a118ab9279b51f6e8c8f2cd1ef14c4b1d"',
      to: '"sha256": "156f6341f6bfb7cce369fdf2b716651a118ab9279b51f6e8c8f2cd1ef14c4b1d"',
    },
  ],
}

describe('what is said of', { ...needs('the pinned Ansible'), timeout: 120_000 }, () => {
  it.each(Object.entries(SCENARIOS))('%s', async (name, edits) => {
    await expect(asText(await reviewOf(edits))).toMatchFileSnapshot(
      join(root, 'test/review/scenarios', `${name.replaceAll(/[^a-z]+/g, '-')}.txt`),
    )
  })
})
