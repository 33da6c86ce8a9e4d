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
  'a host added': [production("hosts('coturn', 2,", "hosts('coturn', 3,")],
  'a host removed': [production("hosts('minio', 4,", "hosts('minio', 3,")],
  'a role removed': [
    { remove: 'roles-src/grafana' },
    { file: 'roles-src/playbooks/site.ts', from: "import grafana from '../grafana/role.ts'\n", to: '' },
    {
      file: 'roles-src/playbooks/site.ts',
      from: "    play({ name: 'Show it', hosts: 'grafana', become: true, roles: [grafana] }),\n",
      to: '',
    },
    production("    grafana: { host: 'monitoring' },\n", ''),
    { file: 'inventory/lab.ts', from: '    grafana: { enabled: false },\n', to: '' },
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
