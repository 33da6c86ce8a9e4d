/** What holds a statement: whoever breaks it is told so by one of these. */
export type Holder =
  /** A rule of `rolewright check`, by its code. */
  | { readonly rule: string }
  /** A role that builds it, and mends it at its next run. */
  | { readonly role: string }
  /** A kind of question of `verify.yml`: a variable of the roles verify and verify_calls. */
  | { readonly verify: string }
  /** A program of `test/drills`, run against a rehearsal. */
  | { readonly drill: string }
  /** An alert of monitoring. */
  | { readonly alert: string }
  /** A test, by its path. */
  | { readonly test: string }

export type Verdict = 'kept' | 'corrected' | 'extended'

/** A statement of the seed, by its lines, and what became of it. */
export interface Statement {
  /** A line, or the first and the last one: `120`, `120-126`. */
  readonly lines: string
  readonly verdict: Verdict
  /** Why it is not kept as it is said; also what a kept one means here, where that is not plain. */
  readonly why?: string
  readonly heldBy: readonly Holder[]
}

/** A chapter of the seed. */
export interface Chapter {
  readonly title: string
  readonly statements: readonly Statement[]
}

export const rule = (code: string): Holder => ({ rule: code })
export const role = (name: string): Holder => ({ role: name })
export const verify = (kind: string): Holder => ({ verify: kind })
export const drill = (name: string): Holder => ({ drill: name })
export const alert = (name: string): Holder => ({ alert: name })
export const test = (path: string): Holder => ({ test: path })

/** Built as the seed says it. */
export const kept = (lines: string, ...heldBy: readonly Holder[]): Statement => ({
  lines,
  verdict: 'kept',
  heldBy,
})
/** Meant as the seed means it, and built in another way, since what it says cannot work or is not so. */
export const corrected = (lines: string, why: string, ...heldBy: readonly Holder[]): Statement => ({
  lines,
  verdict: 'corrected',
  why,
  heldBy,
})
/** Built as the seed says it, with something that it is silent about and that it does not work well without. */
export const extended = (lines: string, why: string, ...heldBy: readonly Holder[]): Statement => ({
  lines,
  verdict: 'extended',
  why,
  heldBy,
})
