import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { root } from '../project/project.ts'

interface Play {
  readonly hosts: string
  readonly serial?: number
  readonly roles: readonly { readonly role: string; readonly vars?: Readonly<Record<string, unknown>> }[]
}
interface Task {
  readonly block?: readonly Task[]
  readonly 'ansible.builtin.systemd_service'?: { readonly name: string; readonly state?: string }
}
const read = (path: string) =>
  parse(readFileSync(join(root, 'generated', path), 'utf8'), { logLevel: 'silent' })
const groups: Readonly<Record<string, { readonly hosts: Readonly<Record<string, unknown>> }>> =
  read('lab/inventory/hosts.yml').all.children
const hostVars = (host: string) => read(`lab/inventory/host_vars/${host}.yml`)
const playbook = (name: string): readonly Play[] => read(`lab/${name}.yml`)

/** Units that a role keeps running under a name of their own. */
function unitsOf(role: string): readonly string[] {
  const inside = (tasks: readonly Task[]): readonly string[] =>
    tasks.flatMap((task) => {
      const { name, state } = task['ansible.builtin.systemd_service'] ?? {}
      const own =
        state === 'started' && name && !name.includes('{{') && !name.endsWith('.timer') ? [name] : []
      return [...own, ...inside(task.block ?? [])]
    })
  try {
    return inside(read(`roles/${role}/tasks/service.yml`))
  } catch {
    return [] // it runs nothing
  }
}

describe('the proof after the cut', () => {
  const kept = new Map<string, Set<string>>()
  for (const { hosts, roles } of playbook('site'))
    for (const host of Object.keys(groups[hosts]?.hosts ?? {}))
      for (const { role } of roles)
        for (const unit of unitsOf(role)) kept.set(host, (kept.get(host) ?? new Set()).add(unit))

  it.each([...kept.keys()])(
    'restarts on %s every unit that a role keeps running there, and no other',
    (host) => {
      const restarted: readonly string[] = ['firewall', ...hostVars(host).lockdown_units]
      // The package starts ssh, and no role of ours.
      expect([...restarted].sort()).toEqual([...(kept.get(host) ?? []), 'ssh'].sort())
    },
  )

  it('takes one host after another, once every host is closed', () => {
    const [close, prove] = playbook('lockdown')
    expect(close?.roles).toEqual([{ role: 'firewall', vars: { firewall_egress: 'closed' } }])
    expect(prove?.serial).toBe(1)
    const [open] = playbook('reopen')
    expect(open?.roles[0]).toEqual({ role: 'firewall', vars: { firewall_egress: 'open' } })
    expect(open?.roles[1]).toEqual({ role: 'lockdown', vars: { lockdown_closed: false } })
  })

  it('is not undone by a deployment', () => {
    expect(read('lab/inventory/group_vars/firewall.yml').firewall_egress).toBe('kept')
  })

  it('waits for the cluster of the database before the next member', () => {
    const { answer, url } = hostVars('patroni1').lockdown_checks.find((check: { readonly name: string }) =>
      check.name.startsWith('database'),
    )
    expect(url).toBe('https://patroni1.internal:8008/cluster')
    const whole = new RegExp(answer.replace('(?s)', ''), 's')
    const members = (...list: readonly (readonly [string, string])[]) =>
      `{"members": [${list.map(([role, state]) => `{"role": "${role}", "state": "${state}"}`).join(', ')}]}`
    const leader = ['leader', 'running'] as const
    const standby = ['sync_standby', 'streaming'] as const
    expect(members(leader, standby, ['replica', 'streaming'])).toMatch(whole)
    expect(members(leader, ['quorum_standby', 'streaming'])).toMatch(whole)
    expect(members(leader, standby, ['replica', 'starting'])).not.toMatch(whole)
    expect(members(leader, standby, ['replica', 'in archive recovery'])).not.toMatch(whole)
    expect(members(leader, ['replica', 'streaming'])).not.toMatch(whole)
    expect(members(standby, ['replica', 'streaming'])).not.toMatch(whole)
  })

  it("asks for the virtual IPs that a host may hold, and for nobody else's", () => {
    expect(hostVars('haproxy2').lockdown_vips).toEqual(['10.0.1.10'])
    expect(hostVars('patroni2').lockdown_vips).toEqual(['10.0.3.10'])
    expect(hostVars('patroni3').lockdown_vips ?? []).toEqual([])
  })
})
