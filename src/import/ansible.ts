import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { CannotRun } from '../finding.ts'

/** The two programs of Ansible that an import asks. */
export interface AnsibleTools {
  /** The interpreter that Ansible is installed for. */
  readonly python: string
  readonly ansibleDoc: string
}

const scalar = z.union([z.string(), z.number(), z.boolean()])
const names = z.array(z.string())
// Newer documentation explains each choice, in a map from choice to text.
const docChoices = z.union([
  z.array(scalar),
  z.record(z.string(), z.unknown()).transform((map) => Object.keys(map)),
])

const docOption = z.object({
  type: z.string().nullish(),
  elements: z.string().nullish(),
  required: z.boolean().nullish(),
  default: z.unknown().optional(),
  choices: docChoices.nullish(),
  aliases: names.nullish(),
  get suboptions() {
    return z.record(z.string(), docOption).nullish()
  },
})

const docResult = z.object({
  type: z.string().nullish(),
  elements: z.string().nullish(),
  sample: z.unknown().optional(),
  get contains() {
    return z.record(z.string(), docResult).nullish()
  },
})

const docModule = z.object({
  doc: z.object({
    options: z.record(z.string(), docOption).nullish(),
    attributes: z.record(z.string(), z.object({ support: z.string().nullish() })).nullish(),
    has_action: z.boolean().nullish(),
    deprecated: z.object({ removed_in: scalar.nullish(), removed_at_date: scalar.nullish() }).nullish(),
  }),
  return: z.record(z.string(), docResult).nullish(),
})

const groups = z.array(names)
const constraints = z.object({
  mutually_exclusive: groups.nullish(),
  required_together: groups.nullish(),
  required_one_of: groups.nullish(),
  required_if: z
    .array(z.tuple([z.string(), scalar.nullable(), z.union([z.string(), names])], z.boolean()))
    .nullish(),
  required_by: z.record(z.string(), z.union([z.string(), names])).nullish(),
})
type SpecConstraintsShape = z.infer<typeof constraints>

// Said aloud: TypeScript does not infer a schema that holds itself beside a spread.
interface SpecOptionShape extends SpecConstraintsShape {
  readonly type?: string | null | undefined
  readonly elements?: string | null | undefined
  readonly required?: boolean | null | undefined
  readonly choices?: readonly (string | number | boolean | null)[] | null | undefined
  readonly aliases?: readonly string[] | null | undefined
  readonly no_log?: boolean | null | undefined
  readonly removed_in_version?: string | number | boolean | null | undefined
  readonly removed_at_date?: string | number | boolean | null | undefined
  readonly options?: Readonly<Record<string, SpecOptionShape>> | null | undefined
}

const specOption: z.ZodType<SpecOptionShape> = z.object({
  type: z.string().nullish(),
  elements: z.string().nullish(),
  required: z.boolean().nullish(),
  choices: z.array(scalar.nullable()).nullish(),
  aliases: names.nullish(),
  no_log: z.boolean().nullish(),
  removed_in_version: scalar.nullish(),
  removed_at_date: scalar.nullish(),
  ...constraints.shape,
  get options() {
    return z.record(z.string(), specOption).nullish()
  },
})

const argumentSpec = z.object({
  supports_check_mode: z.boolean().nullable(),
  options: z.record(z.string(), specOption),
  ...constraints.shape,
})

const specAnswer = z.object({
  core: z.string(),
  collections: z.record(z.string(), z.string()),
  specs: z.record(z.string(), argumentSpec.nullable()),
  errors: z.record(z.string(), z.string()),
})

const keyword = z.object({ applies_to: names.nullish(), type: z.string().nullish() })

export type DocOption = z.infer<typeof docOption>
export type DocResult = z.infer<typeof docResult>
/** What `ansible-doc -t module -j` says of one module. */
export type DocModule = z.infer<typeof docModule>
export type SpecOption = SpecOptionShape
export type SpecConstraints = SpecConstraintsShape
/** The argument spec that a module's own code states. */
export type ArgumentSpec = z.infer<typeof argumentSpec>
export type DocKeyword = z.infer<typeof keyword>

