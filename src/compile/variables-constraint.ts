import type { Bound, Length, Shape } from './variables-shape.ts'

/** What a value has to meet beyond its type, for people; empty where any value will do. */
export function constraintText(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return joined([...shape.patterns.map((p) => p.label), lengthText(shape.length, 'character')])
    case 'number':
      return joined([
        rangeText(shape.minimum, shape.maximum),
        shape.multipleOf === undefined ? '' : `a multiple of ${shape.multipleOf}`,
      ])
    case 'choice':
      return shape.values.length === 1
        ? `only ${shape.values[0]}`
        : `one of ${shape.values.map((value) => (value === '' ? 'nothing' : value)).join(', ')}`
    case 'list':
      return joined([lengthText(shape.length, 'item'), each('each', constraintText(shape.item.shape))])
    case 'record':
      return joined([
        each('keys', constraintText(shape.key)),
        each('each', constraintText(shape.value.shape)),
      ])
    case 'alternatives':
      return shape.options.map((option) => constraintText(option) || typeText(option)).join(' or ')
    default:
      return ''
  }
}

/** A type for people. */
export function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return 'text'
    case 'number':
      return shape.integer ? 'a whole number' : 'a number'
    case 'boolean':
      return 'true or false'
    case 'list':
      return 'a list'
    case 'dict':
    case 'record':
      return 'a dictionary'
    case 'choice':
    case 'alternatives':
      return constraintText(shape)
    default:
      return 'any value'
  }
}

const joined = (parts: readonly string[]) => parts.filter((part) => part !== '').join(', ')
const each = (word: string, text: string) => (text === '' ? '' : `${word} ${text}`)

export function rangeText(minimum: Bound | undefined, maximum: Bound | undefined): string {
  if (minimum?.inclusive && maximum?.inclusive) return `${minimum.value} to ${maximum.value}`
  return joined([
    minimum ? `${minimum.inclusive ? 'at least' : 'more than'} ${minimum.value}` : '',
    maximum ? `${maximum.inclusive ? 'at most' : 'less than'} ${maximum.value}` : '',
  ])
}

export function lengthText({ minimum, maximum }: Length, unit: string): string {
  const count = (n: number) => `${n} ${unit}${n === 1 ? '' : 's'}`
  if (minimum !== undefined && minimum === maximum) return `exactly ${count(minimum)}`
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${count(maximum)}`
  if (minimum === 1) return 'not empty'
  if (minimum !== undefined) return `at least ${count(minimum)}`
  return maximum === undefined ? '' : `at most ${count(maximum)}`
}
