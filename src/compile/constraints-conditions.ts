import { jinjaLiteral, negatedTest, positiveTest, type Test, testsOf } from './constraints-test.ts'
import type { Declared, Shape } from './variables-shape.ts'

/**
 * How much Ansible has checked of a value before preflight, from the argument spec: everything it can, the type only
 * (an item of a list), or nothing (values of records, items of lists in lists).
 */
type Checked = 'entry' | 'type' | 'nothing'

/** Where values are: one value, or a Jinja expression for a list of them. `unless` are the reasons not to look. */
type Place =
  | { readonly many: false; readonly jinja: string; readonly unless: readonly string[] }
  | { readonly many: true; readonly jinja: string; readonly unless: readonly string[] }

/** Conditions on a variable, outermost first. */
export function conditionsOf(variable: string, declared: Declared): readonly string[] {
  const unless = [
    ...(declared.optional && !declared.hasDefault ? [`${variable} is not defined`] : []),
    ...(declared.nullable ? [`${variable} is none`] : []),
  ]
  // Ansible is not told that a variable which may be null is required.
  const defined =
    declared.nullable && !declared.optional && !declared.hasDefault ? [`${variable} is defined`] : []
  return [...defined, ...conditions({ many: false, jinja: variable, unless }, declared, 'entry')]
}

function conditions(place: Place, { shape, nullable }: Declared, checked: Checked): readonly string[] {
  const tests = testsOf(shape, { type: checked !== 'nothing', choices: checked !== 'nothing' && !nullable })
  return [...tests.map((test) => condition(place, test)), ...inside(place, shape, checked)]
}

function condition(place: Place, test: Test): string {
  const holds = place.many
    ? `${place.jinja}${negatedTest(test)} | list | length == 0`
    : positiveTest(place.jinja, test)
  return [...place.unless, holds].join(' or ')
}

function inside(place: Place, shape: Shape, checked: Checked): readonly string[] {
  switch (shape.kind) {
    case 'list': {
      const { item } = shape
      const items = withoutNull(place.many ? pipe(place, 'flatten(levels=1)') : toMany(place, ''), item)
      return conditions(items, item, checkedItem(item, checked))
    }
    case 'record': {
      const keys = place.many ? pipe(place, "map('list')", 'flatten(levels=1)') : toMany(place, ' | list')
      const items = place.many
        ? pipe(place, "map('dict2items')", 'flatten(levels=1)')
        : toMany(place, ' | dict2items')
      const values = withoutNull(pipe(items, "map(attribute='value')"), shape.value)
      return [
        ...testsOf(shape.key, { type: true, choices: false }).map((test) => condition(keys, test)),
        ...conditions(values, shape.value, 'nothing'),
      ]
    }
    case 'dict': {
      const fields = checked === 'entry' && !shape.open ? 'entry' : 'nothing'
      return [
        ...(fields === 'nothing' ? [...missingFields(place, shape), ...unknownFields(place, shape)] : []),
        ...[...shape.fields].flatMap(([name, field]) =>
          conditions(fieldPlace(place, name, field), field, fields),
        ),
      ]
    }
    default:
      return []
  }
}

/** The argument spec goes on inside dicts that are items, and says only a type of all other items. */
function checkedItem(item: Declared, list: Checked): Checked {
  if (list !== 'entry' || item.nullable) return 'nothing'
  return item.shape.kind === 'dict' ? 'entry' : 'type'
}

function missingFields(place: Place, shape: Extract<Shape, { kind: 'dict' }>): readonly string[] {
  return [...shape.fields]
    .filter(([, field]) => !field.optional && !field.hasDefault)
    .map(([name]) =>
      place.many
        ? condition(place, { bad: ` | rejectattr('${name}', 'defined')`, good: () => '' })
        : [...place.unless, `${place.jinja}.${name} is defined`].join(' or '),
    )
}

function unknownFields(place: Place, shape: Extract<Shape, { kind: 'dict' }>): readonly string[] {
  if (shape.open) return []
  const keys = place.many ? pipe(place, "map('list')", 'flatten(levels=1)') : toMany(place, ' | list')
  const names = jinjaLiteral([...shape.fields.keys()])
  return [condition(keys, { bad: ` | difference(${names})`, good: () => '' })]
}

function fieldPlace(place: Place, name: string, field: Declared): Place {
  const maybeMissing = field.optional || field.hasDefault
  if (!place.many) {
    const jinja = `${place.jinja}.${name}`
    const unless = [
      ...place.unless,
      ...(maybeMissing ? [`${jinja} is not defined`] : []),
      ...(field.nullable ? [`${jinja} is none`] : []),
    ]
    return { many: false, jinja, unless }
  }
  const having = maybeMissing ? pipe(place, `selectattr('${name}', 'defined')`) : place
  return withoutNull(pipe(having, `map(attribute='${name}')`), field)
}

const pipe = (place: Place, ...filters: readonly string[]): Place => ({
  ...place,
  jinja: [place.jinja, ...filters].join(' | '),
})
const toMany = (place: Place, filter: string): Place => ({
  many: true,
  jinja: `${place.jinja}${filter}`,
  unless: place.unless,
})
const withoutNull = (place: Place, declared: Declared): Place =>
  declared.nullable ? pipe(place, "reject('none')") : place
