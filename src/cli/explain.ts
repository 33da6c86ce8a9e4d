import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { Node, type ObjectLiteralExpression, Project, SyntaxKind } from 'ts-morph'
import type { Sources } from '../compile/load.ts'
import type { CompiledRole } from '../compile/role.ts'
import { itemAt, keysAt, taskAt } from '../compile/trace.ts'
import type { CallSite } from '../dsl/source.ts'
import { type CompiledProject, compileProject } from '../emit/project.ts'
import { CannotRun, type Finding, type SourceLocation } from '../finding.ts'
import { keyPlace } from './key-place.ts'
import { printFindings } from './output.ts'
import { languageRoot, loadProject, projectRoot, withPlaces } from './project.ts'

/** A place in the sources, and what is written there. */
export interface Origin {
  readonly location: SourceLocation
  readonly text: string
}

/**
 * `rolewright explain <file>:<line>`: where a line of `generated/` came from, or what a line of the sources became; and the
 * whole of a rule by its code. Returns the exit code.
 */
export async function explain(place: string): Promise<number> {
  if (/^[A-Za-z0-9]+-\d+$/.test(place)) return (await import('./explain-rule.ts')).explainRule(place)
  const match = /^(?<file>.+?):(?<line>[1-9]\d*)(:\d+)?$/.exec(place)
  const { file, line } = match?.groups ?? {}
  if (!file || !line)
    throw new CannotRun(
      `"${place}" is no file with a line.`,
      'Write it as in generated/roles/etcd/tasks/install.yml:12.',
    )
  const root = projectRoot()
  const sources = await import('./explain-source.ts')
  if (sources.isSource(root, file)) {
    const became = await sources.outcomesOf(root, file, Number(line))
    if ('findings' in became) return printFindings(became.findings, 'text', 'nothing can be explained')
    for (const { place, text } of became.outcomes)
      process.stdout.write(`${[place, text].join('  ').trimEnd()}\n`)
    return 0
  }
  const found = await originsOf(root, pathOf(root, file), Number(line))
  if ('findings' in found) return printFindings(found.findings, 'text', 'nothing can be explained')
  for (const { location, text } of found.origins)
    process.stdout.write(`${location.file}:${location.line}:${location.column}  ${text}\n`)
  return 0
}

/** The path below `generated/` of what the user named, from the current folder or from the project's. */
function pathOf(root: string, file: string): string {
  const generated = join(root, 'generated')
  const path = [resolve(file), resolve(root, file), resolve(generated, file)].find(
    (candidate) => candidate.startsWith(`${generated}/`) && existsSync(candidate),
  )
  if (!path)
    throw new CannotRun(
      `${file} is no file of generated/.`,
      'Only what rolewright generated can be explained; `rolewright build` makes it.',
    )
  return relative(generated, path)
}

export type Origins = { readonly origins: readonly Origin[] } | { readonly findings: readonly Finding[] }

/**
 * Where a line of a generated file came from; `path` is relative to `generated/`. The sources are compiled anew. Throws
 * `CannotRun` where the file is not what they say.
 */
export async function originsOf(root: string, path: string, line: number): Promise<Origins> {
  return (await explainer(root))(path, line)
}

/** The same for many lines, with the sources compiled once. */
export async function explainer(root: string): Promise<(path: string, line: number) => Origins> {
  const sources = await loadProject(root)
  const project = await compileProject(sources, {})
  if (project.findings.some((finding) => finding.severity === 'error')) {
    const findings = await withPlaces(root, project.findings)
    return () => ({ findings })
  }
  return (path, line) => ({ origins: originsIn({ root, sources, project }, path, line) })
}

function originsIn(
  { root, sources, project }: Pick<Asked, 'root' | 'sources' | 'project'>,
  path: string,
  line: number,
): readonly Origin[] {
  const content = project.files.get(path)
  if (path === '.manifest')
    throw new CannotRun('generated/.manifest comes from no source: it keeps account of what was generated.')
  if (content === undefined)
    throw new CannotRun(
      `generated/${path} comes from no source.`,
      'Run `rolewright build`: it removes what is left over.',
    )
  const bytes = Buffer.from(content)
  const file = join(root, 'generated', path)
  const asked: Asked = { root, path, line, text: bytes.toString('utf8'), sources, project }
  if (path.endsWith('/requirements.yml')) return [lockFile(root)]
  if (existsSync(file) && !readFileSync(file).equals(bytes))
    throw new CannotRun(`generated/${path} is not what the sources say.`, 'Run `rolewright build` first.')
  const lines = asked.text.replace(/\n$/, '').split('\n').length
  if (line > lines) throw new CannotRun(`generated/${path} has ${lines} lines.`)
  const [, role] = /^roles\/([^/]+)\//.exec(path) ?? []
  const compiled = role === undefined ? undefined : project.roles.get(role)
  return compiled ? ofRole(asked, compiled) : ofDeployment(asked)
}

