import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Sources } from '../compile/load.ts'
import type { CompiledRole } from '../compile/role.ts'
import { type CompiledTask, withInner } from '../compile/task.ts'
import { type CompiledProject, compileProject } from '../emit/project.ts'
import { CannotRun, type Finding } from '../finding.ts'
import { declaredAt } from './explain.ts'
import { loadProject, withPlaces } from './project.ts'

/** A line of `generated/`, or a file on hosts, that a line of the sources became. */
export interface Outcome {
  /** `generated/…:line`, or a path on hosts. */
  readonly place: string
  readonly text: string
}

interface Asked {
  readonly root: string
  /** Relative to the project. */
  readonly file: string
  readonly line: number
  readonly sources: Sources
  readonly project: CompiledProject
}

/** Whether a path is one that authors write. */
export const isSource = (root: string, file: string): boolean =>
  [resolve(file), resolve(root, file)].some(
    (path) => existsSync(path) && /^(roles-src|inventory)\//.test(relative(root, path)),
  )

/** What a line of the sources became: tasks, templates and files, variables, hosts, values of services. */
export async function outcomesOf(
  root: string,
  file: string,
  line: number,
): Promise<{ readonly outcomes: readonly Outcome[] } | { readonly findings: readonly Finding[] }> {
  const path = relative(root, existsSync(resolve(file)) ? resolve(file) : resolve(root, file))
  const sources = await loadProject(root)
  const project = await compileProject(sources, {})
  if (project.findings.some(({ severity }) => severity === 'error'))
    return { findings: await withPlaces(root, project.findings) }
  const lines = readFileSync(join(root, path), 'utf8').replace(/\n$/, '').split('\n').length
  if (line > lines) throw new CannotRun(`${path} has ${lines} lines.`)
  const asked: Asked = { root, file: path, line, sources, project }
  const [, folder, kind, below] = /^(roles-src\/[^/]+)\/(?:(templates|files)\/)?(.+)$/.exec(path) ?? []
  const role = [...project.roles.values()].find((one) => one.folder === folder)
  if (role && kind && below) return { outcomes: ofFile(asked, role, kind, below) }
  const found = [
    ...tasksAt(asked),
    ...(role ? variablesAt(asked, role) : []),
    ...servicesAt(asked),
    ...hostsAt(asked),
  ]
  if (found.length === 0)
    throw new CannotRun(
      `Nothing in generated/ comes from ${path}:${line} alone.`,
      'Name a line of a task, a variable, a template, a service or a host.',
    )
  return { outcomes: found }
}

/** A template keeps its lines; where it goes on hosts its tasks say. */
function ofFile(
  { project, line }: Asked,
  role: CompiledRole,
  kind: string,
  below: string,
): readonly Outcome[] {
  const module = kind === 'templates' ? 'ansible.builtin.template' : 'ansible.builtin.copy'
  const written = [...role.tasks].flatMap(([phase, tasks]) =>
    withInner(tasks)
      .filter(({ data }) => (data[module] as { readonly src?: unknown } | undefined)?.src === below) // a module's options
      .flatMap((task): readonly Outcome[] => [
        emitted(project, `roles/${role.name}/tasks/${phase}.yml`, task),
        {
          place: `hosts: ${String((task.data[module] as { readonly dest?: unknown }).dest)}`, // as above
          text: String(task.data['name']),
        },
      ]),
  )
  return [{ place: `generated/roles/${role.name}/${kind}/${below}:${line}`, text: '' }, ...written]
}

/** The task whose call is the nearest above the line, in every role that uses it: several where a helper makes it. */
function tasksAt(asked: Asked): readonly Outcome[] {
  const { project, sources, file, line } = asked
  const all = [...project.roles.values()].flatMap((role) => [
    ...[...role.tasks].flatMap(([phase, tasks]) =>
      withInner(tasks).map((task) => ({ task, path: `roles/${role.name}/tasks/${phase}.yml` })),
    ),
    ...role.handlers.map((task) => ({ task, path: `roles/${role.name}/handlers/main.yml` })),
  ])
  const placed = all.flatMap(({ task, path }) => {
    const at = sources.locate(task.site)
    return at?.file === file && at.line <= line ? [{ task, path, line: at.line }] : []
  })
  const nearest = Math.max(...placed.map((one) => one.line))
  return placed
    .filter((one) => one.line === nearest && endsBelow(asked, nearest))
    .map(({ task, path }) => emitted(project, path, task))
}

