import { defineServiceRule, type ServiceRule, type Topology } from '#topology'
import { databaseOf, WRITER } from '../patroni/service.ts'
import { debianHas, debianOf, isOlder } from '../versions.ts'
import { connectionsOf, KEPT_FREE, LEAST_CONNECTIONS, LISTENER, poolsOf } from './pools.ts'
import type { PoolerOptions } from './service.ts'

/** The oldest PgBouncer without the known holes. */
export const SAFE_PGBOUNCER = '1.26.1'

const at = (...keys: readonly string[]) => ['services', 'pooler', ...keys]

const towardsWriter = defineServiceRule<PoolerOptions>({
  code: 'POOL-001',
  severity: 'error',
  demand: 'Every pooler asks the virtual IP of the writer, and no PostgreSQL by its own address.',
  reason:
    'A pooler that asks the PostgreSQL beside it, or a member by name, goes on writing to one that is the writer no more. The virtual IP leads to the member that Patroni calls the writer.',
  evidence:
    'Measured: 17 s after Patroni of the writer was killed, two members took writes, and only what came through the proxy was kept from the old one.',
  wayOut: 'Place the service database with its virtual IP.',
  check: ({ hosts }, topology) => {
    const writer = topology.service('database')?.listeners.find(({ name }) => name === WRITER)
    if (!writer)
      return [
        {
          message: 'The poolers have no writer to ask: the deployment lacks the service database.',
          subject: 'pooler',
          at: at(),
        },
      ]
    const { address } = topology.vip(writer.vip)
    const led = new Set(
      topology.flows
        .filter(({ port, to, via }) => via === writer.vip && port === writer.port && to.includes(address))
        .flatMap(({ from }) => from),
    )
    return hosts
      .filter((name) => !led.has(topology.host(name).address))
      .map((name) => ({
        message: `The pooler on ${name} does not reach the writer at ${address}:${writer.port}.`,
        subject: name,
        at: at('hosts'),
      }))
  },
})

const clientsFit = defineServiceRule<PoolerOptions>({
  code: 'POOL-002',
  severity: 'error',
  demand: 'One pooler alone has room for the connections of all its clients.',
  reason:
    'While a pooler is down, and for as long as clients then keep their connections, the proxy has brought all of them to another one. That refuses what is over its limit.',
  evidence:
    "PgBouncer's documentation, setting max_client_conn, whose default of 100 is less than the 190 of the reference deployment's 19 processes with 10 connections each.",
  wayOut: 'Raise clientConnections of the pooler, or have clients open less.',
  check: ({ clientConnections }, topology) => {
    const clients = topology.services.flatMap(({ name, needs }) =>
      needs.flatMap(({ from, to, connections = 0 }) =>
        connections > 0 && to !== 'monitored' && 'listener' in to && to.listener === LISTENER
          ? [{ name, connections: connections * from.length }]
          : [],
      ),
    )
    const all = clients.reduce((sum, { connections }) => sum + connections, 0)
    return all <= clientConnections
      ? []
      : [
          {
            message: `A pooler takes ${clientConnections} connections, and its clients open up to ${all}: ${clients.map(({ name, connections }) => `${name} ${connections}`).join(', ')}.`,
            subject: 'pooler',
            at: at('clientConnections'),
          },
        ]
  },
})

const poolsFit = defineServiceRule<PoolerOptions>({
  code: 'POOL-003',
  severity: 'error',
  demand: `All poolers together open at most max_connections − ${KEPT_FREE} connections to PostgreSQL.`,
  reason:
    'PostgreSQL refuses whoever comes next, which may be a standby, an exporter or the administrator who wants to see why.',
  evidence:
    "PostgreSQL's documentation, setting max_connections; three poolers of 80 leave 260 of the reference deployment's 500.",
  wayOut:
    'Lower serverConnections of the pooler where it says so, else name fewer poolers; or raise connections of the database, which costs memory.',
  check: (options, topology) => {
    if (!topology.service('database')) return []
    const poolers = new Set(options.hosts).size
    const { all } = poolsOf(options, topology)
    const connections = connectionsOf(topology)
    const free = connections - KEPT_FREE
    if (poolers * all <= free) return []
    const opened = `${poolers} ${poolers === 1 ? 'pooler opens' : 'poolers open'} up to ${all} connections${poolers === 1 ? '' : ` each, ${poolers * all} in all`}, of ${connections} of which ${KEPT_FREE} stay free`
    const raise = `raise connections of the database to ${poolers * all + KEPT_FREE}, which costs memory`
    const told = options.serverConnections
    const most = told === undefined ? undefined : mostConnections(options, told, free / poolers, topology)
    return [
      {
        message: told === undefined ? `${opened}.` : `With serverConnections ${told}, ${opened}.`,
        subject: 'pooler',
        at: told === undefined ? ['services', 'database', 'connections'] : at('serverConnections'),
        hint:
          most === undefined
            ? `Name fewer poolers, or ${raise}.`
            : `Lower serverConnections to ${most} at most, or ${raise}.`,
      },
    ]
  },
})

