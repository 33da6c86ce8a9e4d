import { defineServiceRule, type ServiceRule } from '#topology'
import { debianHas, debianOf, isOlder } from '../versions.ts'
import type { EtcdOptions } from './service.ts'

/** The oldest etcd without the known holes. */
const SAFE_ETCD = '3.5.28'
/** Members beyond which every write only gets slower. */
const MOST_MEMBERS = 7

const at = ['services', 'etcd', 'hosts']
const quorumOf = (members: number): number => Math.floor(members / 2) + 1

const fewMembers = defineServiceRule<EtcdOptions>({
  code: 'ETCD-003',
  severity: 'warning',
  demand: `etcd has ${MOST_MEMBERS} members at most.`,
  reason:
    'Every write waits for more than half of the members. Five survive the loss of two, and more are hardly ever lost at once.',
  evidence: "etcd's documentation, chapter Frequently Asked Questions, section What is maximum cluster size.",
  wayOut: 'Name three or five of the hosts; the database may have members that are none of etcd.',
  check: ({ hosts }) =>
    hosts.length <= MOST_MEMBERS
      ? []
      : [
          {
            message: `etcd has ${hosts.length} members: every write waits for ${quorumOf(hosts.length)}.`,
            subject: 'etcd',
            at,
          },
        ],
})

const safeEtcd = defineServiceRule<EtcdOptions>({
  code: 'ETCD-004',
  severity: 'warning',
  demand: `etcd is ${SAFE_ETCD} or newer.`,
  reason:
    "Older ones tell the members of the cluster and renew leases without a login. Debian's releases have nothing newer.",
  evidence: "Pull request 3580 of Patroni, which follows etcd's releases 3.4.42, 3.5.28 and 3.6.9.",
  wayOut:
    'Waive it where only hosts with a certificate of the internal CA reach etcd, and only through the firewall; or move to a release with a newer one.',
  check: ({ hosts }, topology) => {
    const old = hosts
      .map((name) => topology.host(name))
      .filter((host) => isOlder(debianHas(host, 'etcd'), SAFE_ETCD))
    const versions = [...new Set(old.map((host) => `${debianHas(host, 'etcd')} of ${debianOf(host)}`))]
    return versions.length === 0
      ? []
      : [
          {
            message: `etcd is ${versions.join(' and ')} on ${old.map(({ name }) => name).join(', ')}.`,
            subject: 'etcd',
            at,
          },
        ]
  },
})

/** What etcd must keep. */
export const rules: readonly ServiceRule<EtcdOptions>[] = [fewMembers, safeEtcd]
