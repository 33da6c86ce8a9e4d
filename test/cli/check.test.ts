import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rolewright-check-'))
  mkdirSync(join(root, 'inventory'))
  vi.spyOn(process, 'cwd').mockReturnValue(root)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(root, { recursive: true })
})

/** Three hosts, of which some are in no declared network; the first of them stands in line 9. */
const deployment = (addresses: readonly string[], more = '') =>
  `import { defineDeployment, host, network } from '#topology'

export default defineDeployment({
  name: 'small',
  summary: 'A small deployment.',
  domain: 'small.example',
  networks: { front: network('192.0.2.0/24') },
  hosts: {
${addresses.map((address, i) => `    web${i + 1}: host('${address}', { cpus: 2, memory: '2 GB', disks: ['20 GB'], os: 'debian-13' }),`).join('\n')}
  },
  vips: {},
  services: {},
  expects: { users: 10, messagesPerDay: 100, mediaPerDay: '1 GB' },
  clients: ['198.51.100.0/24'],
  admins: ['203.0.113.0/24'],
  controller: '203.0.113.5',
  ${more}
})
`
const FINE = ['192.0.2.11']
const OUTSIDE = ['192.0.3.11', '192.0.3.12']

/** What the command prints, and how it ends. */
const check = (source: string, ...args: readonly string[]) => run(source, 'check', ...args)
async function run(source: string, ...args: readonly string[]) {
  writeFileSync(join(root, 'inventory/small.ts'), source)
  let [output, errors] = ['', '']
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text
    return true
  })
  return { code: await main(args), output, errors }
}

describe('its exit code', () => {
  it('is 0 where nothing is wrong, and it says how much was looked at', async () => {
    const { code, output } = await check(deployment(FINE))
    expect(output).toMatch(/^small: \d+ rules on 1 host\.\n$/)
    expect(code).toBe(0)
  })

  it('is 1 where something is, with every finding at its line', async () => {
    const { code, output } = await check(deployment(OUTSIDE), 'small')
    expect(output).toMatch(
      /^inventory\/small.ts:9:11 {2}error {2}NET-001 {2}web1 has the address 192\.0\.3\.11/m,
    )
    expect(output).toMatch(/^inventory\/small.ts:10:11 {2}error {2}NET-001 {2}web2 has the address/m)
    expect(output).toContain('2 errors; mend them before you build.')
    expect(code).toBe(1)
  })

  it('is 1 where its file cannot be loaded, in every format', async () => {
    const broken = deployment(FINE).replace('network(', 'netwrok(')
    const text = await check(broken, 'small')
    expect(text.output).toMatch(
      /^inventory\/small\.ts:7:\d+ {2}error {2}load-failed {2}netwrok is not defined/,
    )
    expect([text.code, text.errors]).toEqual([1, ''])
    const sarif = await check(broken, 'small', '--format', 'sarif')
    expect(JSON.parse(sarif.output).runs[0].results).toHaveLength(1)
  })

  it.each([
    [['smell'], 'There is no deployment "smell".'],
    [['--format', 'xml'], 'xml'],
    [['--explain', 'NET-01'], 'There is no rule "NET-01".\n  Did you mean NET-001?'],
  ])('is 2 where it cannot run: %s', async (args, said) => {
    const { code, errors } = await check(deployment(FINE), ...args)
    expect(errors).toContain(said)
    expect(code).toBe(2)
  })
})

it('says so where no load is expected, and nobody asked whether it would be carried', async () => {
  const { output } = await check(deployment(FINE).replace(/^ {2}expects.*\n/m, ''))
  expect(output).toMatch(/^small: \d+ rules on 1 host; it expects no load, so nobody asked/)
})