/** Whether a call that begins at a line has not ended above the one that is asked for: its parentheses are still open. */
function endsBelow({ root, file, line }: Asked, first: number): boolean {
  if (line === first) return true
  const text = readFileSync(join(root, file), 'utf8').split('\n')
  const indent = (at: number) => /^ */.exec(text[at - 1] ?? '')?.[0].length ?? 0
  // The formatter puts what closes a call at the depth of what begins it.
  return Array.from({ length: line - first - 1 }, (_, i) => first + 1 + i).every(
    (at) => indent(at) > indent(first),
  )
}

function emitted({ files }: CompiledProject, path: string, { data }: CompiledTask): Outcome {
  const name = String(data['name'])
  const plain = (text: string) => text.trim().replaceAll(/["']/g, '')
  const index = String(files.get(path) ?? '')
    .split('\n')
    .findIndex((text) => plain(text) === plain(`- name: ${name}`))
  return { place: `generated/${path}:${index + 1}`, text: name }
}

/** The variable that is declared at the line, and every place that has it. */
function variablesAt({ root, file, line, project }: Asked, role: CompiledRole): readonly Outcome[] {
  const declared = role.variables.flatMap((variable) => {
    const at = declaredAt(root, role, ['vars', variable.name])
    return at?.file === file && at.line <= line ? [{ variable, line: at.line }] : []
  })
  const found = declared.sort((a, b) => b.line - a.line)[0]
  if (!found || line - found.line > 30) return []
  const { fullName } = found.variable
  const pattern = new RegExp(`^(?:# )?\\s*${fullName}:`)
  return [...project.files]
    .filter(([path]) => /^roles\/[^/]+\/(defaults|meta)\/|\/inventory\/(group|host)_vars\//.test(path))
    .flatMap(([path, content]) =>
      String(content)
        .split('\n')
        .flatMap((text, i) =>
          pattern.test(text) ? [{ place: `generated/${path}:${i + 1}`, text: fullName }] : [],
        ),
    )
}

/** A service's file: the values that it gives in each deployment, and its documents. */
function servicesAt({ file, sources, project }: Asked): readonly Outcome[] {
  const service = sources.services.find(({ site }) => sources.locate(site)?.file === file)
  if (!service) return []
  const { name } = service.definition
  return [...project.deployments].flatMap(([deployment, { documents }]) => [
    ...(project.files.has(`${deployment}/inventory/group_vars/${name}.yml`)
      ? [
          {
            place: `generated/${deployment}/inventory/group_vars/${name}.yml:1`,
            text: `${name} gives its roles these values`,
          },
        ]
      : []),
    ...documents
      .filter((document) => document.service === service)
      .map(({ path, summary }) => ({ place: `generated/${deployment}/${path}:1`, text: summary ?? name })),
  ])
}

/** A host's or a deployment's line: where the host stands in the inventory, or the folder of the deployment. */
function hostsAt({ root, file, line, sources, project }: Asked): readonly Outcome[] {
  return [...project.deployments.values()].flatMap(({ topology }): readonly Outcome[] => {
    const { input, site } = topology.deployment
    const path = `${input.name}/inventory/hosts.yml`
    const text = String(project.files.get(path) ?? '').split('\n')
    const hosts = Object.entries(input.hosts)
      .filter(([, host]) => {
        const at = sources.locate(host.site)
        return at?.file === file && at.line === line
      })
      .map(([name, { address }]) => ({
        place: `generated/${path}:${text.findIndex((one) => one.trim() === `${name}:`) + 1}`,
        text: `${name} | ${address}`,
      }))
    if (hosts.length > 0 || sources.locate(site)?.file !== file) return hosts
    // Options of a service stand under its name.
    const [, key = ''] =
      /^\s+(\w+):/.exec(readFileSync(join(root, file), 'utf8').split('\n')[line - 1] ?? '') ?? []
    const values = `${input.name}/inventory/group_vars/${key}.yml`
    if (Object.hasOwn(input.services, key) && project.files.has(values))
      return [{ place: `generated/${values}:1`, text: `what follows from the options of ${key}` }]
    return [{ place: `generated/${input.name}/`, text: `${input.name} | ${input.summary}` }]
  })
}
