/** What a document demands of a deployment, what became of it, and which rules hold it. */
export interface Requirement {
  /** Path of the document in the project. */
  readonly document: string
  /** Its line there, or the first and the last one: `120`, `120-126`. */
  readonly lines: string
  /** What it says, on one line. */
  readonly text: string
  /** `kept` as it is said, `corrected` where that cannot work, `extended` where more is built than it says. */
  readonly verdict: 'kept' | 'corrected' | 'extended'
  /** Why it is not kept as it is said. */
  readonly why?: string
  /** Codes of the rules among what holds it. */
  readonly rules: readonly string[]
}