interface Asked {
  readonly root: string
  /** Below `generated/`. */
  readonly path: string
  readonly line: number
  readonly text: string
  readonly sources: Sources
  readonly project: CompiledProject
}

/** Versions of the collections come from what the modules were imported with. */
const lockFile = (root: string): Origin => ({
  location: {
    file: relative(root, join(languageRoot, 'src/modules/lock.json')),
    line: 1,
    column: 1,
  },
  text: 'versions of the collections whose modules were imported',
})

function ofRole(asked: Asked, role: CompiledRole): readonly Origin[] {
  const { path, line, text } = asked
  const [, , folder = '', ...rest] = path.split('/')
  const name = rest.join('/')
  if (folder === 'templates' || folder === 'files')
    return [
      {
        location: { file: `${role.folder}/${folder}/${name}`, line, column: 1 },
        text: (text.split('\n')[line - 1] ?? '').trim(),
      },
    ]
  const keys = name.endsWith('.yml') ? keysAt(text, line) : []
  const found =
    (folder === 'tasks' && name === 'main.yml' && ofPhase(asked, role)) ||
    (folder === 'tasks' && ofTask(asked, role, role.tasks.get(name.replace(/\.yml$/, '')) ?? [])) ||
    (folder === 'handlers' && ofTask(asked, role, role.handlers)) ||
    (folder === 'defaults' && variable(asked.root, role, keys[0] ?? mentioned(asked))) ||
    (folder === 'vars' && constant(asked.root, role, keys[0])) ||
    (name === 'argument_specs.yml' && keys[2] === 'options' && variable(asked.root, role, keys[3])) ||
    (folder === 'README.md' && variable(asked.root, role, mentioned(asked)))
  return [found || whole(asked, role)]
}

/** The name that a comment or a row of a table begins with. */
const mentioned = ({ text, line }: Asked): string | undefined =>
  /^(?:# (\w+):|\| `(\w+)(?:[^`\w][^`]*)?` \|)/
    .exec(text.split('\n')[line - 1] ?? '')
    ?.slice(1)
    .find(Boolean)

function whole({ sources }: Asked, role: CompiledRole): Origin {
  return {
    location: sources.locate(role.role.site) ?? { file: `${role.folder}/role.ts`, line: 1, column: 1 },
    text: `${role.name} | ${role.role.definition.summary}`,
  }
}

function ofPhase(asked: Asked, role: CompiledRole): Origin | undefined {
  const phase = role.phases[itemAt(asked.text, asked.line)?.index ?? -1]
  const location = phase && declaredAt(asked.root, role, [phase])
  return location ? { location, text: `${role.name} | ${phase}` } : undefined
}

function ofTask(asked: Asked, role: CompiledRole, tasks: Parameters<typeof taskAt>[1]): Origin | undefined {
  const task = taskAt(asked.text, tasks, asked.line)
  if (!task) return undefined
  const text = String(task.data['name'])
  const location = asked.sources.locate(task.site)
  if (location) return { location, text }
  // What the compiler adds comes from a declaration: a variable that is checked, or a program that is looked for.
  const program = Object.entries(role.role.definition.programs ?? {}).find(([, path]) => text.endsWith(path))
  const names = asked.text.split('\n')[asked.line - 1]?.match(/\b[a-z]\w*/g) ?? []
  const place = program
    ? declaredAt(asked.root, role, ['programs', program[0]])
    : names.map((name) => variable(asked.root, role, name)).find((found) => found)?.location
  return { location: place ?? whole(asked, role).location, text }
}

function variable(root: string, role: CompiledRole, fullName: string | undefined): Origin | undefined {
  const found = role.variables.find((v) => v.fullName === fullName)
  const location = found && declaredAt(root, role, ['vars', found.name])
  return location && found ? { location, text: `${found.fullName} | ${found.description}` } : undefined
}

function constant(root: string, role: CompiledRole, fullName: string | undefined): Origin | undefined {
  const name = fullName?.slice(`_${role.name}_`.length)
  const location = name === undefined ? undefined : declaredAt(root, role, ['constants', name])
  return location ? { location, text: `${fullName} | a constant of the role` } : undefined
}

function ofDeployment(asked: Asked): readonly Origin[] {
  const { path, line, text, sources, project, root } = asked
  const [name = '', ...rest] = path.split('/')
  const file = rest.join('/')
  const input = project.deployments.get(name)?.topology.deployment
  const deployment: Origin = {
    location: sources.locate(input?.site) ?? { file: `inventory/${name}.ts`, line: 1, column: 1 },
    text: `${name} | ${input?.input.summary ?? ''}`,
  }
  const placed = (site: CallSite | undefined, what: string): readonly Origin[] => {
    const location = sources.locate(site)
    return [location ? { location, text: what } : deployment]
  }
  const playbook = sources.playbooks.find((p) => `${p.name}.yml` === file)
  if (playbook) {
    const play = playbook.plays.find((p) => p.definition.name === itemAt(text, line)?.name)
    return placed((play ?? playbook).site, play?.definition.name ?? playbook.summary)
  }
  const keys = file.endsWith('.yml') ? keysAt(text, line) : []
  const document = project.deployments.get(name)?.documents.find((d) => d.path === file)
  if (document) {
    const { service, summary } = document
    const entry = 'entries' in document ? document.entries.find(({ key }) => key === keys[0]) : undefined
    const call = sources.locate(entry?.site)
    if (entry && call)
      return [
        { location: keyPlace(root, call, entry.key), text: `${service.definition.name} | ${entry.key}` },
      ]
    return placed(service.site, `${service.definition.name} | ${summary ?? file}`)
  }
  if (file === 'inventory/hosts.yml') {
    const [, section, host] = keys
    const declared = section === 'hosts' && host !== undefined ? input?.input.hosts[host] : undefined
    return declared ? placed(declared.site, `${host} | ${declared.address}`) : [deployment]
  }
  const [, kind, of] = /^inventory\/(group|host)_vars\/(.+)\.yml$/.exec(file) ?? []
  const role = [...project.roles.values()].find((r) => r.variables.some((v) => v.fullName === keys[0]))
  const declared = role && variable(root, role, keys[0])
  if (!kind || !of || !role || !declared) return [deployment]
  const givers = givenBy(asked, name, role).filter(
    (giver) => giver.hosts.includes(of) || giver.service.definition.name === of,
  )
  return [
    ...givers.flatMap(({ service }) => placed(service.site, `${service.definition.name} | gives ${keys[0]}`)),
    declared,
  ]
}

/** The services that give a role its variables in a deployment, with the hosts that get them. */
function givenBy({ sources, project }: Asked, deployment: string, role: CompiledRole) {
  const topology = project.deployments.get(deployment)?.topology
  if (!topology) return []
  return sources.services
    .filter(({ definition }) => topology.service(definition.name))
    .flatMap((service) => {
      const { name, options, variables } = service.definition
      const given = Object.entries(topology.deployment.input.services).find(([key]) => key === name)?.[1]
      return (variables?.(options.safeParse(given ?? {}).data, topology) ?? [])
        .filter((values) => values.role.definition.name === role.name)
        .map(({ hosts }) => ({ service, hosts }))
    })
}

/**
 * Where a role declares something: `['vars', 'members']`, `['install']`. What is spread in from another file is looked
 * for there. The syntax tree is read for this alone: declarations keep no place of their own.
 */
export function declaredAt(
  root: string,
  role: CompiledRole,
  path: readonly string[],
): SourceLocation | undefined {
  const files = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true })
  const call = files
    .addSourceFileAtPath(join(root, role.folder, 'role.ts'))
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .find((node) => node.getExpression().getText() === 'defineRole')
  let node: Node | undefined = call?.getArguments()[0]
  for (const name of path) node = property(files, objectOf(node), name)
  if (!node) return undefined
  const source = node.getSourceFile()
  const { line, column } = source.getLineAndColumnAtPos(node.getStart())
  return { file: relative(root, source.getFilePath()), line, column }
}

