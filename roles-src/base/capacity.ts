import type { CapacityRow, Topology } from '#topology'

const GIB = 1024 ** 3
/** Memory of the kernel, the journal, SSH, chrony and the exporters. */
const MEMORY = 1 * GIB
/** Disk of Debian itself, its journal and its packages. */
const DISK = 10e9
const SOURCE = 'An assumption: a Debian without a desktop, its journal and some exporters take less.'

/** What every host takes for itself. Where all declared disks are drives of a service, the system has one that nobody declares. */
export const systemCapacity = ({ hosts, services }: Topology): readonly CapacityRow[] =>
  hosts.flatMap(({ name, disks }): readonly CapacityRow[] => [
    {
      of: 'memory',
      host: name,
      what: 'the system',
      demand: () => ({ value: MEMORY, formula: '1 GiB' }),
      source: SOURCE,
      at: ['hosts', name, 'memory'],
    },
    ...(disks.length > 0 && !services.some(({ drives }) => drives.includes(name))
      ? [
          {
            of: 'disk',
            host: name,
            what: 'the system',
            demand: () => ({ value: DISK, formula: '10 GB' }),
            source: SOURCE,
            at: ['hosts', name, 'disks'],
          } satisfies CapacityRow,
        ]
      : []),
  ])
