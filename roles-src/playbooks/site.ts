import { definePlaybook, play } from '#dsl'
import base from '../base/role.ts'
import bucketCopy from '../bucket_copy/role.ts'
import configBackup from '../config_backup/role.ts'
import etcd from '../etcd/role.ts'
import haproxy from '../haproxy/role.ts'
import keepalived from '../keepalived/role.ts'
import objectStore from '../object_store/role.ts'
import patroni from '../patroni/role.ts'
import pgbackrest from '../pgbackrest/role.ts'
import pgbouncer from '../pgbouncer/role.ts'
import tls from '../tls/role.ts'

export default definePlaybook({
  name: 'site',
  summary: 'Bring every host to the state that the deployment describes.',
  plays: [
    play({ name: 'Prepare all hosts', hosts: 'all', become: true, roles: [base] }),
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
    play({
      name: 'Copy the buckets of the object store',
      hosts: 'media_backup',
      become: true,
      roles: [bucketCopy],
    }),
    play({ name: 'Run the proxies of virtual IPs', hosts: 'haproxy', become: true, roles: [haproxy] }),
    play({ name: 'Hold the virtual IPs', hosts: 'keepalived', become: true, serial: 1, roles: [keepalived] }),
    // Last, with what programs made for themselves in this run.
    play({ name: 'Keep copies of the secrets', hosts: 'config_backup', become: true, roles: [configBackup] }),
  ],
})