/** The most below what was told with which no pooler opens more than its share; undefined where none of them does. */
function mostConnections(
  { hosts }: PoolerOptions,
  told: number,
  share: number,
  topology: Topology,
): number | undefined {
  for (let serverConnections = told - 1; serverConnections >= LEAST_CONNECTIONS; serverConnections--)
    if (poolsOf({ hosts, serverConnections }, topology).all <= share) return serverConnections
  return undefined
}

const safePgbouncer = defineServiceRule<PoolerOptions>({
  code: 'POOL-004',
  severity: 'warning',
  demand: `PgBouncer is ${SAFE_PGBOUNCER} or newer.`,
  reason: 'From 1.17 to 1.26.0 a client can pass for somebody else through SCRAM (CVE-2026-107350).',
  evidence:
    "PgBouncer's changelog of 1.26.1; that of Debian 12's revision 1.18.0-1+deb12u1 does not name the mend.",
  wayOut:
    "Take it from PostgreSQL's own archive (source: 'pgdg'), or waive it with the revision of Debian's that has the mend.",
  check: ({ hosts, source }, topology) => {
    if (source === 'pgdg') return []
    const old = hosts
      .map((name) => topology.host(name))
      .filter((host) => isOlder(debianHas(host, 'pgbouncer'), SAFE_PGBOUNCER))
    const versions = [...new Set(old.map((host) => `${debianHas(host, 'pgbouncer')} of ${debianOf(host)}`))]
    return versions.length === 0
      ? []
      : [
          {
            message: `PgBouncer is ${versions.join(' and ')} on ${old.map(({ name }) => name).join(', ')}.`,
            subject: 'pooler',
            at: at('source'),
          },
        ]
  },
})

const knownDatabase = defineServiceRule<PoolerOptions>({
  code: 'POOL-005',
  severity: 'error',
  demand:
    "The poolers' database is one of those that the service database makes, and the poolers' user owns it.",
  reason: 'A pooler lets in nobody else, and PostgreSQL lets in nobody whom it does not know.',
  evidence:
    'The service database makes roles and databases of its option databases, and lets their owners in.',
  wayOut:
    'Name it in databases of the service database, or say database and user of the pooler as they are there.',
  check: ({ database, user }, topology) => {
    const known = databaseOf(topology)
    if (!known) return []
    const found = known.databases.find(({ name }) => name === database)
    const names = known.databases.map(({ name, owner }) => `${name} of ${owner}`).join(', ')
    return found?.owner === user
      ? []
      : [
          {
            message: `The poolers lead ${user} to the database ${database}, and there are: ${names}.`,
            subject: 'pooler',
            at: at(found ? 'user' : 'database'),
          },
        ]
  },
})

const secondPooler = defineServiceRule<PoolerOptions>({
  code: 'POOL-006',
  severity: 'warning',
  demand: 'There are two poolers at least, on two hosts.',
  reason:
    'With a single one the database cannot be reached while its host is down, though a standby has taken over.',
  evidence: 'The proxy before the poolers brings clients to another one within seconds where there is one.',
  wayOut: "Name two of the database's hosts or more.",
  check: ({ hosts }) =>
    new Set(hosts).size >= 2
      ? []
      : [
          {
            message: `The one pooler is on ${hosts[0]}: without that host nobody reaches the database.`,
            subject: 'pooler',
            at: at('hosts'),
          },
        ],
})

/** What the poolers must keep. */
export const rules: readonly ServiceRule<PoolerOptions>[] = [
  towardsWriter,
  clientsFit,
  poolsFit,
  safePgbouncer,
  knownDatabase,
  secondPooler,
]
