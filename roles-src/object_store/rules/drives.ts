import { defineServiceRule, figure, type Topology, type TopologyHost } from '#topology'
import { erasureSet, inPools, patternOf, setsOf, spareDrives, usedOf, usedOfDrive } from '../erasure.ts'
import type { StorageOptions } from '../service.ts'

const at = (...keys: readonly string[]) => ['services', 'storage', ...keys]

/** Whether a set has as much parity as data: a write then needs one drive more than a read. */
const halves = (parity: number, drives: number): boolean => parity === drives / 2

/** Its hosts, where it is no server outside. */
const hostsOf = (topology: Topology): readonly TopologyHost[] => topology.service('storage')?.hosts ?? []

export const equalDrives = defineServiceRule<StorageOptions>({
  code: 'S3-001',
  severity: 'error',
  demand: 'All hosts of the object store have equally many drives, in all of its pools.',
  reason:
    'The server is told a pool as one pattern of hosts and drives: where a drive is missing, it does not start. How many drives a set has is one setting for all pools.',
  evidence:
    "MinIO's documentation, Deploy MinIO: Multi-Node Multi-Drive; MINIO_ERASURE_SET_DRIVE_COUNT, which the role sets; Silo is the same server.",
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
  demand: 'All drives of a pool of the object store are equally large.',
  reason:
    'The server takes of every drive of a pool as much as the smallest has: the rest of the others is never used.',
  evidence: "MinIO's documentation, chapter Hardware checklist, section Storage, on drives of a pool.",
  wayOut: 'Take drives of one size, or say the size of the smallest; larger ones make a pool of their own.',
  check: ({ pools }, topology) =>
    inPools(hostsOf(topology), pools).flatMap((pool) => {
      const smallest = usedOfDrive(pool)
      return pool.flatMap(({ name, disks }) => {
        const unused = disks.reduce((sum, bytes) => sum + bytes - smallest, 0)
        return unused === 0
          ? []
          : [
              {
                message: `${name} has drives larger than ${figure(smallest, 'bytes')}: ${figure(unused, 'bytes')} of them are never used.`,
                subject: name,
                at: ['hosts', name, 'disks'],
              },
            ]
      })
    }),
})

export const setPossible = defineServiceRule<StorageOptions>({
  code: 'S3-003',
  severity: 'error',
  demand: 'The drives make erasure sets of at most 16, with equally many drives of each host.',
  reason:
    'An object is spread over one set. The loss of a host takes equally many drives of every set only if each has its share, and the rules here reckon with that. The server itself takes larger pools, in which sets leave hosts out.',
  evidence:
    "MinIO's documentation, chapter Erasure coding: sets of 2 to 16 drives. That every host is in every set is a demand of this project.",
  wayOut: 'At most 16 hosts in a pool, each with one drive at least; more hosts make further pools.',
  check: ({ pools }, topology) => {
    const hosts = hostsOf(topology)
    const ofPool = hosts.length / pools
    const wrong = hosts.find(({ disks }) => erasureSet(ofPool, disks.length) === 0)
    return wrong === undefined
      ? []
      : [
          {
            message: `${ofPool} hosts with ${wrong.disks.length} drives each make no erasure set of at most 16 drives in which each of them has its share.`,
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
    'A host takes its drives of every erasure set with it. An object is read from as many drives as a set has beside its parity; where parity is half, a write needs one more.',
  evidence:
    "The server's source (cmd/erasure-object.go, cmd/erasure-metadata.go): the read quorum is the number of data blocks, the write quorum the same, plus one where data and parity are equal.",
  wayOut: 'Raise the parity, or spread the drives over more hosts: from three hosts on it is possible.',
  check: (options, topology) => {
    const sets = setsOf(hostsOf(topology), options)
    return sets === undefined || options.parity > sets.drives / 2 || sets.ofHost <= sets.spare
      ? []
      : [
          {
            message: `The loss of one host takes ${sets.ofHost} of the ${sets.drives} drives of an erasure set, and with EC:${options.parity} ${halves(options.parity, sets.drives) ? 'writes go on' : 'what is stored can be read'} without ${sets.spare} at most.`,
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
    'A host may be away for days. Without a margin, the next drive that fails in a set takes what is stored there from everybody until one of both is back. New objects are still taken, since they get more parity while drives are away; where parity is half already, writes stop instead.',
  evidence:
    "The server's source (cmd/erasure-object.go): an object is read from as many drives as it has data blocks, 12 of 16 with EC:4, which is what three of four hosts have; the parity of new objects grows with the drives that are offline, up to half.",
  wayOut: 'Raise the parity, which costs space, or spread the drives over more hosts.',
  check: (options, topology) => {
    const sets = setsOf(hostsOf(topology), options)
    if (sets === undefined || options.parity > sets.drives / 2 || sets.ofHost !== sets.spare) return []
    const better = Array.from({ length: sets.drives / 2 }, (_, i) => i + 1).find(
      (parity) => spareDrives(sets.drives, parity) > sets.ofHost,
    )
    const left = sets.drives - sets.ofHost
    const raw = usedOf(hostsOf(topology), options.pools)
    const usable = (parity: number) =>
      `${Number(((raw * (sets.drives - parity)) / sets.drives / 1e12).toFixed(1))} TB`
    return [
      {
        message: `After the loss of one host ${left} of ${sets.drives} drives of an erasure set are left, and with EC:${options.parity} ${halves(options.parity, sets.drives) ? 'writes need' : 'what is stored is read from'} ${left}: one more lost drive stops that.`,
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
  demand:
    'The hosts of each pool of the object store are numbered in order, such as s1, s2, s3, or s01 to s12.',
  reason:
    'The server takes its pool as one pattern with three dots, and a list of hosts would make a pool of each.',
  evidence:
    "MinIO's documentation, Deploy MinIO: Multi-Node Multi-Drive, on expansion notation; its package ellipses: numbers with zeros before them all have as many digits.",
  wayOut: 'Name them so, and list them in that order.',
  check: ({ pools }, topology) =>
    inPools(hostsOf(topology), pools).flatMap((pool) =>
      pool.length === 0 || patternOf(pool.map(({ name }) => name)) !== undefined
        ? []
        : [
            {
              message: `${pool.map(({ name }) => name).join(', ')} are not numbered in order.`,
              subject: 'storage',
              at: at('hosts'),
            },
          ],
    ),
})
