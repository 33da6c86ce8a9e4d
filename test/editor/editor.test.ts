import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../project/project.ts'
import { editor } from './editor.ts'

/** A role as an author has it before him, with one line of his own. */
const roleWith = (line: string) => `import { z } from 'zod'
import { defineRole, j } from '#dsl'
import { apt, command, copy, group, systemd_service, template } from '#modules/builtin'

export default defineRole({
  name: 'web',
  summary: 'Serve pages.',
  platforms: { Debian: ['bookworm'] },
  vars: {
    port: z.int().min(1).max(65_535).default(80).describe('Port on which it listens.'),
    tls: z.boolean().default(false).describe('Whether it speaks TLS.'),
  },
  handlers: () => ({
    restart: systemd_service('Restart the server', { name: 'web', state: 'restarted' }),
  }),
  configure: ({ vars, handlers }) => [
${line}
  ],
})
export const used = [j, apt, command, copy, group, template]
`
/** The line of the author's own in it. */
const LINE = roleWith('HERE').split('\n').indexOf('HERE') + 1

describe('a role', () => {
  const role = editor('roles-src/web/role.ts')
  const proposed = (line: string) => {
    role.open(roleWith(line))
    return role.completions()
  }
  const shown = (line: string) => {
    role.open(roleWith(line))
    return role.hover()
  }

  it('has the options of a module proposed', () => {
    const options = proposed("    template('Write it', { ‸ }),")
    expect(options).toEqual(expect.arrayContaining(['src', 'dest', 'mode', 'owner', 'validate']))
    expect(options).not.toContain('state')
  })

  it('has the choices of an option proposed', () => {
    expect(proposed("    apt('Install it', { name: ['web'], state: '‸' }),")).toEqual(
      expect.arrayContaining(['absent', 'latest', 'present']),
    )
  })

  it('has its variables, its handlers and keywords proposed', () => {
    expect(proposed("    copy('Write it', { content: j`${vars.‸}`, dest: '/a', mode: '0644' }),")).toEqual(
      expect.arrayContaining(['port', 'tls']),
    )
    expect(proposed("    apt('Install it', { name: ['web'] }, { notify: handlers.‸ }),")).toEqual(['restart'])
    expect(proposed("    apt('Install it', { name: ['web'] }, { ‸ }),")).toEqual(
      expect.arrayContaining(['when', 'notify', 'tags']),
    )
  })

  it('shows what an option is', () => {
    expect(shown("    apt('Install it', { name: ['web'], sta‸te: 'present' }),")).toMatch(
      /state\?: .*"absent".*\n.*Default: "present"/s,
    )
  })

  it('shows what a module is, and what a variable is', () => {
    expect(shown("    ap‸t('Install it', { name: ['web'] }),")).toContain('AptOptions')
    expect(shown("    copy('Write it', { content: j`${vars.po‸rt}`, dest: '/a', mode: '0644' }),")).toMatch(
      /port: .*number/,
    )
  })

  /** The ten mistakes that are made most, and the words that have to be in what is said of each. */
  const MISTAKES: readonly (readonly [what: string, line: string, says: RegExp])[] = [
    ['an option that there is not', "    apt('Install it', { name: ['web'], stat: 'present' }),", /'state'/],
    ['a choice that there is not', "    apt('Install it', { name: ['web'], state: 'presnt' }),", /"present"/],
    ['an option of another type', "    apt('Install it', { name: ['web'], purge: 'yes' }),", /boolean/],
    ['a required option left out', "    group('Make it', { system: true }),", /GroupOptions/],
    ['a file without a mode', "    copy('Write it', { content: 'x', dest: '/a' }),", /CopyOptions/],
    ['a command that does not say when it changes', "    command('Run it', { argv: ['web'] }),", /arguments/],
    [
      'a condition that is none',
      "    apt('Install it', { name: ['web'] }, { when: vars.port }),",
      /Condition/,
    ],
    [
      'a handler that there is not',
      "    apt('Install it', { name: ['web'] }, { notify: handlers.reload }),",
      /reload/,
    ],
    ['a variable that there is not', "    apt('Install it', { name: ['web'] }, { when: vars.ssl }),", /ssl/],
    ['a keyword that there is not', "    apt('Install it', { name: ['web'] }, { retrys: 3 }),", /retrys/],
  ]

  it.each(MISTAKES)('%s: is said at its line, in a few words', (_, line, says) => {
    role.open(roleWith(line))
    const problems = role.problems()
    expect(problems).toHaveLength(1)
    expect(problems[0]?.line).toBe(LINE)
    expect(problems[0]?.message).toMatch(says)
    // A screen of types is no message.
    expect(problems[0]?.message.split('\n').length).toBeLessThanOrEqual(4)
    expect(problems[0]?.message.length).toBeLessThanOrEqual(400)
  })

  it('without a mistake says nothing', () => {
    role.open(
      roleWith("    apt('Install it', { name: ['web'] }, { when: vars.tls, notify: handlers.restart }),"),
    )
    expect(role.problems()).toEqual([])
  })
})

describe('a deployment', () => {
  const services = readdirSync(join(root, 'roles-src'))
    .map((name) => `roles-src/${name}/service.ts`)
    .filter((path) => existsSync(join(root, path)))
  const inventory = editor('inventory/harbour.ts', services)
  const deploymentWith = (line: string) => `import { defineDeployment, host, network } from '#topology'

export default defineDeployment({
  name: 'harbour',
  summary: 'An example.',
  domain: 'harbour.example',
  networks: { quay: network('192.0.2.0/24') },
  hosts: {
    relay1: host('192.0.2.11', { cpus: 2, memory: '2 GB', disks: ['20 GB'] }),
    relay2: host('192.0.2.12', { cpus: 2, memory: '2 GB', disks: ['20 GB'] }),
  },
  vips: { edge: { address: '192.0.2.10', hosts: ['relay1', 'relay2'] } },
  services: {
${line}
  },
  clients: ['198.51.100.0/24'],
  admins: ['203.0.113.0/24'],
  controller: '203.0.113.5',
})
`
  const line = deploymentWith('HERE').split('\n').indexOf('HERE') + 1

  it('has its services, their options, its hosts and its virtual IPs proposed', () => {
    const proposed = (text: string) => {
      inventory.open(deploymentWith(text))
      return inventory.completions()
    }
    expect(proposed('    ‸')).toEqual(expect.arrayContaining(['turn', 'database', 'haproxy']))
    expect(proposed("    turn: { hosts: ['‸'] },")).toEqual(expect.arrayContaining(['relay1', 'relay2']))
    expect(proposed("    haproxy: { web: { vip: '‸' } },")).toEqual(['edge'])
    expect(proposed("    turn: { hosts: ['relay1'], ‸ },").length).toBeGreaterThan(1)
  })

  it.each([
    ['a host that there is not', "    turn: { hosts: ['relay3'] },", /"relay3"/],
    ['a virtual IP that there is not', "    haproxy: { web: { vip: 'front' } },", /"front"/],
    ['a service that there is not', "    trun: { hosts: ['relay1'] },", /'trun'/],
  ])('%s: is said at its line, in a few words', (_, text, says) => {
    inventory.open(deploymentWith(text))
    const problems = inventory.problems()
    expect(problems.map((problem) => problem.line)).toEqual([line])
    expect(problems[0]?.message).toMatch(says)
    expect(problems[0]?.message.split('\n').length).toBeLessThanOrEqual(4)
  })
})