/** The object that an expression is, or that a property holds, or that a function returns. */
function objectOf(node: Node | undefined): ObjectLiteralExpression | undefined {
  if (!node || Node.isObjectLiteralExpression(node)) return node
  if (Node.isPropertyAssignment(node) || Node.isVariableDeclaration(node))
    return objectOf(node.getInitializer())
  if (Node.isArrowFunction(node)) return objectOf(node.getBody())
  if (Node.isParenthesizedExpression(node) || Node.isAsExpression(node)) return objectOf(node.getExpression())
  if (Node.isBlock(node)) return objectOf(node.getStatement(Node.isReturnStatement)?.getExpression())
  return undefined
}

/** A property of an object, where need be of an object that is spread into it. */
function property(
  files: Project,
  object: ObjectLiteralExpression | undefined,
  name: string,
): Node | undefined {
  const own = object?.getProperty(name)
  if (own) return own
  for (const spread of object?.getProperties().filter(Node.isSpreadAssignment) ?? []) {
    const found = property(
      files,
      objectOf(variableNamed(files, spread, spread.getExpression().getText())),
      name,
    )
    if (found) return found
  }
  return undefined
}

/** The declaration of a variable of the file, or of one that it imports by a relative path. */
function variableNamed(files: Project, from: Node, name: string): Node | undefined {
  const source = from.getSourceFile()
  const imported = source
    .getImportDeclarations()
    .find((declaration) => declaration.getNamedImports().some((named) => named.getName() === name))
  const specifier = imported?.getModuleSpecifierValue()
  if (!specifier?.startsWith('.')) return source.getVariableDeclaration(name)
  return files
    .addSourceFileAtPathIfExists(join(dirname(source.getFilePath()), specifier))
    ?.getVariableDeclaration(name)
}