describe('a waiver', () => {
  const waivers = (...list: readonly string[]) => `waivers: [${list.join(', ')}],`

  it('of one case accepts that one', async () => {
    const waiver = "{ rule: 'NET-001', of: 'web1', because: 'It is elsewhere.' }"
    const { code, output } = await check(deployment(OUTSIDE, waivers(waiver)))
    expect(output).toContain('NET-001  web2 has')
    expect(output).not.toContain('web1 has')
    expect(code).toBe(1)
  })

  it('of a rule accepts all of its cases, which are listed when asked for', async () => {
    const source = deployment(OUTSIDE, waivers("{ rule: 'NET-001', because: 'They are elsewhere.' }"))
    const { code, output } = await check(source)
    expect(output).toMatch(/^small: \d+ rules on 2 hosts, 2 cases accepted by waivers\.\n$/)
    expect(code).toBe(0)
    const waived = await check(source, '--waived')
    expect(waived.output).toMatch(/ {2}NET-001 {2}web1 +They are elsewhere\.\n {2}NET-001 {2}web2 /)
  })

  it('that accepts nothing is a finding', async () => {
    const waiver = "{ rule: 'NET-001', of: 'web1', because: 'It was elsewhere once.' }"
    const { code, output } = await check(deployment(FINE, waivers(waiver)))
    expect(output).toContain(
      'inventory/small.ts:17:13  warning  unused-waiver  The waiver of NET-001 for web1',
    )
    expect(code).toBe(0)
  })

  it('of another subject than that of its case is one, with the subjects that there are', async () => {
    const near = deployment(FINE, waivers("{ rule: 'NET-006', of: 'web1', because: 'A slip.' }"))
    const { output } = await check(near.replace("['203.0.113.0/24']", "['192.0.2.0/24']"))
    expect(output).toContain(
      'The waiver of NET-006 for web1 accepts nothing: no case of the rule is about web1.\n  Nobody accepts its cases about: 192.0.2.0/24.',
    )
  })

  it('that stands there twice is one', async () => {
    const waiver = "{ rule: 'NET-001', because: 'They are elsewhere.' }"
    const { output } = await check(deployment(OUTSIDE, waivers(waiver, waiver)))
    expect(output).toContain('accepts nothing: another waiver accepts the same.')
  })

  it('of a rule that there is not is one, too, with the rule that was most likely meant', async () => {
    const { code, output } = await check(deployment(FINE, waivers("{ rule: 'NET-01', because: 'A slip.' }")))
    expect(output).toContain(
      'unknown-rule  A waiver names the rule "NET-01", which there is not. Did you mean NET-001?',
    )
    expect(code).toBe(1)
  })
})

describe('its format', () => {
  it('json has what each rule demands', async () => {
    const { code, output } = await check(deployment(OUTSIDE), '--format', 'json')
    expect(JSON.parse(output).findings).toMatchObject([
      {
        code: 'NET-001',
        subject: 'web1',
        demand: expect.stringMatching(/^Every host/),
        location: { line: 9, column: 11 },
      },
      { code: 'NET-001', subject: 'web2', location: { line: 10 } },
    ])
    expect(code).toBe(1)
  })

  it('json has what waivers accept where it is asked for', async () => {
    const waiver = "waivers: [{ rule: 'NET-001', of: 'web1', because: 'It is elsewhere.' }],"
    const { output } = await check(deployment(['192.0.3.11'], waiver), '--waived', '--format', 'json')
    expect(JSON.parse(output)).toEqual({
      findings: [],
      waived: [
        {
          deployment: 'small',
          code: 'NET-001',
          subject: 'web1',
          message: expect.stringContaining('192.0.3.11'),
          because: 'It is elsewhere.',
        },
      ],
    })
  })

  it('sarif describes the rules that were broken', async () => {
    const { output } = await check(deployment(OUTSIDE), '--format', 'sarif')
    const [run] = JSON.parse(output).runs
    expect(run.tool.driver.rules).toEqual([
      {
        id: 'NET-001',
        shortDescription: { text: expect.stringMatching(/^Every host/) },
        fullDescription: { text: expect.stringMatching(/\.$/) },
        help: { text: expect.stringMatching(/\nEvidence: /) },
        defaultConfiguration: { level: 'error' },
      },
    ])
    expect(run.results).toHaveLength(2)
  })

  it('github annotates the line', async () => {
    const { output } = await check(deployment(OUTSIDE), '--format', 'github')
    expect(output).toContain('::error file=inventory/small.ts,line=9,col=11,title=NET-001::web1 has')
  })
})

describe('--explain', () => {
  it('lists all rules, a line each', async () => {
    const { code, output } = await check(deployment(FINE), '--explain')
    expect(output).toMatch(/^rule +severity +demand\n/)
    expect(output).toMatch(/^NET-001 +error +Every host/m)
    expect(code).toBe(0)
  })

  it('is data for tools where they ask for it', async () => {
    const { output } = await check(deployment(FINE), '--explain', '--format', 'json')
    expect(JSON.parse(output).rules).toContainEqual({
      code: 'NET-001',
      severity: 'error',
      demand: expect.stringMatching(/^Every host/),
      reason: expect.any(String),
      evidence: expect.any(String),
      wayOut: expect.any(String),
      holds: [],
    })
    const { code, errors } = await check(deployment(FINE), '--explain', 'NET-001', '--format', 'sarif')
    expect(errors).toContain('Rules are explained to people and as JSON, and not as sarif.')
    expect(code).toBe(2)
  })

  it('prints the whole of a rule, in whatever case it is asked for', async () => {
    const { code, output } = await check(deployment(FINE), '--explain', 'net-001')
    expect(output).toMatch(
      /^NET-001 {2}error\n {2}Demand: .*\n {2}Reason: .*\n {2}Evidence: .*\n {2}Way out: .*\n$/,
    )
    expect(code).toBe(0)
  })
})

it('is what capacity prints of a deployment from which nothing follows', async () => {
  const { code, output } = await run(deployment(OUTSIDE), 'capacity', 'small')
  expect(output).toMatch(/^inventory\/small\.ts:9:11 {2}error {2}NET-001/)
  expect(output).toContain('2 errors; nothing can be computed.')
  expect(code).toBe(1)
})
