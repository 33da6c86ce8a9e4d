import {
  CALLS,
  DATABASE_BACKUP,
  FIGURES,
  MATRIX,
  MEDIA_COPIES,
  OBJECT_STORE,
  SITES,
  WEB_PROXY,
  ZONE,
} from './holders.ts'
import { alert, corrected, drill, extended, kept, role, rule, type Statement, verify } from './statement.ts'

/** What the seed says at several places; the answer is the same at each. */
type Said = (lines: string) => Statement

export const serverCount: Said = (lines) =>
  corrected(
    lines,
    'The lists name 16 hosts and three virtual IPs. Every count is taken from the inventory.',
    FIGURES,
    rule('OPS-002'),
  )

export const writerCheck: Said = (lines) =>
  corrected(
    lines,
    'The check asks for `/primary`: it means the same, and Patroni documents it, which `/master` has not been since version 4.',
    role('haproxy'),
    verify('databases'),
    drill('failover'),
    alert('PatroniNoPrimary'),
  )

export const backupServers: Said = (lines) =>
  extended(
    lines,
    'What keeps writes off standbys is the check, which they fail. `backup` holds all traffic at one server should two pass, and `on-marked-down shutdown-sessions` ends what still goes to a writer that was.',
    role('haproxy'),
    WEB_PROXY,
    drill('failover'),
    alert('PatroniTwoPrimaries'),
  )

export const writesToPrimary: Said = (lines) =>
  kept(
    lines,
    role('haproxy'),
    verify('databases'),
    drill('failover'),
    alert('PatroniTwoPrimaries'),
    rule('POOL-001'),
    rule('DB-009'),
  )

export const poolerToWriter: Said = (lines) =>
  kept(lines, role('pgbouncer'), FIGURES, drill('flows'), drill('failover'), rule('POOL-001'))

export const smallPools: Said = (lines) =>
  kept(lines, FIGURES, MATRIX, role('pgbouncer'), alert('PgBouncerClientsWaiting'), rule('POOL-003'))

export const proxyWithoutUdp: Said = (lines) => kept(lines, CALLS, drill('flows'), rule('NET-012'))

export const relaysDirect: Said = (lines) =>
  kept(lines, CALLS, verify('relays'), drill('flows'), rule('NAME-002'), rule('NET-012'))

export const mediaDirect: Said = (lines) =>
  kept(lines, CALLS, verify('ways'), drill('flows'), rule('NET-012'))

export const relayNames: Said = (lines) =>
  kept(lines, ZONE, verify('records'), verify('names'), rule('NAME-002'))

export const livekitName: Said = (lines) =>
  extended(
    lines,
    'The record is direct, as said. Media find the server by its address, which it tells itself; what clients are told for control is a name of its own, `rtc.` below the domain, that leads to the edge.',
    ZONE,
    CALLS,
    verify('records'),
    rule('NAME-001'),
    rule('NAME-002'),
  )

export const mediaPorts: Said = (lines) =>
  corrected(
    lines,
    'LiveKit takes one shared range or a range of two ports a participant, never both, and 101 ports would carry 50 people. The default is the shared range 7882-7897, directly reached; `udpPorts` can have the other.',
    role('livekit'),
    CALLS,
    verify('ways'),
    drill('flows'),
    rule('RTC-003'),
    rule('RTC-004'),
  )

export const callControl: Said = (lines) =>
  kept(lines, role('haproxy'), CALLS, verify('ways'), rule('NAME-001'))

export const forwardedFor: Said = (lines) =>
  extended(
    lines,
    'All headers in which proxies say whose request it is are removed before one is written, since appending would keep the forged one. Traefik believes the hosts of the edge alone.',
    role('haproxy'),
    WEB_PROXY,
    MATRIX,
    verify('pages'),
  )

export const metricsPaths: Said = (lines) =>
  extended(
    lines,
    'The paths are those of the seed, with its password. The edge lets nobody but the host of monitoring ask for them.',
    MATRIX,
    SITES,
    verify('prometheus'),
    verify('pages'),
    alert('SynapseProcessDown'),
    rule('MX-008'),
  )

export const hostsFile: Said = (lines) =>
  kept(lines, role('base'), FIGURES, verify('names'), rule('NET-001'), rule('NET-002'), rule('NAME-003'))

