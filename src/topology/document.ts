import { type CallSite, captureCallSite } from '../dsl/source.ts'

/** A file of a deployment that none of its playbooks reads: what another tool is given, or people. */
export type DeploymentDocument = YamlDocument | TextDocument

/** A mapping in YAML; secrets in it go out as references to the vault. */
export interface YamlDocument {
  /** Below `generated/<deployment>/`. */
  readonly path: string
  /** One sentence for the header. */
  readonly summary: string
  /** The command that makes a change of it felt, and where it is run. */
  readonly apply?: string
  readonly entries: readonly DocumentEntry[]
}

/** A key of a YAML document. */
export interface DocumentEntry {
  /** Lines that stand above it, without `#`; the first of a group has them. */
  readonly comment?: readonly string[]
  readonly key: string
  /** Plain data, in which a `SecretRef` may stand for any text. */
  readonly value: unknown
  /** Where the author wrote it. */
  readonly site: CallSite | undefined
}

/** Any other text; it must hold no secret. */
export interface TextDocument {
  /** Below `generated/<deployment>/`. */
  readonly path: string
  /** The text; or a function that makes it when it is written, where it takes long: `check` does not call it. */
  readonly content: string | (() => Promise<string>)
  /** With what a line of comment begins: the header that says where the file came from is written for you. */
  readonly comment?: '#' | ';'
  /** One sentence for that header. */
  readonly summary?: string
  /** The command that makes a change of it felt, and where it is run. */
  readonly apply?: string
}

/** Entries that belong together, with the reason why they are as they are, where there is one to give. */
export function entries(
  reason: string | undefined,
  values: Readonly<Record<string, unknown>>,
): readonly DocumentEntry[] {
  const site = captureCallSite()
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value], index) => ({
      ...(index === 0 && reason !== undefined ? { comment: [reason] } : {}),
      key,
      value,
      site,
    }))
}
