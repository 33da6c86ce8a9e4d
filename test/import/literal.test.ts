import { expect, it } from 'vitest'
import { literal, quote } from '../../src/import/literal.ts'

it('quotes as the formatter does', () => {
  expect(quote('plain')).toBe("'plain'")
  expect(quote("it's")).toBe('"it\'s"')
  expect(quote('"it\'s"')).toBe("'\"it\\'s\"'")
  expect(quote('a\nb')).toBe("'a\\nb'")
})

it('keeps short values on a line, and lists of groups never', () => {
  expect(literal({ type: 'str', 'free-form': true }, 0, 0)).toBe("{ type: 'str', 'free-form': true }")
  expect(literal([['a', 'b']], 0, 0)).toBe("[['a', 'b']]")
  expect(
    literal(
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      0,
      0,
    ),
  ).toBe("[\n  ['a', 'b'],\n  ['c', 'd'],\n]")
  expect(literal(['a', 'b'], 0, 105)).toBe("[\n  'a',\n  'b',\n]")
  expect(literal({ a: {}, b: 1 }, 0, 0, 2)).toBe('{\n  a: {},\n  b: 1,\n}')
})
