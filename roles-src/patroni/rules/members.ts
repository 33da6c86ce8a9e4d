import { defineServiceRule } from '#topology'
import type { DatabaseOptions } from '../service.ts'

export const etcdReached = defineServiceRule<DatabaseOptions>({
  code: 'DB-001',
  severity: 'error',
  demand: 'Every member of the database reaches every member of etcd.',
  reason:
    'Members agree through etcd on who writes. One that reaches no majority of it can neither become the writer nor stay it.',
  evidence: "Patroni's documentation, chapter DCS Failsafe Mode.",
  wayOut: "Place the service etcd: services: { etcd: { hosts: […] } }, on the database's hosts or elsewhere.",
  check: ({ hosts }, topology) => {
    const etcd = topology.service('etcd')
    if (!etcd)
      return [
        {
          message: 'The database has no etcd to agree in: the deployment lacks the service etcd.',
          subject: 'database',
          at: ['services', 'database'],
        },
      ]
    const port = etcd.endpoints.find(({ name }) => name === 'client')?.port
    const reached = new Map<string, Set<string>>()
    for (const flow of topology.flows)
      if (flow.service === 'etcd' && flow.port === port)
        for (const address of flow.from)
          reached.set(address, new Set([...(reached.get(address) ?? []), ...flow.to]))
    return hosts
      .map((name) => topology.host(name))
      .flatMap(({ name, address }) => {
        const missing = etcd.hosts.filter((member) => !reached.get(address)?.has(member.address))
        return missing.length === 0
          ? []
          : [
              {
                message: `${name} is a member of the database and does not reach ${missing.map((member) => member.name).join(', ')} of etcd.`,
                subject: name,
                at: ['services', 'database', 'hosts'],
              },
            ]
      })
  },
})

export const standbyThere = defineServiceRule<DatabaseOptions>({
  code: 'DB-002',
  severity: 'error',
  demand: 'The database has a standby at least.',
  reason: 'A single member is lost together with all that was written since the last backup.',
  evidence: "PostgreSQL's documentation, chapter High Availability, Load Balancing, and Replication.",
  wayOut: 'Name three hosts: with two standbys commits still reach another host after the loss of one.',
  check: ({ hosts }) =>
    new Set(hosts).size >= 2
      ? []
      : [
          {
            message: `The database has one member, ${hosts[0]}, and nothing takes over from it.`,
            subject: 'database',
            at: ['services', 'database', 'hosts'],
          },
        ],
})

export const standbysAfterLoss = defineServiceRule<DatabaseOptions>({
  code: 'DB-003',
  severity: 'warning',
  demand: 'As many standbys as must have a commit are left after the loss of one member.',
  reason:
    'Otherwise Patroni asks for fewer as long as one is down, and commits are on fewer hosts than the deployment says; in strict mode nobody writes once no standby is left.',
  evidence:
    "Patroni's documentation, chapter Replication modes, sections synchronous_mode_strict and Synchronous Replication Factor.",
  wayOut: 'Name another member, or have fewer standbys hold a commit: synchronous: { standbys: 1 }.',
  check: ({ hosts, synchronous: { mode, standbys } }) => {
    const others = hosts.length - 1
    const left = others - 1
    if (mode === 'off' || others < 1 || left >= standbys) return []
    const short = standbys - left
    const further = short === 1 ? 'another member' : `${short} further members`
    const [asked, are] = [counted(standbys), others === 1 ? 'is' : 'are']
    const then = left > 0 ? `there ${left === 1 ? 'is' : 'are'} ${left}` : ALONE[mode]
    return [
      {
        message:
          standbys > others
            ? `Commits are to be on ${asked} beside the writer, and there ${are} ${others}.`
            : `Commits are to be on ${standbys} of ${counted(others)} beside the writer: after the loss of one member ${then}.`,
        subject: 'database',
        at: ['services', 'database', ...(standbys > 1 ? ['synchronous', 'standbys'] : ['hosts'])],
        hint:
          left > 0
            ? `Name ${further}, or have fewer standbys hold a commit: synchronous: { standbys: ${left} }.`
            : `Name ${further}${standbys > 1 ? ', or one and synchronous: { standbys: 1 }' : ''}.`,
      },
    ]
  },
})