export const twoSources: Said = (lines) =>
  extended(
    lines,
    'It is a file beside a zone, not two views of one zone. Somebody has to answer for the zone without internet: two name servers of the deployment do.',
    role('base'),
    role('dns'),
    ZONE,
    verify('names'),
    verify('records'),
    rule('DNS-002'),
  )

export const noEgress: Said = (lines) =>
  extended(
    lines,
    'A playbook closes the way out of every host, restarts all services one host after another, and proves that nothing is missing.',
    role('lockdown'),
    role('firewall'),
    drill('lockdown'),
    rule('OPS-007'),
    rule('OPS-008'),
    rule('RTC-001'),
    rule('RTC-002'),
    rule('MX-007'),
    rule('DNS-003'),
  )

export const adminPages: Said = (lines) =>
  extended(
    lines,
    "The program is called Ketesa now, under the same path. Synapse's own interface for administrators is closed with it, at the edge and at Traefik, by the client's real address.",
    MATRIX,
    SITES,
    verify('pages'),
    rule('MX-008'),
  )

export const retention: Said = (lines) =>
  corrected(
    lines,
    'The database keeps 360 days, with any moment of the last 60. That many days of media would be 72 to 180 TB: the deployment says how many days of copies its disk has room for.',
    role('pgbackrest'),
    role('bucket_copy'),
    DATABASE_BACKUP,
    MEDIA_COPIES,
    alert('FullBackupTooOld'),
    rule('BK-002'),
    rule('BK-003'),
    rule('BK-010'),
    rule('CAP-003'),
  )

export const mediaBackup: Said = (lines) =>
  corrected(
    lines,
    'Drives of an erasure set hold pieces that rsync cannot make objects of. The bucket is copied as its users read it, over S3.',
    role('bucket_copy'),
    MEDIA_COPIES,
    verify('copies'),
    alert('MediaCopyTooOld'),
    rule('BK-008'),
    rule('BK-009'),
  )

export const storageServer: Said = (lines) =>
  corrected(
    lines,
    'Its makers archived MinIO in 2026 and withdrew its programs. `storage.server` names what runs: silo, the maintained fork with the same formats, MinIO from a pinned source, or any other S3.',
    role('object_store'),
    OBJECT_STORE,
    verify('buckets'),
    rule('S3-010'),
  )

export const erasureSet: Said = (lines) =>
  extended(
    lines,
    'One host or four drives may be lost, and then no further drive: reads and writes go on with exactly the twelve drives that they need. An alert says so at once.',
    role('object_store'),
    OBJECT_STORE,
    alert('ErasureSetWithoutMargin'),
    alert('DrivesOffline'),
    rule('S3-005'),
    rule('S3-006'),
  )

export const standbyReads: Said = (lines) =>
  corrected(
    lines,
    'Synapse sends every statement to the writer and knows no replicas: reads pause as writes do, for as long as the failover takes.',
    drill('failover'),
    alert('PatroniNoPrimary'),
    rule('DB-006'),
  )

export const recoveryTime: Said = (lines) =>
  corrected(
    lines,
    "Patroni's own timers miss it: 39 to 51 s were measured. With ttl 20, loop_wait 5, retry_timeout 5 and checks each second the rehearsal took 19 to 27 s in fourteen failovers, and lost nothing that was acknowledged.",
    role('patroni'),
    role('haproxy'),
    drill('failover'),
    rule('DB-004'),
    rule('DB-005'),
    rule('DB-006'),
  )

export const criticalServices: Said = (lines) =>
  corrected(
    lines,
    "It holds for the edge, the database, the object store and the relays. Synapse with Traefik and Valkey, LiveKit with its tokens, monitoring and backups are one host each: Synapse's main process cannot run twice.",
    role('keepalived'),
    role('patroni'),
    role('object_store'),
    drill('failover'),
    alert('HostDown'),
    rule('HA-001'),
    rule('HA-005'),
    rule('HA-006'),
  )

export const wellKnown: Said = (lines) => kept(lines, SITES, MATRIX, verify('pages'))

export const workerChecks: Said = (lines) =>
  corrected(
    lines,
    'HAProxy sees one server, Traefik, and checks that. Workers are found by the proxy in front of them when MDAD runs, and watched by the metrics of each.',
    SITES,
    MATRIX,
    alert('HAProxyBackendDown'),
    alert('SynapseProcessDown'),
  )

export const debian12: Said = (lines) =>
  kept(lines, FIGURES, role('preflight'), rule('OPS-003'), rule('OPS-004'), rule('OPS-005'))
