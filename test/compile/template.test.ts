import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanExpression, scanTemplate } from '../../src/compile/template.ts'
import { askJinja } from './jinja.ts'

/** Another seed looks at other templates: `FUZZ_SEED=7 npx vitest run test/compile`. */
const SEED = Number(process.env.FUZZ_SEED ?? 1)

/** More take longer: `FUZZ_RUNS=5000 npx vitest run test/compile --testTimeout=300000`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 400)

const HANDWRITTEN = [
  '',
  'text only }} %} #}',
  '{{ a }}',
  '{{- a -}} {%- if b -%} {{+ c }} {%+ endif -%}',
  '{# {{ a }} {% if %} #}{{ b }}',
  '{% raw %}{{ a }}{% if %}{% endraw %}{{ b }}',
  '{%- raw -%}{{ a }}{%- endraw -%}{{ b }}',
  '{{ "}}" ~ a ~ \'%}\' }}',
  '{{ "it\\"s" ~ \'it\\\'s\' ~ a }}',
  '{{ a.b.c["d"][0].e }}',
  '{{ a.0.1 }}{{ a[1.5] }}{{ 1_000 + 0x1f + 1e3 + 1.5e-3 }}',
  '{{ a[b:c:d] }}{{ a[:] }}{{ a[::2] }}{{ a[1:] }}{{ a[b, c] }}',
  '{{ a if b else c }}{{ a if b }}',
  '{{ a | default(b, boolean=c) | map(attribute="x") | list }}',
  '{{ a | b.c(d) }}',
  '{{ a is defined }}{{ a is not none }}{{ a is divisibleby 3 }}{{ a is divisibleby(b) }}{{ a is sameas b }}',
  '{{ a is match("^x") and b is not search(c) or not d }}',
  '{{ a not in b }}{{ a in [b, c] }}{{ not a == b }}',
  '{{ {"a": b, c: d} }}{{ {} }}{{ [] }}{{ () }}{{ (a,) }}{{ a, b }}',
  '{{ {"a": {"b": c}}}}',
  '{{ a(d=e, *b, **c) }}{{ a()()["x"].y(z) }}',
  '{{ -a ** -b // c % d ~ e }}',
  '{{ "a" "b" }}{{ true }}{{ None }}{{ False }}',
  '{{ range(3) }}{{ lookup("env", a) }}{{ query("x") }}{{ now() }}{{ dict(a=b) }}{{ omit }}{{ lipsum }}',
  '{% for x in xs %}{{ x }}{{ loop.index }}{% endfor %}{{ x }}',
  '{% for x in xs if x.ok and y %}{{ x }}{% else %}{{ x }}{{ loop }}{% endfor %}',
  '{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}',
  '{% for (k, v), w in d %}{{ k }}{{ v }}{{ w }}{% endfor %}',
  '{% for x in xs recursive %}{{ loop(x.children) }}{% endfor %}',
  '{% for x in x %}{{ x }}{% endfor %}',
  '{% for x in a, b %}{{ x }}{% endfor %}',
  '{% for x in xs %}{% set y = x %}{% endfor %}{{ y }}',
  '{% set a = b %}{{ a }}{% set c, d = e %}{{ c }}{{ d }}',
  '{{ a }}{% set a = 1 %}{{ a }}',
  '{% set a = a %}{{ a }}',
  '{% set a %}{{ b }}{{ a }}{% set c = 1 %}{% endset %}{{ a }}{{ c }}',
  '{% set a | upper | replace("b", "c") %}x{% endset %}{{ a }}',
  '{% set ns = namespace(found=false) %}{% for x in xs %}{% set ns.found = x %}{% endfor %}{{ ns.found }}',
  '{% set ns.found = 1 %}',
  '{% for x in xs %}{{ later }}{% endfor %}{% set later = 1 %}',
  '{% if a %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}',
  '{% if a %}{% set x = 1 %}{% endif %}{{ x }}',
  '{% if a %}{% set x = 1 %}{% for y in ys %}{{ x }}{% endfor %}{% endif %}',
  '{% if a %}1{% elif b %}{{ c }}{% elif d %}{{ e }}{% else %}{{ f }}{% endif %}',
  '{% if a, b %}{% endif %}',
  '{% macro m(a, b=c, d=a) %}{{ a }}{{ b }}{{ d }}{{ e }}{{ varargs }}{{ kwargs }}{{ caller() }}{% endmacro %}{{ m(f) }}{{ a }}',
  '{{ m() }}{% macro m() %}{% endmacro %}',
  '{% macro m() %}{{ after }}{% endmacro %}{% set after = 1 %}',
  '{% call(u) m(v) %}{{ u }}{{ w }}{% endcall %}{{ u }}',
  '{% call m() %}{{ caller }}{% endcall %}',
  '{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}',
  '{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}',
  '{% filter upper | replace(a, "b") %}{{ c }}{% set d = 1 %}{% endfilter %}{{ d }}',
  '{% include "x.j2" %}{% include a ignore missing without context %}{% include ["x", b] %}',
  '{% import "x.j2" as x %}{{ x.y }}{% from "y.j2" import a as b, c with context %}{{ a }}{{ b }}{{ c }}',
  '{% autoescape a %}{{ b }}{% endautoescape %}',
  '{% print a, b %}',
  '{{ loop.index }}{{ caller }}{{ self }}',
  '{{ grün }}',
  'a\r\n{{ b }}\r\n{%\n  if\n  c\n%}{% endif %}',
  '{{ a.items }}{{ a["items"]() }}{{ a.not }}{{ a.in.is }}',
  '{{ foo(a=1, b=[c], d={"e": f}) }}',
  '{{ (a | length > 0) is true }}',
  '{{ a | length is divisibleby 2 }}',
  '{% for host in groups["all"] %}{{ hostvars[host].ansible_facts["default_ipv4"].address }}{% endfor %}',
  '{{ a[] }}',
  '{% if a: %}{% endif %}{% block x %}{{ b }}{% endblock x %}',
  // What Jinja refuses.
  '{% if a %}{% else b %}{% endif %}',
  '{% if a %}{% endif b %}',
  '{% call m() | upper %}{% endcall %}',
  '{% from "x" import %}',
  '{% set a, = b %}',
  '{{ a[b,] }}',
  '{% for a, in b %}{% endfor %}',
  '{{ }}',
  '{{ a',
  '{{ a }',
  '{% if a %}',
  '{% if a %}{% endfor %}',
  '{% for x in xs %}{% if a %}{% endfor %}',
  '{% endif %}',
  '{% else %}',
  '{% %}',
  '{% foo %}',
  '{% do a.append(b) %}',
  '{% break %}',
  '{# never closed',
  '{% raw %}{{ a }}',
  '{{ (a }}',
  '{{ a) }}',
  '{{ [a) }}',
  '{{ "a }}',
  '{{ a b }}',
  '{{ a is defined is none }}',
  '{{ a ? b }}',
  '{{ a = b }}',
  '{{ a + }}',
  '{{ not }}',
  '{{ a. }}',
  '{{ a | }}',
  '{{ {"a"} }}',
  '{% set = 1 %}',
  '{% set a.b.c = 1 %}',
  '{% set true = 1 %}',
  '{% for in xs %}{% endfor %}',
  '{% for x xs %}{% endfor %}',
  '{% macro (a) %}{% endmacro %}',
  '{% call a %}{% endcall %}',
  '{% macro m(a=1, b) %}{% endmacro %}',
  '{{ a(b=1, c) }}',
  '{{ a(*b, c) }}',
  '{{ a(**b, c=d) }}',
  '{% include %}',
  '{% import "x" %}',
  '{% if a %}{% else %}{% else %}{% endif %}',
  '{% if a %}{% else %}{% elif b %}{% endif %}',
  '{% endraw %}',
  '{{ a }}{% if a %}{{ b }',
]

const NAMES = ['a', 'b', 'c', 'd', 'items', 'loop', 'range']
const name = fc.constantFrom(...NAMES)
/** Jinja refuses to assign to `loop` in a loop. */
const target = fc.constantFrom(...NAMES.filter((n) => n !== 'loop'))

