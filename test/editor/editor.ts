import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../project/project.ts'

/** An editor with one file open: what TypeScript's language service tells of it, as every editor asks. */
export interface Editor {
  /** Opens another text in place of the file. `‸` marks places, which are not part of it. */
  readonly open: (text: string) => void
  /** What is proposed at the first mark. */
  readonly completions: () => readonly string[]
  /** What is shown over the word at the first mark: its type, then what is said of it. */
  readonly hover: () => string
  /** What is underlined: the line, counted from 1, and all that is said. */
  readonly problems: () => readonly { readonly line: number; readonly message: string }[]
}

const MARK = '‸'

/** `path` is where the file would lie, relative to the project; `beside` are files that are part of the program as well. */
export function editor(path: string, beside: readonly string[] = []): Editor {
  const file = join(root, path)
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  let [text, mark, version] = ['', 0, 0]
  const service = ts.createLanguageService(
    {
      // Whoever is still writing has not used everything yet.
      getCompilationSettings: () => ({ ...options, noUnusedLocals: false, noUnusedParameters: false }),
      getScriptFileNames: () => [file, ...beside.map((name) => join(root, name))],
      getScriptVersion: (name) => (name === file ? String(version) : '1'),
      getScriptSnapshot: (name) => {
        const content = name === file ? text : ts.sys.readFile(name)
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
      fileExists: (name) => name === file || ts.sys.fileExists(name),
      readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    },
    ts.createDocumentRegistry(),
  )
  return {
    open: (marked) => {
      mark = marked.indexOf(MARK)
      text = marked.replaceAll(MARK, '')
      version += 1
    },
    completions: () =>
      (service.getCompletionsAtPosition(file, mark, {})?.entries ?? []).map(({ name }) => name),
    hover: () => {
      const info = service.getQuickInfoAtPosition(file, mark)
      return [info?.displayParts, info?.documentation]
        .map((parts) => ts.displayPartsToString(parts ? [...parts] : []))
        .filter((part) => part !== '')
        .join('\n')
    },
    problems: () =>
      [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)].map(
        ({ start = 0, messageText }) => ({
          line: text.slice(0, start).split('\n').length,
          message: ts.flattenDiagnosticMessageText(messageText, '\n'),
        }),
      ),
  }
}
