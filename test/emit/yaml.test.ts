import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { COMMENT, type Data, type DataMap, findUnwritable, Unsafe } from '../../src/emit/data.ts'
import { emitList, emitMapping, emitValue } from '../../src/emit/yaml.ts'
import { askPyYaml, type Case } from './pyyaml.ts'

/** Another seed looks at other documents: `FUZZ_SEED=7 npx vitest run test/emit`. */
const SEED = Number(process.env.FUZZ_SEED ?? 1)

/** What YAML 1.1, PyYAML or Ansible take for something else than a string, and what their readers reject. */
const NASTY = [
  ...[
    '',
    ' ',
    '  ',
    '\n',
    '\n\n',
    ' \n',
    '\n ',
    '\t',
    '\t\n',
    '\r',
    '\r\n',
    'a\r\nb',
    'a\rb',
    'a\n',
    'a\n\n',
    '\na',
    ' a',
    'a ',
  ],
  ...[
    'y',
    'n',
    'Y',
    'N',
    'yes',
    'No',
    'ON',
    'off',
    'true',
    'False',
    'null',
    'Null',
    'NULL',
    '~',
    'none',
    'None',
    '=',
    '<<',
  ],
  ...[
    '0',
    '-0',
    '+1',
    '007',
    '0644',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '12:30',
    '190:20:30',
    '190:20:30.15',
    '1.',
    '.5',
    '.',
  ],
  ...[
    '1e3',
    '1e-7',
    '1.0e-7',
    '1.5e+300',
    '6.8523015e+5',
    '.inf',
    '-.Inf',
    '.NaN',
    'nan',
    'inf',
    'e5',
    '1,000',
    '-1',
    '- 1',
  ],
  ...[
    '2024-01-01',
    '2001-12-14t21:59:43.10-05:00',
    '2001-1-1 1:1:1',
    '10.0.3.10',
    '10.0.3.0/24',
    '1.2.3',
    '4.1',
    '16',
  ],
  ...[
    '-',
    '--',
    '---',
    '--- a',
    '...',
    '... a',
    '- a',
    '-a',
    '?',
    '? a',
    '?a',
    ':',
    ': a',
    ':a',
    'a:',
    'a: b',
    'a:b',
    'a :b',
  ],
  ...[
    '#',
    '# a',
    '#a',
    'a #b',
    'a# b',
    'a\n# b',
    '&a',
    '*a',
    '!a',
    '!!str a',
    '!unsafe a',
    '|',
    '|-',
    '>',
    '>-',
    '%',
    '%a',
    '@a',
    '`a',
  ],
  ...[
    '{',
    '}',
    '{}',
    '{a: b}',
    '[',
    ']',
    '[]',
    '[a, b]',
    ',',
    'a, b',
    'a[0]',
    '"',
    "'",
    '"a"',
    "'a'",
    'a"b',
    "a'b",
    `a'b"c`,
    '\\',
    'a\\b',
    '\\n',
    "\\'",
  ],
  ...[
    '{{ x }}',
    '{{ x }} a',
    'a {{ x }}',
    "{{ x | default('a') }}",
    '{{ x | default("a") }}',
    `{{ "a" ~ 'b' }}`,
    '{% if x %}a{% endif %}',
    '{# a #}',
  ],
  ...[
    '{{ x | regex_replace(\'\\\\d+\', "") }}',
    "x == 'y'",
    'x is defined and y',
    '(a or b) and c',
    '"a" in b',
    "{{ 'a\nb' }}",
  ],
  ...[
    '\u0000',
    '\u0007',
    '\u001b[0m',
    '\u007f',
    '\u0080',
    '\u0085',
    'a\u0085b',
    '\u00a0',
    'a\u00a0b',
    '\u00ad',
    '\u200b',
    '\u200d',
    '\u2028',
    'a\u2028b',
    '\u2029',
  ],
  ...[
    '\u202e',
    '\u2066',
    '\ufeff',
    'a\ufeffb',
    '\ufffd',
    '\ufffe',
    '\uffff',
    '\ue000',
    'ü',
    'Über',
    'naïve café',
    '日本語',
    '🙂',
    '👩‍👩‍👧',
    '\u{10ffff}',
    '\u{e0001}',
  ],
  ...[
    'a\n  b',
    '  a\nb',
    '\ta\nb',
    'a\n\tb',
    'a\n\n\nb',
    'a\n\n\n\nb',
    'a \nb',
    'a\n \nb',
    'a\n\n ',
    'a\n---\nb',
    'a\n...\nb',
    '%a\nb',
    'a\n%b',
    '#!/bin/sh\nset -e\n',
  ],
  ...[
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '/etc/hosts',
    '~/x',
    'http://a.b:80/c?d=e&f#g',
    'key=value',
    'a|b',
    'a>b',
    'u=rw,g=r',
  ],
]

