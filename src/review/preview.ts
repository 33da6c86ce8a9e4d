import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { secretsFolder } from '../emit/deployment.ts'
import type { CompiledProject } from '../emit/project.ts'
import { CannotRun } from '../finding.ts'
import type { Topology } from '../topology/topology.ts'
import { factsOf } from './facts.ts'

const file = z.object({
  host: z.string(),
  /** Absolute, on the host. */
  path: z.string(),
  role: z.string().nullable(),
  task: z.string(),
  /** What the role's template or file is called; null where the task holds the text itself. */
  source: z.string().nullable(),
  owner: z.string().nullable(),
  group: z.string().nullable(),
  mode: z.string().nullable(),
  /** How the task has the file looked at before it is put in place. */
  validate: z.string().nullable(),
  /** Handlers that a change of the file calls. */
  notify: z.array(z.string()),
  /** Conditions of the task that only a host can answer; they are taken to hold. */
  assumed: z.array(z.string()),
  /** The file's bytes. Secrets are masked. */
  content: z.base64().transform((text) => Buffer.from(text, 'base64')),
})
const unknown = z.object({
  host: z.string(),
  role: z.string().nullable(),
  task: z.string(),
  path: z.string(),
  /** Why it is known on the host alone. */
  reason: z.string(),
})
const answer = z.object({ files: z.array(file), unknown: z.array(unknown) })

/** A file as a host will have it. */
export type PreviewedFile = z.infer<typeof file>
/** A task that writes what only a host knows. */
export type UnknownFile = z.infer<typeof unknown>
/** What templates and copies of `site.yml` put on hosts, sorted by host and path. */
export type Preview = z.infer<typeof answer>

/** What stands for a secret in a preview: the same at every time, and greppable. */
export const maskOf = (secret: string): string => `SECRET-${secret}`

/** Folders of a review: the project's, and rolewright's own, which has the Ansible that renders. */
export interface Places {
  readonly root: string
  readonly languageRoot: string
}

/**
 * Renders what `site.yml` would put on hosts, all of the deployment's unless named, with the Ansible in `.venv`; nothing is
 * asked of any host, and no vault is opened. Throws `CannotRun` where Ansible is missing or cannot render.
 */
export async function preview(
  { root, languageRoot }: Places,
  project: CompiledProject,
  deployment: string,
  hosts: readonly string[] = [],
): Promise<Preview> {
  const compiled = project.deployments.get(deployment)
  if (!compiled) throw new CannotRun(`There is no deployment "${deployment}".`)
  const { topology, inventory } = compiled
  const folder = layOut(root, project)
  try {
    return await render(languageRoot, {
      folder: join(folder, 'generated', deployment),
      hosts,
      facts: Object.fromEntries(topology.hosts.map((host) => [host.name, factsOf(host)])),
      secrets: Object.fromEntries(
        [...inventory.secrets.keys()].map((secret) => [`vault_${secret}`, maskOf(secret)]),
      ),
      private: join(folder, secretsFolder(topology)),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The project as it would be built, in a folder of its own: paths that lead out of `generated/` lead to the same files. */
function layOut(root: string, project: CompiledProject): string {
  const folder = mkdtempSync(join(tmpdir(), 'rolewright-preview-'))
  for (const entry of readdirSync(root))
    if (entry !== 'generated' && entry !== '.git') symlinkSync(join(root, entry), join(folder, entry))
  for (const [path, content] of project.files) {
    mkdirSync(dirname(join(folder, 'generated', path)), { recursive: true })
    writeFileSync(join(folder, 'generated', path), content)
  }
  return folder
}

async function render(languageRoot: string, request: object): Promise<Preview> {
  const python = join(languageRoot, '.venv/bin/python')
  if (!existsSync(python))
    throw new CannotRun(
      'There is no Ansible in .venv to render templates with.',
      'bash tools/setup.sh brings it.',
    )
  const { stdout, stderr, exitCode } = await execa(python, [join(languageRoot, 'src/review/preview.py')], {
    input: JSON.stringify(request),
    reject: false,
    env: { LC_ALL: 'C.UTF-8', NO_COLOR: '1' },
    maxBuffer: 512 * 1024 * 1024,
  })
  if (exitCode !== 0)
    throw new CannotRun(`Ansible could not render the files: ${stderr.trim().split('\n').at(-1) ?? ''}`)
  return answer.parse(JSON.parse(stdout))
}

/** The hosts of a deployment, or those that were named. Throws `CannotRun` for a name that is none. */
export function hostsNamed(topology: Topology, names: readonly string[]): readonly string[] {
  const known = topology.hosts.map(({ name }) => name)
  for (const name of names)
    if (!known.includes(name))
      throw new CannotRun(`There is no host "${name}".`, `Hosts: ${known.join(', ')}.`)
  return names
}
