import { join } from 'node:path'
import { Node, Project, SyntaxKind } from 'ts-morph'
import type { SourceLocation } from '../finding.ts'

/** From the place of a call to the place of a key in its arguments; the call's own where no key is written out there. */
export function keyPlace(root: string, call: SourceLocation, key: string): SourceLocation {
  const files = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true })
  const source = files.addSourceFileAtPathIfExists(join(root, call.file))
  const at = source?.getDescendantsOfKind(SyntaxKind.CallExpression).find((node) => {
    const { line, column } = source.getLineAndColumnAtPos(node.getStart())
    return line === call.line && column === call.column
  })
  const property = at
    ?.getDescendants()
    .find((node) => Node.isPropertyAssignment(node) && node.getName() === key)
  if (!source || !property) return call
  const { line, column } = source.getLineAndColumnAtPos(property.getStart())
  return { file: call.file, line, column }
}