const nasty = fc.constantFrom(...NASTY)
/** Code points whose kind matters to a YAML reader, more often than chance would bring them. */
const mixed = fc
  .array(
    fc.oneof(
      nasty,
      fc.constantFrom(' ', '\n', '  ', 'a', 'word', '"', "'", '\\', '{{ x }}', '#', ':'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
const words = fc.array(
  fc.oneof(
    fc.constantFrom('a', 'the', 'primary', '#', '-', ':', "'x'", '{{ y }}', '…', '12:30', '|', '%', '---'),
    fc.string({ unit: fc.constantFrom('e', 't', '"', '\\', '🙂'), minLength: 1, maxLength: 40 }),
  ),
  // Without a size, arrays stay at some ten items and nothing would ever be folded.
  { minLength: 1, maxLength: 80, size: 'max' },
)
/** Long enough to be folded, with one kind of gap between its sentences. */
const prose = fc
  .tuple(
    words,
    fc.constantFrom(' ', ' ', '  ', '\n', '\n\n', '\n\n\n', ' \n', '\n '),
    fc.constantFrom('', '', '\n'),
  )
  .map(
    ([list, gap, end]) =>
      list.map((word, i) => (i === 0 ? '' : i % 25 === 0 ? gap : ' ') + word).join('') + end,
  )
const word = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '-', '"', '\\', '\u2028', '🙂'),
  minLength: 100,
  maxLength: 400,
  size: 'max',
})
/** Text that only double quotes can carry, longer than a line. */
const untidy = fc
  .array(
    fc.constantFrom('word', 'longer-word', ' ', '  ', '   ', '\n', '\t', '\n  ', '"', '\\', '\u0085', '🙂'),
    {
      minLength: 10,
      maxLength: 200,
      size: 'max',
    },
  )
  .map((parts) => parts.join(''))
const text = fc.oneof(
  nasty,
  mixed,
  mixed,
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  prose,
  word,
  untidy,
)

const number = fc
  .oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.float({ noDefaultInfinity: true, noNaN: true }),
    fc.constantFrom(0.1, 1e-7, 1.5e-300, 2.5, -1e-7, 5e-324, 0, 123456789.125),
  )
  .filter((value) => findUnwritable(value).length === 0)
const key = fc.oneof(nasty, mixed, fc.string({ maxLength: 20 }))

/** Plain objects as `JSON.parse` makes them, so that `__proto__` is a key like any other. */
function toMap(entries: readonly (readonly [string, Data])[]): DataMap {
  const map: Record<string, Data> = {}
  for (const [name, value] of entries)
    Object.defineProperty(map, name, { value, enumerable: true, writable: true, configurable: true })
  return map
}

const { data } = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      text,
      number,
      fc.boolean(),
      fc.constant(null),
      text.map((value) => new Unsafe(value)),
    ),
    fc.array(tie('data'), { maxLength: 5 }),
    fc.uniqueArray(fc.tuple(key, tie('data')), { maxLength: 5, selector: ([name]) => name }).map(toMap),
  ),
}))
const map = fc.uniqueArray(fc.tuple(key, data), { maxLength: 6, selector: ([name]) => name }).map(toMap)

