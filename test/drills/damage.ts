/**
 * Damages every host of a lab that is up and deployed: one file of a role is edited, one service is stopped and disabled, one
 * package is removed. Then site.yml runs, and everything has to be as it was; a further run has to change nothing.
 * Usage: damage.ts [--deployment lab] [--hosts NAME…]. Exit 1 when something was not mended.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { openLab } from './hosts.ts'

const { values } = parseArgs({
  options: {
    deployment: { type: 'string', default: 'lab' },
    hosts: { type: 'string', multiple: true },
  },
})

interface Damage {
  readonly file: string
  readonly unit: string
  readonly package: string
}
const node = 'prometheus-node-exporter'
/**
 * What is damaged on each host. Of the members of a cluster no two lose what the cluster needs a majority of, as no careful
 * person would take away two at once: packages of databases and their stores stay, and one member of each is stopped at most.
 */
const DAMAGE: Readonly<Record<string, Damage>> = {
  haproxy1: { file: '/etc/haproxy/haproxy.cfg', unit: 'chrony', package: node },
  haproxy2: { file: '/etc/keepalived/keepalived.conf', unit: 'haproxy', package: 'keepalived' },
  synapse: { file: '/etc/docker/daemon.json', unit: 'docker', package: 'chrony' },
  patroni1: { file: '/etc/pgbouncer/pgbouncer.ini', unit: 'prometheus-postgres-exporter', package: 'chrony' },
  patroni2: { file: '/etc/haproxy/haproxy.cfg', unit: 'pgbouncer', package: 'keepalived' },
  patroni3: { file: '/etc/default/etcd', unit: 'prometheus-pgbouncer-exporter', package: node },
  minio1: { file: '/etc/hosts', unit: 'haproxy', package: node },
  minio2: { file: '/etc/haproxy/haproxy.cfg', unit: 'chrony', package: 'keepalived' },
  minio3: { file: '/etc/security/limits.d/60-base.conf', unit: 'object-store', package: 'chrony' },
  minio4: { file: '/etc/firewall/wanted/rules.nft', unit: node, package: 'chrony' },
  coturn1: { file: '/etc/turnserver.conf', unit: 'coturn', package: node },
  coturn2: { file: '/etc/chrony/chrony.conf', unit: node, package: 'coturn' },
  livekit: { file: '/etc/livekit/config.yaml', unit: 'livekit', package: 'chrony' },
  redis: { file: '/etc/redis/redis.conf', unit: 'redis-server', package: 'prometheus-redis-exporter' },
  monitoring: {
    file: '/etc/prometheus/prometheus.yml',
    unit: 'prometheus-alertmanager',
    package: 'prometheus-blackbox-exporter',
  },
  backup: { file: '/etc/pgbackrest/pgbackrest.conf', unit: 'pgbackrest', package: 'rclone' },
}

const lab = await openLab(values.deployment)
const hosts = lab.hosts.filter(({ name }) => values.hosts?.includes(name) ?? true)
const broken: string[] = []
const promise = (kept: boolean, what: string) => {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what}`)
  if (!kept) broken.push(what)
}

/** Files of /etc and what they hold, links and where they lead, and the state of a unit and a package. */
const LOOK = `
import hashlib, json, os, subprocess, sys
unit, package = sys.argv[1:]
# What programs write for themselves, and what a package's own scripts leave when it comes back.
own = ("/etc/ld.so.cache", "/etc/machine-id", "/etc/resolv.conf", "/etc/mtab", "/etc/ssl/certs/", "/etc/.pwd.lock")
files = {}
for folder, _, names in os.walk("/etc"):
    for name in names:
        path = os.path.join(folder, name)
        if path.startswith(own) or path.endswith(("-", "~")):
            continue
        files[path] = os.readlink(path) if os.path.islink(path) else hashlib.sha256(open(path, "rb").read()).hexdigest()
def said(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
print(json.dumps({
    "files": files,
    "active": said("systemctl", "is-active", unit),
    "enabled": said("systemctl", "is-enabled", unit),
    "package": said("dpkg-query", "-W", "-f", "\${db:Status-Status}", package),
}))
`
interface Seen {
  readonly files: Readonly<Record<string, string>>
  readonly active: string
  readonly enabled: string
  readonly package: string
}
const look = async (name: string, { unit, package: pkg }: Damage): Promise<Seen> =>
  JSON.parse(await lab.run(name, ['python3', '-', unit, pkg], LOOK)) // the program's own output

/** Runs site.yml as people do; every task that changed something, by host. */
async function deploy(): Promise<{
  readonly code: number
  readonly changed: ReadonlyMap<string, readonly string[]>
}> {
  const argv = [join(process.cwd(), 'bin/rolewright.js'), 'lab', 'deploy', '--deployment', values.deployment]
  const child = execa(process.execPath, argv, { reject: false, all: true, buffer: false })
  const changed = new Map<string, string[]>()
  let task = ''
  for await (const line of child.iterable({ from: 'all' })) {
    console.log(`       ${line}`)
    task = /^(?:TASK|RUNNING HANDLER) \[(.+)\] \*+$/.exec(line)?.[1] ?? task
    const host = /^changed: \[([^\] ]+)/.exec(line)?.[1]
    if (host) changed.set(host, [...new Set([...(changed.get(host) ?? []), task])])
  }
  return { code: (await child).exitCode ?? 2, changed }
}

const before = new Map<string, Seen>()
for (const { name } of hosts) {
  const damage = DAMAGE[name]
  if (!damage) throw new Error(`nothing says how to damage ${name}`)
  const seen = await look(name, damage)
  if (!(damage.file in seen.files)) throw new Error(`${name} has no ${damage.file}`)
  before.set(name, seen)
}
await Promise.all(
  hosts.map(async ({ name }) => {
    const { file, unit, package: pkg } = DAMAGE[name] as Damage // looked up above
    console.log(`${name}: ${file} edited, ${unit} stopped and disabled, ${pkg} removed`)
    await lab.run(
      name,
      ['bash', '-s'],
      `set -e
echo '# by hand' >>${file}
systemctl disable --now --quiet ${unit}
DEBIAN_FRONTEND=noninteractive apt-get -qq remove --yes ${pkg} >/dev/null 2>&1\n`,
    )
  }),
)

const mending = await deploy()
promise(mending.code === 0, `site.yml ended with ${mending.code}`)
for (const { name } of hosts) {
  const damage = DAMAGE[name] as Damage // looked up above
  const old = before.get(name) as Seen // as above
  const now = await look(name, damage)
  const paths = [...new Set([...Object.keys(old.files), ...Object.keys(now.files)])]
  const other = paths.filter((path) => old.files[path] !== now.files[path])
  promise(
    other.length === 0,
    `${name}: every file of /etc is as it was${other.map((path) => `, not ${path}`).join('')}`,
  )
  promise(
    now.active === 'active' && now.enabled === old.enabled,
    `${name}: ${damage.unit} is ${now.active} and ${now.enabled}`,
  )
  promise(now.package === 'installed', `${name}: ${damage.package} is ${now.package}`)
}
for (const [name, tasks] of mending.changed)
  console.log(`${name} was mended by:\n${tasks.map((t) => `         ${t}`).join('\n')}`)

const after = await deploy()
promise(
  after.code === 0 && after.changed.size === 0,
  `the run after it changed nothing${[...after.changed].map(([name, tasks]) => `, but on ${name}: ${tasks.join(', ')}`).join('')}`,
)
console.log(broken.length === 0 ? `${hosts.length} hosts were mended` : `${broken.length} promises broken`)
process.exit(broken.length === 0 ? 0 : 1)
