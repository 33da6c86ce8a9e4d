import { describe, expect, it } from 'vitest'
import { formatFindings } from '../../src/cli/report.ts'
import type { Finding } from '../../src/finding.ts'

const FINDINGS: readonly Finding[] = [
  {
    code: 'undeclared-variable',
    severity: 'error',
    message: 'keepalived_instnces is not a variable of this role.',
    hint: 'Declared: keepalived_instances.',
    location: { file: 'roles-src/keepalived/templates/keepalived.conf.j2', line: 12, column: 21 },
  },
  {
    code: 'unknown-option',
    severity: 'error',
    message: 'template has no option "validat". Did you mean "validate"?',
    location: { file: 'roles-src/keepalived/role.ts', line: 31, column: 9 },
  },
  {
    code: 'unused-variable',
    severity: 'warning',
    message: '100% of a,b: unused\r\nreally',
    hint: 'Remove it.',
    location: { file: 'roles-src/keepalived/role.ts', line: 4, column: 10 },
  },
  { code: 'no-deployment', severity: 'error', message: 'There is no deployment.' },
]

describe('findings', () => {
  it('as text are a line each, sorted by place, with the hint below', () => {
    expect(formatFindings(FINDINGS, 'text', { color: false })).toBe(
      `error  no-deployment  There is no deployment.
roles-src/keepalived/role.ts:4:10  warning  unused-variable  100% of a,b: unused really
  Remove it.
roles-src/keepalived/role.ts:31:9  error  unknown-option  template has no option "validat". Did you mean "validate"?
roles-src/keepalived/templates/keepalived.conf.j2:12:21  error  undeclared-variable  keepalived_instnces is not a variable of this role.
  Declared: keepalived_instances.
`,
    )
  })

  it('as text name what a waiver would say, where the message does not', () => {
    const finding = {
      code: 'OPS-006',
      severity: 'warning',
      subject: 'packages',
      hint: 'Name mirrors.',
    } as const
    const text = (message: string) => formatFindings([{ ...finding, message }], 'text', { color: false })
    expect(text('Hosts ask the internet.')).toBe(
      "warning  OPS-006  Hosts ask the internet.\n  Name mirrors. A waiver of this case says of: 'packages'.\n",
    )
    expect(text('Nobody names packages.')).toBe('warning  OPS-006  Nobody names packages.\n  Name mirrors.\n')
  })

  it('as text have colours where they are wanted, and only then', () => {
    const colored = formatFindings(FINDINGS, 'text', { color: true })
    expect(colored).toContain('\u001b[31merror\u001b[39m')
    expect(colored).toContain('\u001b[33mwarning\u001b[39m')
    expect(formatFindings(FINDINGS, 'text', { color: false })).not.toContain('\u001b')
  })

  it('as text cannot steer a terminal', () => {
    const finding: Finding = { code: 'x', severity: 'error', message: 'a\u001b[2Jb\nc' }
    expect(formatFindings([finding], 'text', { color: false })).toBe('error  x  a [2Jb c\n')
  })

  it('as JSON are themselves, sorted, a line each', () => {
    const json = formatFindings(FINDINGS, 'json', { color: true })
    expect(JSON.parse(json)).toEqual({ findings: [FINDINGS[3], FINDINGS[2], FINDINGS[1], FINDINGS[0]] })
    expect(json.trimEnd().split('\n')).toHaveLength(FINDINGS.length + 2)
  })

  it('as workflow commands of GitHub are escaped', () => {
    expect(formatFindings(FINDINGS, 'github', { color: true }).split('\n').slice(0, 2)).toEqual([
      '::error title=no-deployment::There is no deployment.',
      '::warning file=roles-src/keepalived/role.ts,line=4,col=10,title=unused-variable::100%25 of a,b: unused%0D%0Areally%0ARemove it.',
    ])
    const odd: Finding = {
      code: 'x',
      severity: 'error',
      message: 'm',
      location: { file: 'a,b:c%.ts', line: 1, column: 1 },
    }
    expect(formatFindings([odd], 'github', { color: false })).toBe(
      '::error file=a%2Cb%3Ac%25.ts,line=1,col=1,title=x::m\n',
    )
  })

  it('as SARIF refer to the rule by its code and to the file by its address', () => {
    const odd: Finding = {
      code: 'x',
      severity: 'warning',
      message: 'm',
      hint: 'h',
      location: { file: 'a b/ü#1.ts', line: 2, column: 3 },
    }
    expect(JSON.parse(formatFindings([odd, FINDINGS[3]!], 'sarif', { color: false }))).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'rolewright', rules: [{ id: 'no-deployment' }, { id: 'x' }] } },
          columnKind: 'utf16CodeUnits',
          results: [
            {
              ruleId: 'no-deployment',
              ruleIndex: 0,
              level: 'error',
              message: { text: 'There is no deployment.' },
            },
            {
              ruleId: 'x',
              ruleIndex: 1,
              level: 'warning',
              message: { text: 'm\nh' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b/%C3%BC%231.ts' },
                    region: { startLine: 2, startColumn: 3 },
                  },
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('of rules bring what the rule says to tools', () => {
    const finding: Finding = { code: 'NET-001', severity: 'error', message: 'web1 is elsewhere.' }
    const rule = {
      code: 'NET-001',
      severity: 'error',
      demand: 'Hosts are in networks.',
      reason: 'Gateways follow.',
      evidence: 'RFC 950.',
      wayOut: 'Move it.',
    } as const
    const options = { color: false, rules: [rule] }
    expect(JSON.parse(formatFindings([finding], 'json', options)).findings).toEqual([
      { ...finding, demand: 'Hosts are in networks.' },
    ])
    expect(
      JSON.parse(formatFindings([finding, FINDINGS[3]!], 'sarif', options)).runs[0].tool.driver.rules,
    ).toEqual([
      {
        id: 'NET-001',
        shortDescription: { text: 'Hosts are in networks.' },
        fullDescription: { text: 'Gateways follow.' },
        help: { text: 'Move it.\nEvidence: RFC 950.' },
        defaultConfiguration: { level: 'error' },
      },
      { id: 'no-deployment' },
    ])
  })

  it('that are none are no text, and an empty list for tools', () => {
    expect(formatFindings([], 'text', { color: true })).toBe('')
    expect(formatFindings([], 'github', { color: true })).toBe('')
    expect(JSON.parse(formatFindings([], 'json', { color: true }))).toEqual({ findings: [] })
    expect(JSON.parse(formatFindings([], 'sarif', { color: true }))).toMatchObject({
      runs: [{ results: [] }],
    })
  })

  it('do not depend on the order they come in', () => {
    for (const format of ['text', 'json', 'sarif', 'github'] as const)
      expect(formatFindings([...FINDINGS].reverse(), format, { color: false })).toBe(
        formatFindings(FINDINGS, format, { color: false }),
      )
  })
})