function sample<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): readonly T[] {
  return fc.sample(arbitrary, { numRuns, seed: SEED })
}

/** yamllint's `line-length` at 160 with its default `allow-non-breakable-words`, `trailing-spaces` and `empty-lines`. */
function lintLines(yaml: string): readonly string[] {
  const bad = yaml.split('\n').filter((line) => {
    const breakable = /[^ ]/.test(line) && line.replace(/^ *(?:- )?/, '').includes(' ')
    return /[ \t]$/.test(line) || (line.length > 160 && breakable)
  })
  return /\n{4}|\n\n$|^\n/.test(yaml) || !yaml.endsWith('\n') ? [...bad, 'empty lines'] : bad
}

function valueCase(expected: Data): Case {
  return { yaml: emitValue(expected), expected }
}

describe('what PyYAML reads is what was meant', { timeout: 120_000 }, () => {
  it('for every nasty string as a value, as a key, nested, unsafe and alone', () => {
    const cases = NASTY.flatMap((value) => [
      valueCase(value),
      valueCase([value]),
      valueCase(toMap([[value, value]])),
      valueCase({ a: { b: [{ c: value }, [value, [value]]] } }),
      valueCase({ a: new Unsafe(value), b: [new Unsafe(value)] }),
    ])
    expect(askPyYaml(cases)).toEqual([])
    expect(cases.flatMap(({ yaml }) => lintLines(yaml))).toEqual([])
  })

  it('for strings made at random', () => {
    const strings = sample(text, 20_000)
    const cases: Case[] = []
    for (let i = 0; i < strings.length; i += 20)
      cases.push(
        valueCase({ list: strings.slice(i, i + 20), deep: { [`k${i}`]: [...strings.slice(i, i + 3)] } }),
      )
    expect(askPyYaml(cases)).toEqual([])
    expect(cases.flatMap(({ yaml }) => lintLines(yaml))).toEqual([])
  })

  it('for documents made at random', () => {
    expect(askPyYaml(sample(data, 4_000).map(valueCase))).toEqual([])
  })

  it('for task lists with blocks in them', () => {
    const task = fc
      .tuple(
        map,
        fc.constantFrom('block', 'rescue', 'always', 'tasks', 'handlers', 'name'),
        fc.oneof(fc.array(map, { maxLength: 3 }), data),
      )
      .map(([task, name, value]) =>
        toMap([...Object.entries(task).filter(([other]) => other !== name), [name, value]]),
      )
    const cases = sample(fc.array(task, { maxLength: 4 }), 500).map((expected) => ({
      yaml: emitList(expected, { header: ['x'] }),
      expected,
    }))
    expect(askPyYaml(cases)).toEqual([])
  })

  it('whatever stands in the comments', () => {
    // JavaScript would move keys that are numbers to the front of what is expected.
    const name = key.filter((value) => !/^\d+$/.test(value))
    const section = fc.record({ key: name, value: data, comment: fc.array(text, { maxLength: 3 }) })
    const document = fc.tuple(
      fc.array(text, { maxLength: 3 }),
      fc.uniqueArray(section, { maxLength: 5, selector: ({ key }) => key }),
    )
    const cases = sample(document, 1_000).map(([header, sections]) => ({
      yaml: emitMapping(sections, { header }),
      expected: toMap(sections.map(({ key, value }) => [key, value])),
    }))
    expect(askPyYaml(cases)).toEqual([])
  })

  it('for numbers', () => {
    const numbers = sample(number, 2_000)
    expect(askPyYaml([valueCase([...numbers])])).toEqual([])
    expect(emitValue([1e-7, -0, 0.5, 1e15, -2])).toBe('- 1.0e-7\n- 0\n- 0.5\n- 1000000000000000\n- -2\n')
  })
})

