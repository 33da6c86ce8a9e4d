import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CannotRun } from '../finding.ts'
import { deploymentInput } from '../topology/schema.ts'
import { projectRoot } from './project.ts'

/** `rolewright new deployment <name>`: writes a deployment of a small database that `check` accepts. Returns the exit code. */
export async function newDeployment(name: string): Promise<number> {
  process.stdout.write(
    `wrote ${writeDeployment(projectRoot(), name)}\nNext: put your own names, addresses and hardware there, then run \`rolewright check ${name}\`; \`rolewright options\` lists further services.\n`,
  )
  return 0
}

/** Writes the file of a new deployment; returns its path below the project. Throws `CannotRun` for a name that will not do. */
export function writeDeployment(root: string, name: string): string {
  if (!deploymentInput.shape.name.safeParse(name).success)
    throw new CannotRun(
      `"${name}" is no name for a deployment.`,
      'Use lower case letters, digits, underscores and hyphens, beginning with a letter, such as "berlin".',
    )
  const file = `inventory/${name}.ts`
  if (existsSync(join(root, file)))
    throw new CannotRun(`${file} exists already.`, 'Choose another name, or write to what is there.')
  mkdirSync(join(root, 'inventory'), { recursive: true })
  writeFileSync(join(root, file), template(name), { flag: 'wx' })
  return file
}

const template = (
  name: string,
): string => `import { defineDeployment, host, hosts, namesOf, network } from '#topology'

// db1, db2 and db3, with the addresses from 10.1.1.11 on.
const db = hosts('db', 3, '10.1.1.11', {
  cpus: 8,
  memory: '32 GB',
  disks: ['500 GB'],
  os: 'debian-13',
})

export default defineDeployment({
  name: '${name}',
  summary: 'A database of three members, its poolers and its backups.',
  domain: '${name.replaceAll('_', '-')}.example.org',
  networks: {
    database: network('10.1.1.0/24'),
    operations: network('10.1.2.0/24'),
  },
  hosts: {
    ...db,
    app: host('10.1.2.11', { cpus: 8, memory: '16 GB', disks: ['100 GB'], os: 'debian-13' }),
    backup: host('10.1.2.21', { cpus: 4, memory: '16 GB', disks: ['4 TB'], os: 'debian-13' }),
  },
  // The address of whichever member writes.
  vips: {
    database: { address: '10.1.1.10', hosts: ['db1', 'db2'] },
  },
  services: {
    time: { sources: ['db1', 'db2'] },
    etcd: { hosts: namesOf(db) },
    database: {
      hosts: namesOf(db),
      vip: 'database',
      postgresql: { version: 17, source: 'pgdg' },
      databases: [{ name: 'app', owner: 'app' }],
    },
    pooler: {
      hosts: namesOf(db),
      vip: 'database',
      database: 'app',
      user: 'app',
      clients: ['app'],
    },
    database_backup: { hosts: ['backup'] },
    config_backup: { hosts: ['backup'] },
  },
  // What is lost at once: rules hold services and virtual IPs against it.
  failureDomains: {
    rack1: ['db1', 'app'],
    rack2: ['db2', 'backup'],
    rack3: ['db3'],
  },
  clients: ['10.2.0.0/16'],
  admins: ['10.3.0.0/24'],
  controller: '10.3.0.5',
  expects: { users: 1000, messagesPerDay: 10_000, mediaPerDay: '1 GB' },
  keep: { database: '30 days', pointInTime: '7 days' },
  // Rules that it does not keep, and why. Each is a decision: take it out where yours is another one.
  waivers: [
    { rule: 'ETCD-004', because: 'Only members with a certificate of the internal CA reach etcd.' },
    {
      rule: 'HA-006',
      of: 'database_backup',
      because: 'The database keeps its log while the repository is away.',
    },
    { rule: 'OPS-006', because: 'Its hosts reach the internet.' },
    { rule: 'OPS-009', of: 'prometheus', because: 'Its hosts are watched from elsewhere.' },
  ],
})
`
