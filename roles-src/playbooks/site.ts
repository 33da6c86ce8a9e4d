import { definePlaybook, play } from '#dsl'
import alertmanager from '../alertmanager/role.ts'
import base from '../base/role.ts'
import blackboxExporter from '../blackbox_exporter/role.ts'
import bucketCopy from '../bucket_copy/role.ts'
import chrony from '../chrony/role.ts'
import configBackup from '../config_backup/role.ts'
import coturn from '../coturn/role.ts'
import dns from '../dns/role.ts'
import etcd from '../etcd/role.ts'
import firewall from '../firewall/role.ts'
import grafana from '../grafana/role.ts'
import haproxy from '../haproxy/role.ts'
import keepalived from '../keepalived/role.ts'
import livekit from '../livekit/role.ts'
import lk_jwt_service from '../lk_jwt_service/role.ts'
import matrixHost from '../matrix_host/role.ts'
import nodeExporter from '../node_exporter/role.ts'
import objectStore from '../object_store/role.ts'
import patroni from '../patroni/role.ts'
import pgbackrest from '../pgbackrest/role.ts'
import pgbouncer from '../pgbouncer/role.ts'
import pgbouncerExporter from '../pgbouncer_exporter/role.ts'
import postgresExporter from '../postgres_exporter/role.ts'
import prometheus from '../prometheus/role.ts'
import redis from '../redis/role.ts'
import redisExporter from '../redis_exporter/role.ts'
import tls from '../tls/role.ts'

export default definePlaybook({
  name: 'site',
  summary: 'Bring every host to the state that the deployment describes.',
  plays: [
    play({ name: 'Prepare all hosts', hosts: 'all', become: true, roles: [base] }),
    play({ name: 'Let in what the flows table names', hosts: 'firewall', become: true, roles: [firewall] }),
    play({ name: 'Keep one time', hosts: 'time', become: true, roles: [chrony] }),
    play({ name: 'Answer for names', hosts: 'names', become: true, roles: [dns] }),
    play({ name: 'Give the hosts their certificates', hosts: 'tls', become: true, roles: [tls] }),
    play({ name: 'Run etcd', hosts: 'etcd', become: true, roles: [etcd] }),
    // Before the database, which archives from its first moment on.
    play({ name: 'Let the database archive', hosts: 'database_archive', become: true, roles: [pgbackrest] }),
    // The first member makes the database, the others copy it; later a change restarts one member at a time.
    play({ name: 'Run the database', hosts: 'database', become: true, serial: 1, roles: [patroni] }),
    play({
      name: 'Run the repository of database backups',
      hosts: 'database_backup',
      become: true,
      roles: [pgbackrest],
    }),
    play({ name: 'Run the connection pools', hosts: 'pooler', become: true, roles: [pgbouncer] }),
    // All servers at the same time: they wait for each other.
    play({ name: 'Run the object store', hosts: 'storage', become: true, roles: [objectStore] }),
    play({ name: 'Prepare the host of Matrix', hosts: 'matrix', become: true, roles: [matrixHost] }),
    play({ name: 'Run the proxies of virtual IPs', hosts: 'haproxy', become: true, roles: [haproxy] }),
    play({ name: 'Hold the virtual IPs', hosts: 'keepalived', become: true, serial: 1, roles: [keepalived] }),
    play({
      name: 'Copy the buckets of the object store',
      hosts: 'media_backup',
      become: true,
      roles: [bucketCopy],
    }),
    play({ name: 'Run the relays for calls', hosts: 'turn', become: true, serial: 1, roles: [coturn] }),
    play({ name: 'Run Redis', hosts: 'redis', become: true, roles: [redis] }),
    play({ name: 'Run LiveKit', hosts: 'livekit', become: true, serial: 1, roles: [livekit] }),
    play({ name: 'Hand out tokens for calls', hosts: 'livekit_jwt', become: true, roles: [lk_jwt_service] }),
    // With what programs made for themselves in this run.
    play({ name: 'Keep copies of the secrets', hosts: 'config_backup', become: true, roles: [configBackup] }),
    play({ name: 'Measure all hosts', hosts: 'node_metrics', become: true, roles: [nodeExporter] }),
    play({
      name: 'Measure the database',
      hosts: 'database_metrics',
      become: true,
      roles: [postgresExporter],
    }),
    play({
      name: 'Measure the connection pools',
      hosts: 'pooler_metrics',
      become: true,
      roles: [pgbouncerExporter],
    }),
    play({ name: 'Measure Redis', hosts: 'redis_metrics', become: true, roles: [redisExporter] }),
    // Last, when there is something to watch.
    play({
      name: 'Watch all of it',
      hosts: 'prometheus',
      become: true,
      roles: [blackboxExporter, alertmanager, prometheus],
    }),
    play({ name: 'Show it', hosts: 'grafana', become: true, roles: [grafana] }),
  ],
})
