import { defineServiceRule, type Topology, type TopologyHost } from '#topology'
import { erasureSet, patternOf, setsOf, spareDrives } from '../erasure.ts'
import type { StorageOptions } from '../service.ts'

const at = (...keys: readonly string[]) => ['services', 'storage', ...keys]

/** Its hosts, where it is no server outside. */
const hostsOf = (topology: Topology): readonly TopologyHost[] => topology.service('storage')?.hosts ?? []

export const equalDrives = defineServiceRule<StorageOptions>({
  code: 'S3-001',
  severity: 'error',
  demand: 'All hosts of the object store have equally many drives.',
  reason:
    'The server is told its pool as one pattern of hosts and drives: where a drive is missing, it does not start.',
  evidence: "MinIO's documentation, Deploy MinIO: Multi-Node Multi-Drive; Silo is the same server.",
  wayOut: 'Give the host as many disks as the others have, or leave it out.',
  check: (_options, topology) => {
    const hosts = hostsOf(topology)
    return hosts.flatMap(({ name, disks }) =>
      disks.length === hosts[0]?.disks.length
        ? []
        : [
            {
              message: `${name} has ${disks.length} drives, and ${hosts[0]?.name} has ${hosts[0]?.disks.length}.`,
              subject: name,
              at: ['hosts', name, 'disks'],
            },
          ],
    )
  },
})

export const equalSizes = defineServiceRule<StorageOptions>({
  code: 'S3-002',
  severity: 'warning',
  demand: 'All drives of the object store are equally large.',
  reason:
    'The server takes of every drive of a set as much as the smallest has: the rest of the others is never used.',
  evidence: "MinIO's documentation, chapter Hardware checklist, section Storage, on drives of a pool.",
  wayOut: 'Take drives of one size, or say the size of the smallest.',
  check: (_options, topology) => {
    const hosts = hostsOf(topology)
    const smallest = Math.min(...hosts.flatMap(({ disks }) => disks))
    return hosts.flatMap(({ name, disks }) => {
      const unused = disks.reduce((sum, bytes) => sum + bytes - smallest, 0)
      return unused === 0
        ? []
        : [
            {
              message: `${name} has drives larger than ${smallest / 1e9} GB: ${unused / 1e9} GB of them are never used.`,
              subject: name,
              at: ['hosts', name, 'disks'],
            },
          ]
    })
  },
})

export const setPossible = defineServiceRule<StorageOptions>({
  code: 'S3-003',
  severity: 'error',
  demand: 'The drives make erasure sets of at most 16, with equally many drives of each host.',
  reason:
    'An object is spread over one set. The loss of a host takes equally many drives of every set only if each has its share.',
  evidence:
    "MinIO's documentation, chapter Erasure coding; the largest set of 16 drives is a constant of the server.",
  wayOut: 'At most 16 hosts in a pool, each with one drive at least.',
  check: ({ pools }, topology) => {
    const hosts = hostsOf(topology)
    const ofPool = hosts.length / pools
    const wrong = hosts.find(({ disks }) => erasureSet(ofPool, disks.length) === 0)
    return wrong === undefined
      ? []
      : [
          {
            message: `${ofPool} hosts with ${wrong.disks.length} drives each make no erasure set of at most 16 drives.`,
            subject: 'storage',
            at: at('hosts'),
          },
        ]
  },
})

export const parityFits = defineServiceRule<StorageOptions>({
  code: 'S3-004',
  severity: 'error',
  demand: 'The parity is at most half of an erasure set.',
  reason: 'The server does not start with more: with half, objects are as safe as a copy makes them.',
  evidence: "MinIO's documentation, chapter Erasure coding, section on parity and storage efficiency.",
  wayOut: 'Lower the parity, or take more hosts or drives.',
  check: (options, topology) => {
    const sets = setsOf(hostsOf(topology), options)
    return sets === undefined || options.parity <= sets.drives / 2
      ? []
      : [
          {
            message: `EC:${options.parity} is more than half of an erasure set of ${sets.drives} drives.`,
            subject: 'storage',
            at: at('parity'),
          },
        ]
  },
})

export const survivesHost = defineServiceRule<StorageOptions>({
  code: 'S3-005',
  severity: 'error',
  demand: 'Reads and writes go on after the loss of one host.',
  reason:
    'A host takes its drives of every erasure set with it. A write needs as many drives as a set has beside its parity, and one more where parity is half.',
  evidence:
    "The server's source: the write quorum is the number of data blocks, plus one where data and parity are equal.",
  wayOut: 'Raise the parity, or spread the drives over more hosts: from three hosts on it is possible.',
  check: (options, topology) => {
    const sets = setsOf(hostsOf(topology), options)
    return sets === undefined || options.parity > sets.drives / 2 || sets.ofHost <= sets.spare
      ? []
      : [
          {
            message: `The loss of one host takes ${sets.ofHost} of the ${sets.drives} drives of an erasure set, and with EC:${options.parity} writes go on without ${sets.spare} at most.`,
            subject: 'storage',
            at: at('parity'),
          },
        ]
  },
})

export const marginLeft = defineServiceRule<StorageOptions>({
  code: 'S3-006',
  severity: 'warning',
  demand: 'After the loss of one host another drive may be lost.',
  reason:
    'A host may be away for days. Without a margin, the next drive that fails anywhere stops reads and writes until one of both is back.',
  evidence:
    "The server's source: read and write quorums are the number of data blocks, 12 of 16 with EC:4, which is what three of four hosts have.",
  wayOut: 'Raise the parity, which costs space, or spread the drives over more hosts.',
  check: (options, topology) => {
    const sets = setsOf(hostsOf(topology), options)
    if (sets === undefined || options.parity > sets.drives / 2 || sets.ofHost !== sets.spare) return []
    const better = Array.from({ length: sets.drives / 2 }, (_, i) => i + 1).find(
      (parity) => spareDrives(sets.drives, parity) > sets.ofHost,
    )
    const left = sets.drives - sets.ofHost
    const raw = hostsOf(topology).reduce((sum, { disks }) => sum + disks.reduce((all, d) => all + d, 0), 0)
    const usable = (parity: number) =>
      `${Number(((raw * (sets.drives - parity)) / sets.drives / 1e12).toFixed(1))} TB`
    return [
      {
        message: `After the loss of one host ${left} of ${sets.drives} drives of an erasure set are left, and with EC:${options.parity} writes need ${left}: one more lost drive stops them.`,
        subject: 'storage',
        at: at('parity'),
        ...(better === undefined
          ? {}
          : {
              hint: `EC:${better} leaves a margin of ${spareDrives(sets.drives, better) - sets.ofHost}, with ${usable(better)} usable instead of ${usable(options.parity)}.`,
            }),
      },
    ]
  },
})

export const numberedHosts = defineServiceRule<StorageOptions>({
  code: 'S3-007',
  severity: 'error',
  demand: 'The hosts of the object store are numbered in order, such as s1, s2, s3.',
  reason:
    'The server takes its pool as one pattern with three dots, and a list of hosts would make a pool of each.',
  evidence: "MinIO's documentation, Deploy MinIO: Multi-Node Multi-Drive, on expansion notation.",
  wayOut: 'Name them so, and list them in that order.',
  check: (_options, topology) => {
    const hosts = hostsOf(topology)
    return hosts.length === 0 || patternOf(hosts.map(({ fqdn }) => fqdn)) !== undefined
      ? []
      : [
          {
            message: `${hosts.map(({ name }) => name).join(', ')} are not numbered in order.`,
            subject: 'storage',
            at: at('hosts'),
          },
        ]
  },
})
