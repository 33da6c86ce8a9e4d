import { z } from 'zod'
import { AuthorError } from '../dsl/expr.ts'
import type { Topology } from './topology.ts'

/** How a Go program is built: the same bytes wherever that is done. */
const goBuild = z
  .strictObject({
    go: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/)
      .describe('Version of Go, such as `1.26.8`.'),
    module: z
      .string()
      .regex(/^[^@\s]+@v[^@\s]+$/)
      .optional()
      .describe('Module and version, such as `example.org/tool@v1.2.3`.'),
    folder: z
      .string()
      .regex(/^\w[\w.-]*(\/\w[\w.-]*)*$/)
      .optional()
      .describe("Folder of the project that holds the module, where it is the project's own."),
    package: z
      .string()
      .regex(/^\.(\/[\w.-]+)*$/)
      .default('.')
      .describe('Package of the program within the module.'),
    variables: z
      .record(z.string().regex(/^\S+$/), z.string().regex(/^\S+$/))
      .default({})
      .describe('Variables of the program that the linker sets, such as `main.version`.'),
  })
  .refine(({ module, folder }) => (module === undefined) !== (folder === undefined), {
    message: 'Say either which module is built or in which folder it is',
  })
export type GoBuild = z.output<typeof goBuild>

const entry = z
  .strictObject({
    version: z.string().min(1).describe('Version of the program.'),
    file: z
      .string()
      .regex(/^\w[\w.+-]*$/)
      .describe('Name of the file, with the version in it: what stands under a name never changes.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable()
      .describe(
        'Checksum of the file; null until somebody has fetched it and compared it with what its makers publish.',
      ),
    build: goBuild.optional().describe('How it is built, where it is.'),
    source: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where it is fetched from, where it is not built.'),
  })
  .refine(({ build, source }) => (build === undefined) !== (source === undefined), {
    message: 'Say either how it is built or where it is fetched from',
  })
export type ArtifactEntry = z.output<typeof entry>

/** Upstream programs that Debian lacks, by name. */
export type ArtifactLock = ReadonlyMap<string, ArtifactEntry>

/** Where a project keeps its lock. */
export const ARTIFACT_LOCK = 'roles-src/artifacts.json'

/** Reads a lock; what is wrong with it as sentences. */
export function parseArtifactLock(text: string): {
  readonly artifacts: ArtifactLock
  readonly problems: readonly string[]
} {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    return {
      artifacts: new Map(),
      problems: [`It is no JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}.`],
    } // JSON.parse throws nothing else
  }
  const parsed = z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), entry).safeParse(data)
  if (!parsed.success)
    return {
      artifacts: new Map(),
      problems: parsed.error.issues.map(
        ({ path, message }) => `${path.join('.') || 'The lock'}: ${message}.`,
      ),
    }
  const artifacts = new Map(Object.entries(parsed.data))
  const files = [...artifacts.values()].map(({ file }) => file)
  const twice = new Set(files.filter((file, i) => files.indexOf(file) !== i))
  return { artifacts, problems: [...twice].map((file) => `Two artifacts have the file ${file}.`) }
}

/** The checksum of no file: what is not pinned yet is refused by every host. */
const UNPINNED = '0'.repeat(64)

/** What a role needs to install an upstream program. */
export interface Artifact {
  readonly version: string
  readonly url: string
  readonly sha256: string
}

/** An upstream program as the deployment's mirror serves it. Throws where the lock or the deployment lacks it. */
export function artifact(topology: Pick<Topology, 'deployment' | 'artifacts'>, name: string): Artifact {
  const found = topology.artifacts.get(name)
  if (!found)
    throw new AuthorError(
      'unknown-artifact',
      `There is no artifact "${name}" in ${ARTIFACT_LOCK}.`,
      `Artifacts: ${[...topology.artifacts.keys()].join(', ') || 'none'}.`,
    )
  const mirror = topology.deployment.input.packages?.artifacts
  if (mirror === undefined)
    throw new AuthorError(
      'no-artifact-mirror',
      `The deployment ${topology.deployment.input.name} does not say where its hosts get "${name}" from.`,
      "Set packages.artifacts, such as 'http://192.0.2.5:8081', and serve there what `rolewright artifacts build` makes.",
    )
  return {
    version: found.version,
    url: `${mirror.replace(/\/+$/, '')}/${found.file}`,
    sha256: found.sha256 ?? UNPINNED,
  }
}
