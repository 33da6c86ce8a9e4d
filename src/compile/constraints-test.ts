import type { Pattern } from './variables-pattern.ts'
import type { Bound, Choice, Length, Shape } from './variables-shape.ts'

/** One demand, in the two forms that Jinja has: of one value that it holds, of a list the filters that leave the bad ones. */
export interface Test {
  /** Filters that leave of a list what does not meet it: ` | select('<', 1)`. */
  readonly bad: string
  /** A condition that holds for a value that meets it. */
  readonly good: (value: string) => string
}

export const negatedTest = (test: Test) => test.bad
export const positiveTest = (value: string, test: Test) => test.good(value)

/** What has been checked already and is not tested again. */
interface Known {
  readonly type: boolean
  readonly choices: boolean
}

/** The demands of a shape on the value itself, the type first where it is not known. */
export function testsOf(shape: Shape, known: Known): readonly Test[] {
  const type = known.type ? [] : typeTests(shape)
  switch (shape.kind) {
    case 'string':
      // Ansible takes a number where text is declared, and hands it on as a number.
      return [...type, ...lengthTests(shape.length, ['string', 'length']), ...shape.patterns.map(patternTest)]
    case 'number':
      return [...type, ...numberTests(shape, known.type ? (shape.integer ? 'int' : 'float') : undefined)]
    case 'choice':
      return known.choices ? [] : [choiceTest(shape.values)]
    case 'list':
      return [...type, ...lengthTests(shape.length, ['length'])]
    case 'alternatives':
      return alternativeTests(shape.options)
    default:
      return type
  }
}

const is = (test: string): Test => ({
  bad: ` | reject('${test}')`,
  good: (value) => `${value} is ${test}`,
})
const isNot = (test: string): Test => ({
  bad: ` | select('${test}')`,
  good: (value) => `${value} is not ${test}`,
})

function typeTests(shape: Shape): readonly Test[] {
  switch (shape.kind) {
    case 'string':
      return [is('string')]
    case 'number':
      // Python's booleans are numbers, though not Jinja's integers.
      return shape.integer ? [is('integer')] : [is('number'), isNot('boolean')]
    case 'boolean':
      return [is('boolean')]
    case 'list':
      // Text and dicts are sequences to Jinja.
      return [is('sequence'), isNot('string'), isNot('mapping')]
    case 'dict':
    case 'record':
      return [is('mapping')]
    default:
      return []
  }
}

/** A comparison of the value behind some filters. */
function compare(filters: readonly string[], good: string, bad: string, limit: number): Test {
  const mapped = filters.map((filter) => ` | map('${filter}')`).join('')
  return {
    bad: `${mapped} | select('${bad}', ${limit})`,
    good: (value) => `${[value, ...filters].join(' | ')} ${good} ${limit}`,
  }
}

function lengthTests({ minimum, maximum }: Length, filters: readonly string[]): readonly Test[] {
  if (minimum !== undefined && minimum === maximum) return [compare(filters, '==', '!=', minimum)]
  return [
    ...(minimum === undefined ? [] : [compare(filters, '>=', '<', minimum)]),
    ...(maximum === undefined ? [] : [compare(filters, '<=', '>', maximum)]),
  ]
}

/** `filter`: numbers that came as text, such as those of `--extra-vars`, are compared as the numbers they stand for. */
function numberTests(
  shape: { readonly minimum?: Bound; readonly maximum?: Bound; readonly multipleOf?: number },
  filter: string | undefined,
): readonly Test[] {
  const filters = filter === undefined ? [] : [filter]
  const { minimum, maximum, multipleOf } = shape
  const mapped = filters.map((name) => ` | map('${name}')`).join('')
  return [
    ...(minimum
      ? [compare(filters, minimum.inclusive ? '>=' : '>', minimum.inclusive ? '<' : '<=', minimum.value)]
      : []),
    ...(maximum
      ? [compare(filters, maximum.inclusive ? '<=' : '<', maximum.inclusive ? '>' : '>=', maximum.value)]
      : []),
    ...(multipleOf === undefined
      ? []
      : [
          {
            bad: `${mapped} | reject('divisibleby', ${multipleOf})`,
            good: (value: string) => `${[value, ...filters].join(' | ')} is divisibleby(${multipleOf})`,
          },
        ]),
  ]
}

function patternTest({ test, python, ignoreCase }: Pattern): Test {
  const args = `${jinjaLiteral(python)}${ignoreCase ? ', ignorecase=true' : ''}`
  return {
    bad: ` | reject('${test}', ${args})`,
    good: (value) => `${value} is ${test}(${args})`,
  }
}

const choiceTest = (values: readonly Choice[]): Test => ({
  bad: ` | reject('in', ${jinjaLiteral(values)})`,
  good: (value) => `${value} in ${jinjaLiteral(values)}`,
})

/** A value is good when one alternative takes it: the bad ones are what all of them leave. */
function alternativeTests(options: readonly Shape[]): readonly Test[] {
  const tests = options.map(alternative)
  const boolean = options.some((option) => option.kind === 'boolean')
  const number = options.some((option) => option.kind === 'number' && !option.integer)
  return [
    {
      bad: tests.map((test) => test.bad).join(''),
      good: (value) => tests.map((test) => test.good(value)).join(' or '),
    },
    ...(number && !boolean ? [isNot('boolean')] : []),
  ]
}

function alternative(shape: Shape): Test {
  if (shape.kind === 'choice') return choiceTest(shape.values)
  if (shape.kind === 'string' && shape.patterns[0]) return patternTest(shape.patterns[0])
  // Every alternative that is not a choice or a pattern has a type to test for.
  return typeTests(shape)[0] ?? is('defined')
}

/** A literal in Jinja, spaced as ansible-lint's jinja[spacing] wants it. */
export function jinjaLiteral(value: Choice | readonly Choice[]): string {
  if (typeof value === 'object') return `[${value.map((item) => jinjaLiteral(item)).join(', ')}]`
  if (typeof value !== 'string') return String(value)
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}
