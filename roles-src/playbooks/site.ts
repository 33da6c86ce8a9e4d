import { definePlaybook, play } from '#dsl'
import alertmanager from '../alertmanager/role.ts'
import base from '../base/role.ts'
import blackboxExporter from '../blackbox_exporter/role.ts'
import etcd from '../etcd/role.ts'
import grafana from '../grafana/role.ts'
import haproxy from '../haproxy/role.ts'
import keepalived from '../keepalived/role.ts'
import nodeExporter from '../node_exporter/role.ts'
import patroni from '../patroni/role.ts'
import pgbouncer from '../pgbouncer/role.ts'
import pgbouncerExporter from '../pgbouncer_exporter/role.ts'
import postgresExporter from '../postgres_exporter/role.ts'
import prometheus from '../prometheus/role.ts'
import tls from '../tls/role.ts'

export default definePlaybook({
  name: 'site',
  summary: 'Bring every host to the state that the deployment describes.',
  plays: [
    play({ name: 'Prepare all hosts', hosts: 'all', become: true, roles: [base] }),
    play({ name: 'Give the hosts their certificates', hosts: 'tls', become: true, roles: [tls] }),
    play({ name: 'Run etcd', hosts: 'etcd', become: true, roles: [etcd] }),
    // The first member makes the database, the others copy it; later a change restarts one member at a time.
    play({ name: 'Run the database', hosts: 'database', become: true, serial: 1, roles: [patroni] }),
    play({ name: 'Run the connection pools', hosts: 'pooler', become: true, roles: [pgbouncer] }),
    play({ name: 'Run the proxies of virtual IPs', hosts: 'haproxy', become: true, roles: [haproxy] }),
    play({ name: 'Hold the virtual IPs', hosts: 'keepalived', become: true, serial: 1, roles: [keepalived] }),
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
