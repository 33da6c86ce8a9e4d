import { defineServiceRule, lies, type Violation } from '#topology'
import { ADMINISTRATOR } from '../administrator.ts'
import type { StorageOptions } from '../service.ts'

const at = (...keys: readonly string[]) => ['services', 'storage', ...keys]

export const usersOfTheirOwn = defineServiceRule<StorageOptions>({
  code: 'S3-008',
  severity: 'error',
  demand: 'Every bucket is named once and has a user of its own, who is nobody else.',
  reason:
    'A user has one policy, which allows one bucket. Where two buckets name the same user, or one who reads for backups, the last policy decides and the other program is locked out; the server refuses a user who is called like its administrator.',
  evidence:
    "The role writes one policy for each user, under his name, and attaches it alone. MinIO's source (cmd/admin-handlers-users.go): the root account cannot be added as a user.",
  wayOut: 'Name each bucket once, and a user for each.',
  check: ({ server, buckets }, topology) => {
    const users = new Map<string, string>(
      topology.services.flatMap((service) =>
        service.accounts.flatMap(({ of, name }): readonly [string, string][] =>
          of === 'storage' ? [[name, `an account of ${service.name}`]] : [],
        ),
      ),
    )
    // A server elsewhere has an administrator of its own.
    if (server !== 'external') users.set(ADMINISTRATOR, 'the administrator of the object store')
    const names = new Set<string>()
    return buckets.flatMap(({ name, user }, index): readonly Violation[] => {
      if (names.has(name))
        return [
          {
            message: `Two buckets have the name ${name}.`,
            subject: name,
            at: [...at('buckets'), index, 'name'],
          },
        ]
      names.add(name)
      const other = users.get(user)
      users.set(user, `the user of ${name}`)
      return other === undefined
        ? []
        : [
            {
              message: `The user ${user} of the bucket ${name} is ${other} as well.`,
              subject: name,
              at: [...at('buckets'), index, 'user'],
            },
          ]
    })
  },
})

export const externalEncrypted = defineServiceRule<StorageOptions>({
  code: 'S3-009',
  severity: 'error',
  demand: 'An external object store is asked over HTTPS.',
  reason: 'Requests are signed and not encrypted: over HTTP everybody on the way reads what users upload.',
  evidence:
    "Amazon's documentation of Signature Version 4: it covers integrity and who asks, and no secrecy.",
  wayOut: 'Say the endpoint with https://, with a certificate that the hosts trust.',
  check: ({ server, endpoint }) =>
    server !== 'external' || endpoint?.startsWith('https://')
      ? []
      : [
          {
            message: `The object store is asked in clear, at ${endpoint}.`,
            subject: 'storage',
            at: at('endpoint'),
          },
        ],
})

export const externalReached = defineServiceRule<StorageOptions>({
  code: 'S3-011',
  severity: 'error',
  demand: 'Where egress is closed, an external object store lies in a network that hosts may still reach.',
  reason:
    "Firewalls drop what goes elsewhere: users' files would neither be stored nor found from the day on which egress is closed.",
  evidence:
    "The firewall lets hosts reach the deployment's networks, clients, admins, the controller and egressNetworks.",
  wayOut: 'Name its network in egressNetworks of the service firewall.',
  check: ({ server, endpoint = '' }, { deployment, networks }) => {
    const { services, clients, admins } = deployment.input
    const address = /^https?:\/\/([0-9.]+)(?=[:/]|$)/.exec(endpoint)?.[1]
    // Where a name leads to, nobody knows here.
    if (server !== 'external' || address === undefined || services.firewall?.egress !== 'closed') return []
    const open = [
      ...networks.map(({ cidr }) => cidr),
      ...clients,
      ...admins,
      ...(services.firewall.egressNetworks ?? []),
    ]
    return open.some((network) => lies(address, network))
      ? []
      : [
          {
            message: `Egress is closed, and the object store at ${address} lies in no network that hosts may reach.`,
            subject: 'storage',
            at: at('endpoint'),
          },
        ]
  },
})

export const maintainedServer = defineServiceRule<StorageOptions>({
  code: 'S3-010',
  severity: 'warning',
  demand: 'The server of the object store is one whose makers mend it.',
  reason:
    'MinIO was archived by its makers in April 2026, and nobody mends what is found in its last release.',
  evidence:
    'The repository minio/minio, whose front page says NO LONGER MAINTAINED; its downloads answer 410 Gone.',
  wayOut: "Take the maintained fork, server: 'silo': it runs on the same drives with the same settings.",
  check: ({ server }) =>
    server !== 'minio'
      ? []
      : [
          {
            message: 'The object store is the last release of MinIO, which nobody mends.',
            subject: 'storage',
            at: at('server'),
          },
        ],
})

export const copied = defineServiceRule<StorageOptions>({
  code: 'BK-014',
  severity: 'warning',
  demand: 'Buckets are copied to another host.',
  reason:
    'Drives that are lost are made up for; an object that a person or a program deletes is deleted on all of them.',
  evidence:
    "MinIO's documentation, chapter Erasure Coding: parity protects from the loss of drives and of hosts.",
  wayOut: "Place the service media_backup on another host: media_backup: { hosts: ['backup'] }.",
  check: ({ buckets }, topology) =>
    topology.service('media_backup') || buckets.length === 0
      ? []
      : [
          {
            message: `Nothing copies ${buckets.map(({ name }) => name).join(', ')}: the deployment lacks the service media_backup.`,
            subject: 'storage',
            at: at('buckets'),
          },
        ],
})
