/** An alert: when it is raised, and what it tells people. */
export interface Alert {
  readonly name: string
  /** `critical` wakes somebody; `warning` is looked at in the morning; `none` is for programs. */
  readonly severity: 'critical' | 'warning' | 'none'
  /** PromQL; every series of its result is an alert. */
  readonly expr: string
  /** How long it has to hold; at once unless told. */
  readonly for?: string
  /** One line, with labels of the series in the form of Prometheus. */
  readonly summary: string
  /** What it means, and what to do first. */
  readonly description: string
}

/** Alerts about the targets of one job. */
export interface AlertGroup {
  readonly name: string
  /** Left out of a deployment without this job; in every deployment unless told. */
  readonly job?: string
  readonly alerts: readonly Alert[]
}

/** A group as a file of rules in the form of Prometheus. */
export const ruleFile = ({ name, alerts }: AlertGroup) => ({
  groups: [
    {
      name,
      rules: alerts.map(({ name, severity, expr, for: hold, summary, description }) => ({
        alert: name,
        expr,
        ...(hold === undefined ? {} : { for: hold }),
        labels: { severity },
        annotations: { summary, description },
      })),
    },
  ],
})
