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
import { type Board, DATA_SOURCE, type Panel } from './board.ts'

const dataSource = { type: 'prometheus', uid: DATA_SOURCE }
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
