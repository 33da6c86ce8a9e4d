import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { allFields, checkValue, describeVariables, fieldInfo, itemInfo } from '../../src/compile/variables.ts'
import { toPython } from '../../src/compile/variables-regex.ts'
import { expr } from '../../src/dsl/expr.ts'
import { secret, type VariableShape } from '../../src/dsl/variable.ts'

const KEEPALIVED = {
  instances: z
    .array(
      z.object({
        vip: z.ipv4().describe('Virtual IP, without a prefix length.'),
        interface: z.string().default('eth0').describe('Interface that carries the virtual IP.'),
        router_id: z.int().min(1).max(255).describe('VRRP router id, unique in the segment.'),
        password: secret(z.string().min(8)).describe('Shared by the hosts of the virtual IP.'),
      }),
    )
    .describe('One entry per virtual IP.'),
  advert_interval: z.number().min(0.1).default(1).describe('Seconds between adverts.'),
  state: z.enum(['MASTER', 'BACKUP']).optional().describe('State at the start.'),
} satisfies VariableShape

const describeOne = (schema: z.ZodType) => {
  const { variables, problems } = describeVariables('r', { x: schema.describe('A value.') })
  return { info: variables[0]!, codes: problems.map((p) => p.code) }
}
const codes = (shape: VariableShape) =>
  describeVariables('r', shape).problems.map((p) => `${p.code} ${p.variable}`)

describe('describeVariables', () => {
  const { variables, problems } = describeVariables('keepalived', KEEPALIVED)

  it('finds nothing wrong with good declarations', () => {
    expect(problems).toEqual([])
  })
  it('writes the argument spec', () => {
    expect(Object.fromEntries(variables.map((v) => [v.fullName, v.argumentSpec]))).toEqual({
      keepalived_instances: {
        description: 'One entry per virtual IP.',
        type: 'list',
        elements: 'dict',
        required: true,
        options: {
          vip: {
            description: ['Virtual IP, without a prefix length.', 'IPv4 address.'],
            type: 'str',
            required: true,
          },
          interface: { description: 'Interface that carries the virtual IP.', type: 'str', default: 'eth0' },
          router_id: {
            description: ['VRRP router id, unique in the segment.', '1 to 255.'],
            type: 'int',
            required: true,
          },
          password: {
            description: ['Shared by the hosts of the virtual IP.', 'At least 8 characters.'],
            type: 'str',
            required: true,
            no_log: true,
          },
        },
      },
      keepalived_advert_interval: {
        description: ['Seconds between adverts.', 'At least 0.1.'],
        type: 'float',
        default: 1,
      },
      keepalived_state: { description: 'State at the start.', type: 'str', choices: ['MASTER', 'BACKUP'] },
    })
  })
  it('names fields by their whole path', () => {
    expect(variables.flatMap(allFields).map((f) => [f.fullName, f.constraint, f.required, f.secret])).toEqual(
      [
        ['keepalived_instances[].vip', 'IPv4 address', true, false],
        ['keepalived_instances[].interface', '', false, false],
        ['keepalived_instances[].router_id', '1 to 255', true, false],
        ['keepalived_instances[].password', 'at least 8 characters', true, true],
      ],
    )
  })
  it('tells where secrets are inside', () => {
    expect(variables.map((v) => [v.secret, v.secretFields])).toEqual([
      [true, [['*', 'password']]],
      [false, []],
      [false, []],
    ])
  })
  it('tells what is required and what has a default', () => {
    expect(variables.map((v) => [v.name, v.required, 'default' in v ? v.default : 'none'])).toEqual([
      ['instances', true, 'none'],
      ['advert_interval', false, 1],
      ['state', false, 'none'],
    ])
  })
  it('fills in the defaults of fields where a default is parsed', () => {
    expect(describeOne(z.object({ a: z.int().default(2) }).prefault({})).info.default).toEqual({ a: 2 })
  })
})

