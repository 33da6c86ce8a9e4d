import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import lab from '../../inventory/lab.ts'
import type { HostInput } from '../../src/topology/deployment.ts'
import { root } from '../project/project.ts'
import { chooseDamage, judge, managedIn } from './managed.ts'

const hosts = Object.entries<HostInput>(lab.input.hosts).map(([name, { address }]) => ({
  name,
  network: address.replace(/\.\d+$/, ''),
}))
const managed = managedIn(join(root, 'generated'), 'lab', hosts)
const seeds = Array.from({ length: 60 }, (_, seed) => seed)

describe('the damage by hand', () => {
  it('knows something of each kind on every host', () => {
    for (const { host, files, units, packages } of managed) {
      expect(files.length, host).toBeGreaterThan(5)
      expect(units.length, host).toBeGreaterThan(1)
      expect(packages.length, host).toBeGreaterThan(1)
    }
    expect(managed).toHaveLength(hosts.length)
  })

  it('is one file, one unit and one package of three roles a host, the same for the same seed', () => {
    for (const seed of seeds) {
      const damage = chooseDamage(managed, seed)
      expect(damage.map(({ host }) => host)).toEqual(hosts.map(({ name }) => name).sort())
      for (const { file, unit, package: pkg } of damage)
        expect(new Set([...file.roles, ...unit.roles, ...pkg.roles]).size).toBe(
          file.roles.length + unit.roles.length + pkg.roles.length,
        )
      expect(chooseDamage(managed, seed)).toEqual(damage)
    }
    expect(new Set(seeds.map((seed) => JSON.stringify(chooseDamage(managed, seed)))).size).toBe(seeds.length)
  })

  it('never strikes two hosts that stand in for each other, nor two that keep data', () => {
    const networkOf = new Map(managed.map(({ host, network }) => [host, network]))
    for (const seed of seeds) {
      const struck = new Map<string, Set<string>>()
      for (const { host, file, unit, package: pkg } of chooseDamage(managed, seed))
        for (const role of [file, unit, pkg].flatMap(({ roles }) => roles)) {
          const group = ['etcd', 'patroni', 'object_store'].includes(role) ? 'data' : role
          const key = `${networkOf.get(host)} ${group}`
          struck.set(key, new Set([...(struck.get(key) ?? []), host]))
        }
      const twice = [...struck].filter(([, several]) => several.size > 1).map(([key]) => key.split(' ')[1])
      expect([...new Set(twice)].filter((role) => !FREE.includes(role ?? ''))).toEqual([])
    }
  })

  it('takes no package that holds data or that Ansible needs', () => {
    const packages = managed.flatMap(({ packages }) => packages.map(({ name }) => name))
    expect(packages).toContain('redis-server')
    expect(packages.filter((name) => /^(postgresql|etcd|python3|ca-cert)/.test(name))).toEqual([])
  })

  it('comes to strike every unit of every role in time', () => {
    const struck = new Set(seeds.flatMap((seed) => chooseDamage(managed, seed).map(({ unit }) => unit.name)))
    expect([...struck].sort()).toEqual(
      [...new Set(managed.flatMap(({ units }) => units.map(({ name }) => name)))].sort(),
    )
  })

  it('is mended by its own tasks and what they notify; anything else is told', () => {
    const redis = managed.find(({ host }) => host === 'redis')
    const thing = (kind: 'files' | 'units' | 'packages', name: string) => {
      const found = redis?.[kind].find((one) => one.name === name)
      if (!found) throw new Error(name)
      return found
    }
    const damage = {
      host: 'redis',
      file: thing('files', '/etc/redis/redis.conf'),
      unit: thing('units', 'chrony'),
      package: thing('packages', 'prometheus-redis-exporter'),
    }
    const names = readFileSync(join(root, 'generated/roles/chrony/tasks/service.yml'), 'utf8')
    expect(damage.unit.tasks).toHaveLength(1)
    expect(names).toContain(damage.unit.tasks[0]?.replace('chrony : ', ''))
    const all = [
      'redis : Configure | Write the configuration of Redis',
      'redis : Restart Redis',
      ...damage.unit.tasks,
      ...damage.package.tasks,
    ]
    expect(judge(damage, all)).toEqual([])
    expect(judge(damage, [...all.slice(1), 'base : Configure | Write the names of all servers'])).toEqual([
      'no task brought /etc/redis/redis.conf back',
      '"base : Configure | Write the names of all servers" changed something',
    ])
  })
})

/** Roles of every host. */
const FREE = ['base', 'chrony', 'firewall', 'node_exporter', 'tls']
