import {
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** The data source that the role `grafana` provisions under this name. */
export const DATA_SOURCE = 'prometheus'
const dataSource = { type: 'prometheus', uid: DATA_SOURCE }

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

const COLUMNS = 24

/** A dashboard as Grafana reads it. */
export function buildBoard({ name, title, job, rows }: Board): Readonly<Record<string, unknown>> {
  const builder = new DashboardBuilder(title)
    .uid(name)
    .readonly()
    .tags(['rolewright'])
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(
      new QueryVariableBuilder('instance')
        .label('Host')
        .datasource(dataSource)
        .query(`label_values(up{job="${job}"}, instance)`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current({ text: ['All'], value: ['$__all'] }),
    )
  let id = 0
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(++id))
    for (const panel of row.panels) builder.withPanel(buildPanel(panel).id(++id))
  }
  return { ...builder.build() }
}

function buildPanel({ title, unit, queries, now = false, stacked = false, description }: Panel) {
  const targets = queries.map(({ expr, legend }, i) => {
    const query = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .expr(expr)
      .legendFormat(legend)
    return now ? query.instant() : query.range()
  })
  const panel = now
    ? new StatBuilder().span(COLUMNS / 6).height(4)
    : new TimeSeriesBuilder()
        .span(COLUMNS / 3)
        .height(8)
        .fillOpacity(stacked ? 40 : 8)
        .stacking(new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None))
        .legend(new VizLegendOptionsBuilder().showLegend(true))
  if (description !== undefined) panel.description(description)
  return panel.title(title).unit(unit).datasource(dataSource).targets(targets)
}