describe('types and constraints', () => {
  const cases: readonly (readonly [z.ZodType, string, string, string])[] = [
    [z.string(), 'str', 'string', ''],
    [z.string().min(1), 'str', 'string', 'not empty'],
    [z.string().min(2).max(4), 'str', 'string', '2 to 4 characters'],
    [z.string().regex(/^a+$/), 'str', 'string', 'matching ^a+$'],
    [z.string().startsWith('/'), 'path', 'string', 'starting with /'],
    [z.string().ipv4(), 'str', 'string', 'IPv4 address'],
    [z.int(), 'int', 'number', ''],
    [z.number().int().positive(), 'int', 'number', 'more than 0'],
    [z.uint32(), 'int', 'number', '0 to 4294967295'],
    [z.number().multipleOf(4).max(8), 'float', 'number', 'at most 8, a multiple of 4'],
    [z.boolean(), 'bool', 'boolean', ''],
    [z.literal(['a', 2]), 'raw', 'unknown', 'one of a, 2'],
    [z.union([z.literal(1), z.literal(2)]), 'int', 'number', 'one of 1, 2'],
    [z.array(z.int().max(3)).min(1), 'list', 'list', 'not empty, each at most 3'],
    [z.record(z.string(), z.int()), 'dict', 'dict', ''],
    [z.union([z.ipv4(), z.hostname()]), 'str', 'string', 'IPv4 address or host name'],
    [z.union([z.string(), z.boolean()]), 'raw', 'unknown', 'text or true or false'],
    [z.unknown(), 'raw', 'unknown', ''],
    [z.string().nullable().optional(), 'str', 'string', ''],
  ]
  for (const [schema, type, valueType, constraint] of cases)
    it(`${constraint || valueType} is ${type}`, () => {
      const { info, codes } = describeOne(schema)
      expect([info.ansibleType, info.valueType, info.constraint, codes]).toEqual([
        type,
        valueType,
        constraint,
        [],
      ])
    })
})

describe('problems', () => {
  it('of names', () => {
    const ok = z.string().describe('A value.')
    expect(codes({ 'a-b': ok, Upper: ok, class: ok, r_x: ok, good: ok })).toEqual([
      'variable-name a-b',
      'variable-name Upper',
      'variable-name class',
      'variable-name r_x',
    ])
    expect(codes({ a: z.object({ items: ok, 'x.y': ok }).describe('A value.') })).toEqual([
      'variable-name a',
      'variable-name a',
    ])
  })
  it('of descriptions, in fields too', () => {
    expect(codes({ a: z.string(), b: z.array(z.object({ c: z.string() })).describe('B.') })).toEqual([
      'variable-without-description a',
      'variable-without-description b',
    ])
  })
  it('of secrets with a default, wherever it is written', () => {
    const password = secret(z.string()).describe('P.')
    const list = z.array(z.object({ password })).describe('L.')
    expect(describeOne(secret(z.string()).default('x')).codes).toEqual(['secret-with-default'])
    expect(describeOne(secret(z.string().default('x'))).codes).toEqual(['secret-with-default'])
    expect(describeOne(list.default([{ password: 'x' }])).codes).toEqual(['secret-with-default'])
    expect(describeOne(list.default([])).codes).toEqual([])
    expect(describeOne(z.object({ password: password.default('x') })).codes).toEqual(['secret-with-default'])
    expect(describeOne(secret(z.string()).optional()).codes).toEqual([])
  })
  it('of defaults that the declaration itself refuses', () => {
    expect(describeOne(z.int().min(5).default(1)).codes).toEqual(['invalid-default'])
  })
  for (const [name, schema] of Object.entries({
    date: z.date(),
    transform: z.string().transform(Number),
    trim: z.string().trim(),
    coerce: z.coerce.number(),
    tuple: z.tuple([z.string()]),
    'union of dicts': z.union([
      z.object({ a: z.int().describe('A.') }),
      z.object({ b: z.int().describe('B.') }),
    ]),
    'fraction of multiples': z.number().multipleOf(0.1),
    'pattern that looks behind': z.string().regex(/(?<=a+)b/),
    'inside a list': z.array(z.bigint()),
  }))
    it(`of types that Ansible does not have: ${name}`, () => {
      expect(describeOne(schema).codes).toEqual(['unsupported-variable-type'])
    })
})

