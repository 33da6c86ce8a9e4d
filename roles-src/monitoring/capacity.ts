import { type CapacityRow, grouped } from '#topology'

/** Series of a target on average: some 1,000 of a host, 2,000 of a process of Synapse, some hundred of a small exporter. */
export const SERIES_PER_TARGET = 1500
/** Bytes that a sample takes on the disk at most, and a series in memory. */
export const BYTES_PER_SAMPLE = 2
const MEMORY_PER_SERIES = 8 * 1024
/** Between two readings of a target. */
export const SECONDS = 15

interface Watching {
  readonly host: string
  readonly targets: number
  readonly days: number
}

/** What metrics take: it grows with what is watched, and not with the users. */
export function metricsCapacity({ host, targets, days }: Watching): readonly CapacityRow[] {
  const series = targets * SERIES_PER_TARGET
  return [
    {
      of: 'memory',
      host,
      what: 'series of Prometheus',
      demand: () => ({
        value: series * MEMORY_PER_SERIES,
        formula: `${targets} targets × ${grouped(SERIES_PER_TARGET)} series × 8 KiB`,
      }),
      source: 'Assumptions; measure prometheus_tsdb_head_series.',
      at: ['hosts', host, 'memory'],
    },
    {
      of: 'disk',
      host,
      what: 'samples of Prometheus',
      demand: () => ({
        value: ((series * 86_400 * days) / SECONDS) * BYTES_PER_SAMPLE,
        formula: `${grouped(series)} series ÷ ${SECONDS} s × ${days} days × ${BYTES_PER_SAMPLE} bytes`,
      }),
      source: "Prometheus' documentation of storage: one to two bytes a sample.",
      at: ['services', 'prometheus', 'keep'],
    },
  ]
}
