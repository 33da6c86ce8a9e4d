/** Ansible data as YAML text: the structure is printed by the `yaml` library, the scalars by scalar.ts. */
import { Document, Pair, Scalar, type ScalarTag, YAMLMap, YAMLSeq } from 'yaml'
import { mapTag, type StringifyContext, seqTag } from 'yaml/util'
import { COMMENT, type Data, type DataMap, findUnwritable, isList, type Section, Unsafe } from './data.ts'
import { type Place, printNumber, printString, wrap } from './scalar.ts'

/** What stands above `---`: comment lines without `#`. */
export interface DocumentOptions {
  readonly header?: readonly string[]
}

/** Columns after which comments are wrapped. */
const COMMENT_WIDTH = 100

/** Keys of tasks and plays under which tasks stand. */
const TASK_LISTS: ReadonlySet<string> = new Set([
  'block',
  'rescue',
  'always',
  'tasks',
  'pre_tasks',
  'post_tasks',
  'handlers',
])

/**
 * A document that is a mapping, such as `defaults/main.yml`. A blank line sets a section with a comment apart, with those joined to it.
 * @throws {TypeError} when a key occurs twice, or a value cannot be written (`findUnwritable` tells which).
 */
export function emitMapping(sections: readonly Section[], options: DocumentOptions = {}): string {
  const map = new YAMLMap<Scalar, Node>()
  const keys = new Set<string>()
  sections.forEach(({ comment = [], joined = false, key, value }, index) => {
    if (keys.has(key)) throw new TypeError(`The key ${key} occurs twice.`)
    keys.add(key)
    refuseUnwritable({ [key]: value })
    const node = new Scalar(key)
    const commented = comment.length > 0
    const afterComment = (sections[index - 1]?.comment ?? []).length > 0
    if (index > 0 && !joined && (commented || afterComment)) node.spaceBefore = true
    if (commented) node.commentBefore = wrapComment(comment).join('\n')
    map.items.push(new Pair(node, toNode(value)))
  })
  return printDocument(map, options)
}

/**
 * A document that is a list: tasks, handlers or plays. A blank line stands between its items, and between the tasks
 * nested in a block or a play.
 * @throws {TypeError} when a value cannot be written (`findUnwritable` tells which).
 */
export function emitList(items: readonly DataMap[], options: DocumentOptions = {}): string {
  refuseUnwritable(items)
  return printDocument(toTasks(items), options)
}

/**
 * One value as YAML, without a header and without `---`; ends with a newline.
 * @throws {TypeError} when a value cannot be written (`findUnwritable` tells which).
 */
export function emitValue(value: Data): string {
  refuseUnwritable(value)
  return print(toNode(value))
}

type Node = Scalar | YAMLMap<Scalar, Node> | YAMLSeq<Node>

function printDocument(node: Node, { header = [] }: DocumentOptions): string {
  const comments = wrapComment(header).map((line) => `${`#${line}`.trimEnd()}\n`)
  return `${comments.join('')}---\n${print(node)}`
}

function print(node: Node): string {
  // Nodes are made here rather than by the library, so that equal objects never become an anchor and an alias.
  const document = new Document(null, { version: '1.1', customTags: () => TAGS })
  document.contents = node
  return document.toString({ lineWidth: 0 })
}

function toNode(data: Data): Node {
  if (isList(data)) return listOf(data.map(toNode))
  if (typeof data !== 'object' || data === null || data instanceof Unsafe) return new Scalar(data)
  return mapOf(data, toNode)
}

function toTasks(tasks: readonly Data[]): Node {
  return listOf(
    tasks.map((task, index) => {
      if (typeof task !== 'object' || task === null || isList(task) || task instanceof Unsafe)
        return toNode(task)
      const node = mapOf(task, (value, key) =>
        TASK_LISTS.has(key) && isList(value) ? toTasks(value) : toNode(value),
      )
      if (index > 0) node.spaceBefore = true
      const comment = task[COMMENT] ?? []
      if (comment.length > 0) node.commentBefore = wrapComment(comment).join('\n')
      return node
    }),
  )
}

function listOf(items: Node[]): YAMLSeq<Node> {
  const list = new YAMLSeq<Node>()
  list.items = items
  return list
}

function mapOf(data: DataMap, nodeOf: (value: Data, key: string) => Node): YAMLMap<Scalar, Node> {
  const map = new YAMLMap<Scalar, Node>()
  map.items = Object.entries(data).map(([key, value]) => new Pair(new Scalar(key), nodeOf(value, key)))
  return map
}

function refuseUnwritable(data: Data): void {
  const [first] = findUnwritable(data)
  if (first !== undefined) throw new TypeError(`${first.path || 'The value'} ${first.reason}.`)
}

/**
 * Lines that go behind a `#`. Whatever YAML could take for the end of the comment is gone from them. A long line is
 * wrapped, and goes on with the indentation that it began with.
 */
function wrapComment(lines: readonly string[]): readonly string[] {
  return lines
    .flatMap((line) => line.split(/\r\n|[\n\r\u0085\u2028\u2029]/u))
    .flatMap((line) => {
      const text = line
        .replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]+/gu, ' ')
        .trimEnd()
      const margin = /^ */.exec(text)?.[0] ?? ''
      // The library writes a line that is one space as a bare `#`, and an empty one as a blank line.
      if (text === '') return [' ']
      return wrap(text.trimStart(), COMMENT_WIDTH - margin.length - 2).map((part) => ` ${margin}${part}`)
    })
}

const TAGS = [
  mapTag,
  seqTag,
  scalarTag(
    '!unsafe',
    (value) => value instanceof Unsafe,
    (value, place) => {
      const prefix = '!unsafe '
      return prefix + printString(value.text, { ...place, column: place.column + prefix.length })
    },
  ),
  scalarTag('tag:yaml.org,2002:str', (value) => typeof value === 'string', printString),
  scalarTag('tag:yaml.org,2002:float', (value) => typeof value === 'number', printNumber),
  scalarTag('tag:yaml.org,2002:bool', (value) => typeof value === 'boolean', String),
  scalarTag(
    'tag:yaml.org,2002:null',
    (value) => value === null,
    () => 'null',
  ),
]

/** A kind of scalar with its own way to be printed. `default` keeps the library from adding the tag itself. */
function scalarTag<T>(
  tag: string,
  identify: (value: unknown) => value is T,
  printScalar: (value: T, place: Place) => string,
): ScalarTag {
  return {
    tag,
    default: true,
    identify,
    // The library asks for a reader as well; nothing is ever read with these tags.
    resolve: (text) => text,
    // The library only hands over what `identify` accepted.
    stringify: (item, context) => printScalar(item.value as T, placeOf(context)),
  }
}

function placeOf(context: StringifyContext): Place {
  // A block scalar at the top of a document has to be indented too.
  const indent = Math.max(context.indent.length, 2)
  // The library sets `indentAtStart`, the length of the key and its colon, where a scalar follows a key on its line.
  const column = context.indentAtStart === undefined ? indent : indent - 1 + context.indentAtStart
  return { indent, column, key: context.implicitKey === true }
}