/** What there is once no standby is left. */
const ALONE = { on: 'the writer alone has them', strict: 'writes stop' } as const
const counted = (standbys: number): string => `${standbys} ${standbys === 1 ? 'standby' : 'standbys'}`

export const synchronousReplication = defineServiceRule<DatabaseOptions>({
  code: 'DB-008',
  severity: 'error',
  demand:
    'Replication is synchronous, also for the sessions of every database, so that a commit that was acknowledged is on two hosts.',
  reason:
    'A standby that takes over has only what had reached it: without this, the last commits are lost with the writer.',
  evidence:
    "Measured with synchronous_mode on: none of 565 acknowledged commits was missing after the writer had been cut off and replaced. Patroni's documentation, chapter Replication modes: what is committed with synchronous_commit off or local may be lost.",
  wayOut: "Leave synchronous.mode at 'on', and synchronous_commit out of settings of databases.",
  check: ({ synchronous: { mode }, databases }) => [
    ...(mode === 'off'
      ? [
          {
            message: 'Replication is asynchronous: a failover loses the commits that no standby had yet.',
            subject: 'database',
            at: ['services', 'database', 'synchronous', 'mode'],
          },
        ]
      : []),
    ...databases.flatMap(({ name, settings = {} }, i) =>
      Object.entries(settings)
        .filter(([setting, value]) => isUnsafeCommit(setting, value))
        .map(([setting, value]) => ({
          message: `Sessions of the owner of ${name} have ${setting} = ${value}: their commits are acknowledged before a standby has them.`,
          subject: 'database',
          at: ['services', 'database', 'databases', i, 'settings', setting],
          hint: `Leave ${setting} out, or set it to 'on'.`,
        })),
    ),
  ],
})

/** Names of settings have no case, and PostgreSQL takes its words of a Boolean for this one, too. */
const isUnsafeCommit = (setting: string, value: string): boolean =>
  setting.toLowerCase() === 'synchronous_commit' && /^(off|local|false|no|0)$/i.test(value.trim())

export const watchdog = defineServiceRule<DatabaseOptions>({
  code: 'DB-009',
  severity: 'warning',
  demand: 'A watchdog resets a member whose Patroni hangs, but in a rehearsal, whose hosts share a kernel.',
  reason:
    'PostgreSQL goes on writing when Patroni is gone. Until its host is reset, the proxy alone keeps clients from two writers.',
  evidence:
    "Measured: 17 s after Patroni of the writer was killed, two members took writes. Patroni's documentation, chapter Watchdog support.",
  wayOut: "Leave watchdog at 'automatic'; it does without one where the kernel has none.",
  check: ({ watchdog: mode }, { deployment }) =>
    mode !== 'off' || deployment.input.rehearsal
      ? []
      : [
          {
            message: 'The watchdog is off: a writer whose Patroni hangs goes on writing beside the next one.',
            subject: 'database',
            at: ['services', 'database', 'watchdog'],
          },
        ],
})

export const backedUp = defineServiceRule<DatabaseOptions>({
  code: 'BK-013',
  severity: 'warning',
  demand: 'The database has backups.',
  reason:
    'Standbys repeat every mistake within a second: what a person or a program deletes on the writer is deleted on all of them.',
  evidence:
    "PostgreSQL's documentation, chapter Backup and Restore: a standby is a copy of now, a backup one of then.",
  wayOut: "Place the service database_backup on another host: database_backup: { hosts: ['backup'] }.",
  check: (_options, topology) =>
    topology.service('database_backup')
      ? []
      : [
          {
            message: 'The database has no backups: the deployment lacks the service database_backup.',
            subject: 'database',
            at: ['services', 'database'],
          },
        ],
})
