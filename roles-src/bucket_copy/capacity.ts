import { type CapacityRow, figure, grouped } from '#topology'

interface Copies {
  readonly host: string
  /** Days for which uploads are copied, and for which deleted files are kept. */
  readonly days: number
  /** Days of uploads in the object store, where buckets are copied whole. */
  readonly whole: number | undefined
}

/** Room for copies: the days that are kept and the one that is being copied. */
export function copiesCapacity({ host, days, whole }: Copies): readonly CapacityRow[] {
  const copied = (whole ?? days) + 1
  return [
    {
      of: 'disk',
      host,
      what: 'copies of media',
      demand: ({ mediaPerDay }) => ({
        value: copied * mediaPerDay,
        formula: `${grouped(copied)} days × ${figure(mediaPerDay, 'bytes')}`,
      }),
      source:
        'The copy that is one day older than keep.mediaCopies leaves when the next one is made. What Synapse deletes in the bucket is nothing yet, so `deleted` takes nothing.',
      at: whole === undefined ? ['keep', 'mediaCopies'] : ['services', 'media_backup', 'whole'],
    },
  ]
}