describe('fieldInfo and itemInfo', () => {
  const item = itemInfo(KEEPALIVED.instances)!
  it('know fields, items and what they are', () => {
    expect([item.type, item.secret]).toEqual(['dict', true])
    expect(fieldInfo(item.schema, 'router_id')).toMatchObject({
      type: 'number',
      secret: false,
      optional: false,
    })
    expect(fieldInfo(item.schema, 'interface')).toMatchObject({ type: 'string', optional: true })
    expect(fieldInfo(item.schema, 'password')).toMatchObject({ secret: true })
    expect(fieldInfo(item.schema, 'rooter_id')).toBeUndefined()
    expect(fieldInfo(z.string(), 'x')).toBeUndefined()
    expect(itemInfo(z.string())).toBeUndefined()
  })
  it('take any key of records and unknown values', () => {
    expect(fieldInfo(z.record(z.string(), z.int()), 'x')?.type).toBe('number')
    expect(fieldInfo(z.unknown(), 'x')?.type).toBe('unknown')
    expect(fieldInfo(z.record(z.enum(['a']), z.int()), 'x')).toBeUndefined()
  })
  it('keep what a secret holds secret, at every depth', () => {
    const outer = fieldInfo(secret(z.object({ a: z.object({ b: z.string() }) })), 'a')!
    expect([outer.secret, fieldInfo(outer.schema, 'b')?.secret]).toEqual([true, true])
  })
})

describe('checkValue', () => {
  const { variables } = describeVariables('keepalived', KEEPALIVED)
  const instances = variables[0]!
  const good = { vip: '10.0.0.1', router_id: 1, password: 'long enough' }
  const messages = (value: unknown) => checkValue(instances, value).map((p) => p.message)

  it('takes what the declaration takes', () => {
    expect(messages([good])).toEqual([])
  })
  it('names the field, and shows what it is', () => {
    expect(messages([{ ...good, router_id: 300 }])).toEqual([
      'keepalived_instances[0].router_id must be a whole number (1 to 255); it is 300.',
    ])
    expect(messages('x')).toEqual(['keepalived_instances must be a list; it is "x".'])
    expect(checkValue(instances, [{ ...good, vip: 'x' }])[0]?.path).toEqual([0, 'vip'])
  })
  it('never shows a secret', () => {
    expect(messages([{ ...good, password: 'hunter2' }])).toEqual([
      'keepalived_instances[0].password must be text (at least 8 characters).',
    ])
  })
  it('tells what is missing and what was never declared', () => {
    expect(messages(undefined)).toEqual(['keepalived_instances is missing.'])
    const { vip: _, ...rest } = good
    expect(messages([{ ...rest, vup: '10.0.0.1' }])).toEqual([
      'keepalived_instances[0] has no field "vup". Did you mean "vip"?',
      'keepalived_instances[0].vip is missing.',
    ])
  })
  it('takes an expression for whatever is declared', () => {
    const anything = expr<never>({ kind: 'name', name: 'x', origin: 'inventory' })
    expect(messages(anything)).toEqual([])
    expect(messages([anything, { ...good, password: anything, router_id: 0 }])).toEqual([
      'keepalived_instances[1].router_id must be a whole number (1 to 255); it is 0.',
    ])
  })
  it("keeps an author's own words", () => {
    const schema = z.array(z.int()).refine((ids) => new Set(ids).size === ids.length, 'Ids must be unique.')
    expect(checkValue({ schema, fullName: 'r_ids' }, [1, 1]).map((p) => p.message)).toEqual([
      'r_ids: Ids must be unique.',
    ])
  })
})

describe('toPython', () => {
  const cases: readonly (readonly [RegExp, string])[] = [
    [/^a\.b$/, '^a[.]b\\Z'],
    [/^\d{2,}\w[\d.]$/, '^[0-9]{2,}[a-zA-Z0-9_][0-9.]\\Z'],
    [/(?<year>\d+)-\k<year>/, '(?P<year>[0-9]+)-(?P=year)'],
    [/^a$/m, '(?m)^a$'],
    [/\bx\b/, '(?a)\\bx\\b'],
    [/^[[&&]\/{x$/, '^[\\[\\&&]/[{]x\\Z'],
  ]
  for (const [js, python] of cases)
    it(`${js}`, () => {
      expect(toPython(js)).toEqual({ pattern: python })
    })
  it('says what Python cannot do', () => {
    expect(toPython(/\p{L}/u)).toHaveProperty('reason')
    expect(toPython(/(?<!a)b/)).toHaveProperty('reason')
  })
})