/** What Ansible says of some modules, with the versions of what was asked. */
export interface ModuleAnswers {
  readonly core: string
  /** Collection → version, for the collections of the modules asked for. */
  readonly collections: Readonly<Record<string, string>>
  readonly docs: Readonly<Record<string, DocModule>>
  /** null for modules without a spec of their own: the documentation is all there is. */
  readonly specs: Readonly<Record<string, ArgumentSpec | null>>
}

/** 78 modules give 1 MB of documentation; the whole catalogue 117 MB. */
const MAX_OUTPUT = 512 * 1024 * 1024
const run = promisify(execFile)

/** Standard output of a program of Ansible, as JSON. Throws CannotRun when it cannot be started or fails. */
async function ask<T>(schema: z.ZodType<T>, program: string, args: readonly string[]): Promise<T> {
  // Ansible refuses to start in a locale that is not UTF-8, colours would spoil the JSON, and sets have to keep an order.
  const env = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_NOCOLOR: '1',
    PYTHONHASHSEED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const { stdout } = await run(program, args, { env, maxBuffer: MAX_OUTPUT }).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    throw new CannotRun(
      `Ansible could not be asked: ${text.trim()}`,
      'Run tools/setup.sh, which brings Ansible into .venv.',
    )
  })
  const answer = schema.safeParse(JSON.parse(stdout))
  if (answer.success) return answer.data
  const [issue] = answer.error.issues
  throw new CannotRun(
    `Ansible's answer has another shape than expected: ${issue?.path.join('.')}: ${issue?.message}.`,
    'Import with the pinned versions: run tools/setup.sh.',
  )
}

const SPECS_SCRIPT = 'src/import/argument-specs.py'

/** The script beside this file, which may run from a bundle that lies elsewhere below the project. */
function specsScript(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, SPECS_SCRIPT)
    if (existsSync(path)) return path
    if (folder === dirname(folder))
      throw new CannotRun(`${SPECS_SCRIPT} is missing.`, 'Restore it from version control.')
  }
}

/**
 * Ask Ansible for modules by their fully qualified names.
 * Throws CannotRun when Ansible cannot be asked, and when it does not know one of the names.
 */
export async function askForModules(fqcns: readonly string[], ansible: AnsibleTools): Promise<ModuleAnswers> {
  if (fqcns.length === 0) throw new CannotRun('No module was named, and none was imported before.')
  // Side by side: each needs about a second, most of it to start.
  const [docs, answer] = await Promise.all([
    ask(z.record(z.string(), docModule), ansible.ansibleDoc, ['-t', 'module', '-j', ...fqcns]).catch(
      (error: unknown) => error,
    ),
    ask(specAnswer, ansible.python, [specsScript(), ...fqcns]),
  ])
  const errors = Object.entries(answer.errors).map(([fqcn, why]) => `${fqcn} (${why})`)
  if (errors.length > 0) {
    throw new CannotRun(
      `Ansible cannot give these modules: ${errors.join(', ')}.`,
      'Use fully qualified names of what is installed, such as ansible.builtin.apt; see ansible-doc -t module -l.',
    )
  }
  // An unknown module makes ansible-doc fail too, but only the message above names all of them.
  if (docs instanceof Error) throw docs
  const known = docs as Readonly<Record<string, DocModule>> // the other half of the union was thrown
  return { core: answer.core, collections: answer.collections, docs: known, specs: answer.specs }
}

/** Every keyword of plays, roles, blocks and tasks that Ansible knows. Throws CannotRun when it cannot be asked. */
export async function askForKeywords(ansible: AnsibleTools): Promise<Readonly<Record<string, DocKeyword>>> {
  const list = await ask(z.record(z.string(), z.unknown()), ansible.ansibleDoc, ['-t', 'keyword', '-l', '-j'])
  return ask(z.record(z.string(), keyword), ansible.ansibleDoc, ['-t', 'keyword', '-j', ...Object.keys(list)])
}
