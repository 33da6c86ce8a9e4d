import { join } from 'node:path'
import {
  type CallExpression,
  Node,
  type ObjectLiteralElementLike,
  Project,
  type SourceFile,
  SyntaxKind,
} from 'ts-morph'
import type { Finding, SourceLocation } from '../finding.ts'

/** Narrows the places of calls to keys in their arguments, in the sources below `root`. Each file is read once. */
export function keyPlaces(
  root: string,
): (call: SourceLocation, keys: readonly (string | number)[]) => SourceLocation {
  const files = noFiles()
  return (call, keys) => {
    const source = files.addSourceFileAtPathIfExists(join(root, call.file))
    const at = source && callAt(source, call)
    const node = at && deepest(at, keys)
    return source && node ? locationOf(source, node, call.file) : call
  }
}

/** Findings with the places of their keys, which they then name no more. Sources are read only where one has keys. */
export function narrowed(root: string, findings: readonly Finding[]): readonly Finding[] {
  if (!findings.some(({ keys }) => keys)) return findings
  const placeOf = keyPlaces(root)
  return findings.map(({ keys, ...finding }) =>
    keys && finding.location ? { ...finding, location: placeOf(finding.location, keys) } : finding,
  )
}

/** The first property of that name anywhere in the arguments of a call; the call's own place where there is none. */
export function keyPlace(root: string, call: SourceLocation, key: string): SourceLocation {
  const source = noFiles().addSourceFileAtPathIfExists(join(root, call.file))
  const property =
    source &&
    callAt(source, call)
      ?.getDescendants()
      .find((node) => Node.isPropertyAssignment(node) && node.getName() === key)
  return source && property ? locationOf(source, property, call.file) : call
}

const noFiles = () => new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true })

function locationOf(source: SourceFile, node: Node, file: string): SourceLocation {
  const { line, column } = source.getLineAndColumnAtPos(node.getStart())
  return { file, line, column }
}

function callAt(source: SourceFile, { line, column }: SourceLocation): CallExpression | undefined {
  return source.getDescendantsOfKind(SyntaxKind.CallExpression).find((node) => {
    const start = source.getLineAndColumnAtPos(node.getStart())
    return start.line === line && start.column === column
  })
}

/** What the keys lead to, as far as it is written out there: a property, or an item of a list. */
function deepest(call: CallExpression, keys: readonly (string | number)[]): Node | undefined {
  let found: Node | undefined
  let values: readonly Node[] = call.getArguments()
  for (const key of keys) {
    const next: Node | undefined = values.map((value) => child(value, key)).find((node) => node !== undefined)
    if (!next) break
    found = next
    values = valuesOf(next)
  }
  return found
}

function child(value: Node, key: string | number): Node | undefined {
  const inner =
    Node.isAsExpression(value) || Node.isSatisfiesExpression(value) ? value.getExpression() : value
  if (Node.isArrayLiteralExpression(inner)) return inner.getElements()[Number(key)]
  return Node.isObjectLiteralExpression(inner)
    ? inner.getProperties().find((property) => nameOf(property) === String(key))
    : undefined
}

const nameOf = (property: ObjectLiteralElementLike): string | undefined =>
  Node.isPropertyAssignment(property) ||
  Node.isShorthandPropertyAssignment(property) ||
  Node.isMethodDeclaration(property)
    ? property.getName().replace(/^(['"])(.*)\1$/, '$2')
    : undefined

/** Where the next key is looked for: the value of a property, or what a call is given. */
function valuesOf(node: Node): readonly Node[] {
  const value = Node.isPropertyAssignment(node) ? node.getInitializer() : node
  if (!value) return []
  return Node.isCallExpression(value) ? value.getArguments() : [value]
}