/** Templates by Jinja's grammar, so that most of them are accepted. */
const { template } = fc.letrec<{ expression: string; statement: string; template: string }>((tie) => {
  const e = tie('expression')
  const body = tie('template')
  const written = (...parts: readonly (string | fc.Arbitrary<string>)[]) =>
    fc
      .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
      .map((texts) => texts.join(''))
  const operator = fc.constantFrom('+', '-', '~', '==', '<', 'and', 'or', 'in', 'not in', '*', '//', '**')
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      name,
      fc.constantFrom('1', '1.5', '"s"', "'it\\'s'", 'true', 'none', '[]', '{}'),
      written(e, ' ', operator, ' ', e),
      written('(', e, ')'),
      written('not ', e),
      written('-', name),
      written(e, ' if ', e, ' else ', e),
      written(name, '.', name),
      written(name, '[', e, ']'),
      written(name, '[', e, ':', e, ']'),
      written(name, '(', e, ', ', name, '=', e, ')'),
      written('(', e, ') | ', name, '(', e, ')'),
      written(name, ' | default(', e, ', true)'),
      written(name, ' is ', fc.constantFrom('defined', 'not none', 'divisibleby 3', 'in(b)')),
      written('[', e, ', ', e, ']'),
      written('{"k": ', e, ', ', e, ': {', e, ': 1}}'),
    ),
    statement: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      written('{{ ', e, ' }}'),
      written('{%- set ', target, ' = ', e, ' %}'),
      written('{% set ', target, ', ', target, ' = ', e, ' -%}'),
      written('{% set ', target, ' %}', body, '{% endset %}'),
      written('{% set ', target, '.x = ', e, ' %}'),
      written('{% for ', target, ' in ', name, ' %}', body, '{% endfor %}'),
      written(
        '{% for ',
        name,
        ', ',
        name,
        ' in ',
        name,
        ' if ',
        name,
        ' %}',
        body,
        '{% else %}',
        body,
        '{% endfor %}',
      ),
      written('{% if ', name, ' %}', body, '{% endif %}'),
      written('{% if ', name, ' %}', body, '{% elif ', name, ' %}', body, '{% else %}', body, '{% endif %}'),
      written('{% macro m(', target, ') %}', body, '{% endmacro %}'),
      written('{% macro ', target, '(x=', e, ') %}', body, '{% endmacro %}'),
      written('{% call(', target, ') m(', e, ') %}', body, '{% endcall %}'),
      written('{% with ', target, ' = ', e, ' %}', body, '{% endwith %}'),
      written('{% filter replace(', e, ', "x") %}', body, '{% endfilter %}'),
      written('{# ', name, ' #}'),
      written('{% raw %}{{ ', name, ' {% endraw %}'),
      written('{% from "x" import ', target, ' %}'),
      fc.constantFrom('text', '\n', ' } { '),
    ),
    template: fc.array(tie('statement'), { maxLength: 4 }).map((parts) => parts.join('')),
  }
})

