/**
 * The source of a deployment with many hosts: base, firewall, time and what is verified on all of them, a database of five
 * and an etcd of seven. More members of either would measure what their configuration holds of each other, which nobody runs.
 */
export function largeDeployment(count) {
  const names = Array.from({ length: count }, (_, i) => `node${String(i + 1).padStart(4, '0')}`)
  const address = (i) => `10.${20 + Math.floor(i / 50_000)}.${Math.floor(i / 200)}.${10 + (i % 200)}`
  const members = names.slice(0, 7)
  const database = names.slice(0, 5)
  return `import { defineDeployment, host, network } from '#topology'

const hardware = { cpus: 8, memory: '32 GB', disks: ['500 GB'] }

export default defineDeployment({
  name: 'large',
  summary: 'Many hosts, to measure the build.',
  domain: 'large.example.org',
  networks: { all: network('10.20.0.0/16') },
  hosts: {
${names.map((name, i) => `    ${name}: host('${address(i)}', hardware),`).join('\n')}
  },
  vips: { database: { address: '10.20.250.10', hosts: ${JSON.stringify(database.slice(0, 2))} } },
  services: {
    base: { names: [{ of: 'database', names: ['db.large.example.org'] }] },
    etcd: { hosts: ${JSON.stringify(members)} },
    database: { hosts: ${JSON.stringify(database)}, vip: 'database' },
    pooler: { hosts: ${JSON.stringify(database)}, vip: 'database' },
  },
  clients: ['10.10.0.0/16'],
  admins: ['10.20.251.0/24'],
  controller: '10.20.251.5',
  waivers: [{ rule: 'BK-013', because: 'It is never deployed.' }],
})
`
}
