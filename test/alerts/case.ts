/** What happens, and which alert it has to raise; without `raises` it has to raise none. */
export interface AlertCase {
  readonly alert: string
  /** A sentence that goes on from "when". */
  readonly when: string
  /** Series, each sample a minute after the one before, in promtool's notation: `1+0x10` is eleven times 1. */
  readonly series: Readonly<Record<string, string>>
  /** When alerts are looked at, since the first sample. */
  readonly at: string
  /** Minutes between samples; one unless told. */
  readonly every?: number
  readonly raises?: {
    /** Labels beside `alertname` and `severity`. */
    readonly labels?: Readonly<Record<string, string>>
    readonly summary: string
  }
}