/** The same templates with a piece cut out, most of which Jinja refuses. */
const broken = fc.tuple(template, fc.nat(), fc.integer({ min: 1, max: 4 })).map(([text, at, length]) => {
  const start = text === '' ? 0 : at % text.length
  return text.slice(0, start) + text.slice(start + length)
})

const unique = (names: readonly string[]) => [...new Set(names)].sort()

/** Templates on which we and Jinja differ, each with both answers. */
function differences(templates: readonly string[]): readonly unknown[] {
  const answers = askJinja(templates)
  return templates.flatMap((text, i): readonly unknown[] => {
    const answer = answers[i] ?? {}
    const scan = scanTemplate(text)
    if (answer.error !== undefined || scan.problems.length > 0)
      return answer.error !== undefined && scan.problems.length > 0
        ? []
        : [{ text, jinja: answer, problems: scan.problems }]
    const ours = unique(scan.names.map((n) => n.name))
    const theirs = answer.undeclared ?? []
    const more = ours.filter((n) => !theirs.includes(n))
    const less = theirs.filter((n) => !ours.includes(n) && !answer.branched?.includes(n))
    return more.length + less.length === 0 ? [] : [{ text, ours, theirs }]
  })
}

describe('scanTemplate agrees with Jinja', () => {
  it('on templates written by hand', () => {
    expect(differences(HANDWRITTEN)).toEqual([])
  })
  it('on random templates', () => {
    expect(differences(fc.sample(template, { seed: SEED, numRuns: RUNS }))).toEqual([])
  })
  it('on random templates that are broken', () => {
    expect(differences(fc.sample(broken, { seed: SEED, numRuns: RUNS }))).toEqual([])
  })
})

