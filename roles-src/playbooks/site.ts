import { definePlaybook, play } from '#dsl'
import base from '../base/role.ts'
import coturn from '../coturn/role.ts'
import etcd from '../etcd/role.ts'
import firewall from '../firewall/role.ts'
import haproxy from '../haproxy/role.ts'
import keepalived from '../keepalived/role.ts'
import livekit from '../livekit/role.ts'
import lk_jwt_service from '../lk_jwt_service/role.ts'
import patroni from '../patroni/role.ts'
import pgbouncer from '../pgbouncer/role.ts'
import redis from '../redis/role.ts'
import tls from '../tls/role.ts'

export default definePlaybook({
  name: 'site',
  summary: 'Bring every host to the state that the deployment describes.',
  plays: [
    play({ name: 'Prepare all hosts', hosts: 'all', become: true, roles: [base] }),
    play({ name: 'Let in what the flows table names', hosts: 'firewall', become: true, roles: [firewall] }),
    play({ name: 'Give the hosts their certificates', hosts: 'tls', become: true, roles: [tls] }),
    play({ name: 'Run etcd', hosts: 'etcd', become: true, roles: [etcd] }),
    // The first member makes the database, the others copy it; later a change restarts one member at a time.
    play({ name: 'Run the database', hosts: 'database', become: true, serial: 1, roles: [patroni] }),
    play({ name: 'Run the connection pools', hosts: 'pooler', become: true, roles: [pgbouncer] }),
    play({ name: 'Run the proxies of virtual IPs', hosts: 'haproxy', become: true, roles: [haproxy] }),
    play({ name: 'Hold the virtual IPs', hosts: 'keepalived', become: true, serial: 1, roles: [keepalived] }),
    play({ name: 'Run the relays for calls', hosts: 'turn', become: true, serial: 1, roles: [coturn] }),
    play({ name: 'Run Redis', hosts: 'redis', become: true, roles: [redis] }),
    play({ name: 'Run LiveKit', hosts: 'livekit', become: true, serial: 1, roles: [livekit] }),
    play({ name: 'Hand out tokens for calls', hosts: 'livekit_jwt', become: true, roles: [lk_jwt_service] }),
  ],
})
