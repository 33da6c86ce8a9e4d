import { definePlaybook, play } from '#dsl'
import base from '../base/role.ts'
import chrony from '../chrony/role.ts'
import dns from '../dns/role.ts'
import etcd from '../etcd/role.ts'
import firewall from '../firewall/role.ts'
import haproxy from '../haproxy/role.ts'
import keepalived from '../keepalived/role.ts'
import patroni from '../patroni/role.ts'
import pgbouncer from '../pgbouncer/role.ts'
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
    // The first member makes the database, the others copy it; later a change restarts one member at a time.
    play({ name: 'Run the database', hosts: 'database', become: true, serial: 1, roles: [patroni] }),
    play({ name: 'Run the connection pools', hosts: 'pooler', become: true, roles: [pgbouncer] }),
    play({ name: 'Run the proxies of virtual IPs', hosts: 'haproxy', become: true, roles: [haproxy] }),
    play({ name: 'Hold the virtual IPs', hosts: 'keepalived', become: true, serial: 1, roles: [keepalived] }),
  ],
})