describe('what cannot be written', () => {
  it('is told with its place, all of it', () => {
    const bad = {
      a: ['\ud800', { b: Number.POSITIVE_INFINITY }],
      c: new Unsafe('x\udc00'),
      d: 2 ** 53,
      e: undefined,
      f: new Date(0),
      'g\ud800': 1,
      h: Number.NaN,
    }
    expect(
      findUnwritable(bad).map(({ path, reason }) => `${path.replace('\ud800', '?')} ${reason}`),
    ).toMatchInlineSnapshot(`
      [
        "a[0] holds half of a surrogate pair, which is no Unicode character",
        "a[1].b is Infinity, which Ansible cannot use",
        "c holds half of a surrogate pair, which is no Unicode character",
        "d is 9007199254740992, an integer that JavaScript cannot hold exactly; write it as a string",
        "e is undefined, which YAML does not have",
        "f is an object of the class Date, not plain data",
        "g? has a key that holds half of a surrogate pair, which is no Unicode character",
        "h is NaN, which Ansible cannot use",
      ]
    `)
  })

  it('is refused', () => {
    expect(() => emitValue('\ud800')).toThrow('The value holds half of a surrogate pair')
    expect(() => emitList([{ copy: { content: '\udfff' } }])).toThrow('[0].copy.content holds half')
    expect(() => emitMapping([{ key: 'a', value: [1 / 0] }])).toThrow('a[0] is Infinity')
    expect(() =>
      emitMapping([
        { key: 'a', value: 1 },
        { key: 'a', value: 2 },
      ]),
    ).toThrow('The key a occurs twice.')
  })
})

