/**
 * Damages every host of a lab that is up and deployed: one file of a role is edited, one service is stopped and disabled, one
 * package is removed. Then site.yml runs: exactly what was damaged has to be mended, by its own tasks and by what depends on
 * them, everything has to be as it was, and a further run has to change nothing. What is damaged is chosen from what the roles
 * manage; the same seed chooses the same. Hosts that stand in for each other are never damaged in the same role.
 * Usage: damage.ts [--deployment lab] [--hosts NAME…] [--seed N]. Exit 1 when a promise is broken.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { printTable } from '../../src/cli/output.ts'
import { projectRoot } from '../../src/cli/project.ts'
import { openLab } from './hosts.ts'
import { chooseDamage, type Damage, judge, type Managed, managedIn } from './managed.ts'

const { values } = parseArgs({
  options: {
    deployment: { type: 'string', default: 'lab' },
    hosts: { type: 'string', multiple: true },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const seed = Number(values.seed)
if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number')

const lab = await openLab(values.deployment)
const hosts = lab.hosts.filter(({ name }) => values.hosts?.includes(name) ?? true)
const broken: string[] = []
const promise = (kept: boolean, what: string) => {
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${what}`)
  if (!kept) broken.push(what)
}

/** Which of these things are on a host and as they should be; of packages those that leave without others. */
const FACTS = `
import json, os, subprocess, sys
files, units, packages = json.loads(sys.argv[1])
def said(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
def removed(package):
    return [line.split()[1] for line in said("apt-get", "-s", "remove", package).splitlines() if line.startswith("Remv ")]
print(json.dumps({
    "files": [file for file in files if os.path.isfile(file) and not os.path.islink(file)],
    "units": [u for u in units if said("systemctl", "is-active", u) == "active" and said("systemctl", "is-enabled", u) == "enabled"],
    "removed": {package: removed(package) for package in packages},
}))
`
async function present(managed: Managed): Promise<Managed> {
  const names = [managed.files, managed.units, managed.packages].map((things) =>
    things.map(({ name }) => name),
  )
  interface Facts {
    readonly files: readonly string[]
    readonly units: readonly string[]
    readonly removed: Readonly<Record<string, readonly string[]>>
  }
  const answer = await lab.run(managed.host, ['python3', '-', `'${JSON.stringify(names)}'`], FACTS)
  const facts: Facts = JSON.parse(answer) // the program's own output
  const rolesOf = (name: string) => managed.packages.find((one) => one.name === name)?.roles
  return {
    ...managed,
    files: managed.files.filter(({ name }) => facts.files.includes(name)),
    units: managed.units.filter(({ name }) => facts.units.includes(name)),
    packages: managed.packages.filter(({ name, roles }) => {
      const removed = facts.removed[name] ?? []
      return (
        removed.length > 0 && removed.every((other) => rolesOf(other)?.every((role) => roles.includes(role)))
      )
    }),
  }
}

/** Files of /etc and what they hold, links and where they lead, and the state of a unit and a package. */
const LOOK = `
import hashlib, json, os, subprocess, sys
damaged, unit, package = sys.argv[1:]
# What programs write for themselves, and what a package's own scripts leave when it comes back.
own = ("/etc/ld.so.cache", "/etc/machine-id", "/etc/resolv.conf", "/etc/mtab", "/etc/ssl/certs/", "/etc/.pwd.lock")
files = {}
for folder, _, names in os.walk("/etc"):
    for name in names:
        path = os.path.join(folder, name)
        if path.startswith(own) or path.endswith(("-", "~")):
            continue
        files[path] = os.readlink(path) if os.path.islink(path) else hashlib.sha256(open(path, "rb").read()).hexdigest()
files[damaged] = hashlib.sha256(open(damaged, "rb").read()).hexdigest() if os.path.exists(damaged) else "gone"
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
const look = async ({ host, file, unit, package: pkg }: Damage): Promise<Seen> =>
  JSON.parse(await lab.run(host, ['python3', '-', file.name, unit.name, pkg.name], LOOK)) // the program's own output

/** Runs site.yml as people do; every task that changed something, by host. */
async function deploy(): Promise<{
  readonly code: number
  readonly changed: ReadonlyMap<string, readonly string[]>
}> {
  const only = lab.isWhole ? [] : ['--hosts', ...lab.hosts.map(({ name }) => name)]
  const argv = [
    join(projectRoot(), 'bin/rolewright.js'),
    'lab',
    'deploy',
    '--deployment',
    values.deployment,
    ...only,
  ]
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

const managed = managedIn(
  join(projectRoot(), 'generated'),
  values.deployment,
  hosts.map(({ name, network }) => ({ name, network: network.name })),
)
const damages = chooseDamage(await Promise.all(managed.map(present)), seed)
console.log(`seed ${seed}`)
for (const { host, file, unit, package: pkg } of damages)
  console.log(`${host}: ${file.name} edited, ${unit.name} stopped and disabled, ${pkg.name} removed`)

const before = new Map(
  await Promise.all(damages.map(async (damage) => [damage.host, await look(damage)] as const)),
)
await Promise.all(
  damages.map(({ host, file, unit, package: pkg }) =>
    lab.run(
      host,
      ['bash', '-s'],
      `set -e
echo '# by hand' >>'${file.name}'
systemctl disable --now --quiet '${unit.name}'
DEBIAN_FRONTEND=noninteractive apt-get -qq remove --yes '${pkg.name}' >/dev/null 2>&1\n`,
    ),
  ),
)

const mending = await deploy()
promise(mending.code === 0, `site.yml ended with ${mending.code}`)
const table: (readonly string[])[] = []
for (const damage of damages) {
  const { host, file, unit, package: pkg } = damage
  const old = before.get(host) as Seen // looked at above
  const now = await look(damage)
  const paths = [...new Set([...Object.keys(old.files), ...Object.keys(now.files)])]
  const other = paths.filter((path) => old.files[path] !== now.files[path])
  promise(
    other.length === 0,
    `${host}: every file of /etc is as it was${other.map((path) => `, not ${path}`).join('')}`,
  )
  promise(
    now.active === 'active' && now.enabled === old.enabled,
    `${host}: ${unit.name} is ${now.active} and ${now.enabled}`,
  )
  promise(now.package === 'installed', `${host}: ${pkg.name} is ${now.package}`)
  const changed = mending.changed.get(host) ?? []
  const wrong = judge(damage, changed)
  promise(
    wrong.length === 0,
    `${host}: changed what was damaged${wrong.map((what) => `, but ${what}`).join('')}`,
  )
  const [damaged, mended] = [[file.name, `unit ${unit.name}`, `package ${pkg.name}`], changed]
  for (let i = 0; i < Math.max(damaged.length, mended.length); i++)
    table.push([host, damaged[i] ?? '', mended[i] ?? ''])
}
const strangers = [...mending.changed.keys()].filter((name) => !damages.some(({ host }) => host === name))
promise(strangers.length === 0, `no other host changed${strangers.map((name) => `, but ${name}`).join('')}`)

const after = await deploy()
promise(
  after.code === 0 && after.changed.size === 0,
  `the run after it changed nothing${[...after.changed].map(([name, tasks]) => `, but on ${name}: ${tasks.join(', ')}`).join('')}`,
)
console.log(printTable(['host', 'damaged', 'tasks that changed something'], table))
console.log(
  broken.length === 0
    ? `seed ${seed}: ${damages.length} hosts were mended`
    : `seed ${seed}: ${broken.length} promises broken:\n${broken.join('\n')}`,
)
process.exit(broken.length === 0 ? 0 : 1)
