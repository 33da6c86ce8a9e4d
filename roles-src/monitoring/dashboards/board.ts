/** The data source that the role `grafana` provisions under this name. */
export const DATA_SOURCE = 'prometheus'

/** Units of Grafana. */
export type Unit =
  | 'short'
  | 'none'
  | 'percentunit'
  | 'bytes'
  | 'Bps'
  | 'pps'
  | 'ops'
  | 'reqps'
  | 's'
  | 'ms'
  | 'µs'
  | 'dtdurations'
  | 'bool_yes_no'

/** PromQL, and what its series are called: text with labels in double braces. */
export interface Query {
  readonly expr: string
  readonly legend: string
}
export interface Panel {
  readonly title: string
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** A figure as it is now, instead of a graph. */
  readonly now?: boolean
  /** Areas on top of each other. */
  readonly stacked?: boolean
  /** What to look for. */
  readonly description?: string
  /** Why it may be empty where nothing is wrong; `verify.yml` wants data of every other panel. */
  readonly idle?: string
  /** The same for a rehearsal alone. */
  readonly idleInRehearsal?: string
}
export interface Board {
  /** File and address of the dashboard. */
  readonly name: string
  readonly title: string
  /** Left out of a deployment without this job. Its instances are what `$instance` chooses from. */
  readonly job: string
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]
}