const where = (text: string) =>
  scanTemplate(text).names.map((n) => `${[n.name, ...n.path].join('.')} ${n.line}:${n.column}`)

describe('scanTemplate', () => {
  it('says where each name is and what is behind it', () => {
    expect(where('x\n  {{ a.b["c"][0].d }}{{ a }}\n{% if e.f() %}{{ g[h].i }}{% endif %}')).toEqual([
      'a.b.c.0.d 2:6',
      'a 2:25',
      'e 3:7',
      'g 3:18',
      'h 3:20',
    ])
  })
  it('takes a name that only one branch sets for free behind it, and not inside', () => {
    expect(where('{% if a %}{% set x = 1 %}{{ x }}{% endif %}{{ x }}')).toEqual(['a 1:7', 'x 1:47'])
  })
  it('reads on behind a mistake', () => {
    const scan = scanTemplate('{{ a b }}\n{% if ( %}{{ c }}{% endif %}\n{% nothing %}{{ d }}')
    expect(scan.names.map((n) => n.name)).toEqual(['c', 'd'])
    expect(scan.problems).toEqual([
      { line: 1, column: 6, message: 'Expected the end, but found "b".' },
      { line: 2, column: 10, message: '"(" is closed by "}".' },
      { line: 3, column: 4, message: 'Ansible\'s Jinja has no tag "nothing".' },
    ])
  })
  it('tells where an unclosed block begins', () => {
    expect(scanTemplate('a\n  {% for x in y %}').problems).toEqual([
      { line: 2, column: 3, message: 'This for block is not closed: {% endfor %} is missing.' },
    ])
  })
  it('lists what it includes', () => {
    expect(scanTemplate('{% include "a.j2" %}{% import \'b.j2\' as b %}{% include c %}').includes).toEqual([
      'a.j2',
      'b.j2',
    ])
  })
  it("ignores Ansible's header, and refuses one that changes the delimiters", () => {
    expect(scanTemplate('#jinja2: trim_blocks:False, lstrip_blocks:True\n{{ a }}').problems).toEqual([])
    expect(scanTemplate('#jinja2: variable_start_string:"[%"\n').problems).toHaveLength(1)
  })
})

describe('scanExpression', () => {
  it('reads a bare expression', () => {
    expect(scanExpression("a.b is match('x') and c not in d").names.map((n) => n.name)).toEqual([
      'a',
      'c',
      'd',
    ])
  })
  it('reads text with expressions in it', () => {
    expect(scanExpression('/etc/{{ a }}/{{ b }}.conf').names.map((n) => n.name)).toEqual(['a', 'b'])
  })
  it('tells a mistake', () => {
    expect(scanExpression('a b').problems).toEqual([
      { line: 1, column: 3, message: 'Expected the end, but found "b".' },
    ])
  })
})