describe('what a reader sees', () => {
  it('is a comment above a task', () => {
    const tasks = [
      { name: 'A' },
      { name: 'B', [COMMENT]: ['Why.'], block: [{ name: 'C', [COMMENT]: ['Also.'] }] },
    ]
    expect(emitList(tasks)).toBe(
      '---\n- name: A\n\n# Why.\n- name: B\n  block:\n    # Also.\n    - name: C\n',
    )
  })

  it('is a task file as one would write it by hand', () => {
    expect(
      emitList(
        [
          {
            name: 'Install etcd',
            'ansible.builtin.apt': { name: ['etcd-server'], state: 'present' },
            tags: ['etcd_install'],
          },
          {
            name: 'Write the configuration',
            when: ['etcd_manage | bool', "inventory_hostname in groups['etcd']"],
            block: [
              {
                name: 'Template',
                'ansible.builtin.template': {
                  src: 'etcd.conf.j2',
                  dest: '/etc/default/etcd',
                  mode: '0640',
                  owner: 'root',
                },
                notify: 'Restart etcd',
              },
              {
                name: 'Ask',
                'ansible.builtin.command': { argv: ['etcdctl', 'get', '--prefix', '/x', '{{ etcd_name }}'] },
                changed_when: false,
                register: '__etcd_ask',
              },
            ],
            rescue: [
              {
                name: 'Say so',
                'ansible.builtin.debug': { msg: '{{ x | default("none") }} on {{ inventory_hostname }}' },
              },
            ],
          },
          {
            name: 'Empty things',
            vars: {
              list: [],
              map: {},
              text: '',
              nothing: null,
              yes: 'yes',
              at: '12:30',
              ip: '10.0.3.10',
              raw: new Unsafe('{{ raw }}'),
            },
          },
        ],
        { header: ['Managed by x.'] },
      ),
    ).toMatchInlineSnapshot(`
      "# Managed by x.
      ---
      - name: Install etcd
        ansible.builtin.apt:
          name:
            - etcd-server
          state: present
        tags:
          - etcd_install

      - name: Write the configuration
        when:
          - etcd_manage | bool
          - inventory_hostname in groups['etcd']
        block:
          - name: Template
            ansible.builtin.template:
              src: etcd.conf.j2
              dest: /etc/default/etcd
              mode: "0640"
              owner: root
            notify: Restart etcd

          - name: Ask
            ansible.builtin.command:
              argv:
                - etcdctl
                - get
                - "--prefix"
                - /x
                - "{{ etcd_name }}"
            changed_when: false
            register: __etcd_ask
        rescue:
          - name: Say so
            ansible.builtin.debug:
              msg: '{{ x | default("none") }} on {{ inventory_hostname }}'

      - name: Empty things
        vars:
          list: []
          map: {}
          text: ""
          nothing: null
          "yes": "yes"
          at: "12:30"
          ip: 10.0.3.10
          raw: !unsafe "{{ raw }}"
      "
    `)
  })

  it('is a mapping with a comment above each key, wrapped', () => {
    expect(
      emitMapping(
        [
          { key: 'a', value: 1, comment: ['First.', '', '  - indented '.repeat(10)] },
          { key: 'b', value: 'x' },
          { key: 'c', value: true },
          { key: 'd', value: ['x'], comment: ['Last\nof all.'] },
        ],
        { header: ['Managed.'] },
      ),
    ).toMatchInlineSnapshot(`
      "# Managed.
      ---
      # First.
      #
      #   - indented   - indented   - indented   - indented   - indented   - indented   - indented   -
      #   indented   - indented   - indented
      a: 1

      b: x
      c: true

      # Last
      # of all.
      d:
        - x
      "
    `)
  })

  it('is long text in lines of at most 120 columns', () => {
    expect(
      emitValue({
        expression:
          "{{ groups['patroni'] | map('extract', hostvars, 'ansible_host') | map('regex_replace', '$', ':2379') | join(',') | default('none', true) }}",
        gaps: `${'two  spaces '.repeat(12)}end`,
        script: '#!/bin/sh\nset -eu\n\nif true; then\n\techo "yes"\nfi\n',
        prose: `${'A paragraph that is long enough. '.repeat(6).trimEnd()}\n\nAnother one.\n`,
        code: `  if x; then ${'y && '.repeat(40)} z\n  fi\n`,
        url: `https://example.org/${'a'.repeat(150)}`,
      }),
    ).toMatchInlineSnapshot(`
      "expression: >-
        {{ groups['patroni'] | map('extract', hostvars, 'ansible_host') | map('regex_replace', '$', ':2379') | join(',') |
        default('none', true) }}
      gaps: "two  spaces two  spaces two  spaces two  spaces two  spaces two  spaces two  spaces two  spaces two  spaces \\
        two  spaces two  spaces two  spaces end"
      script: |
        #!/bin/sh
        set -eu

        if true; then
        	echo "yes"
        fi
      prose: >
        A paragraph that is long enough. A paragraph that is long enough. A paragraph that is long enough. A paragraph that is
        long enough. A paragraph that is long enough. A paragraph that is long enough.


        Another one.
      code: "  if x; then y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y \\
        && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y && y &&  z\\n  fi\\n"
      url: >-
        https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      "
    `)
  })

  it('is an empty document where there is nothing', () => {
    expect(emitMapping([])).toBe('---\n{}\n')
    expect(emitList([])).toBe('---\n[]\n')
  })
})

it('writes 1,000 tasks in the time that the library alone takes for them', () => {
  const tasks = Array.from({ length: 1_000 }, (_, i) => ({
    name: `Write file ${i}`,
    'ansible.builtin.template': {
      src: `file-${i}.j2`,
      dest: `/etc/app/{{ app_name }}/file-${i}`,
      owner: 'root',
      group: 'root',
      mode: '0640',
    },
    when: ['app_enabled | bool', `${i} in app_ids`],
    notify: ['Restart app'],
    tags: ['app_configure'],
  }))
  const measure = (action: () => void): number => {
    const start = performance.now()
    action()
    return performance.now() - start
  }
  const rounds = Array.from({ length: 7 }, () => ({
    ours: measure(() => emitList(tasks)),
    library: measure(() => stringify(tasks, { version: '1.1', aliasDuplicateObjects: false })),
  }))
  // Milliseconds would say how busy the machine is. The best round, since other work only ever adds.
  const best = (times: readonly number[]): number => Math.min(...times)
  expect(best(rounds.map(({ ours }) => ours))).toBeLessThan(1.2 * best(rounds.map(({ library }) => library)))
})
