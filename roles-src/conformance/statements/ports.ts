import { CALLS, FIGURES, MATRIX } from '../holders.ts'
import {
  callControl,
  livekitName,
  mediaDirect,
  mediaPorts,
  metricsPaths,
  proxyWithoutUdp,
  relaysDirect,
} from '../repeated.ts'
import {
  alert,
  type Chapter,
  corrected,
  drill,
  extended,
  type Holder,
  kept,
  role,
  rule,
  verify,
} from '../statement.ts'

/** A port is opened by the service that has it, to those whom the table of flows names. */
const OPEN: readonly Holder[] = [rule('NET-010'), FIGURES, role('firewall'), drill('flows')]

export const ports: Chapter = {
  title: '6. Port requirements',
  statements: [
    proxyWithoutUdp('577'),
    kept('581-582', ...OPEN, verify('pages')),
    corrected(
      '583',
      'Closed to everybody but the host that checks whose a token for calls is, and there to that one path.',
      ...OPEN,
      MATRIX,
      verify('pages'),
      rule('MX-009'),
    ),
    proxyWithoutUdp('585'),

    relaysDirect('589'),
    kept('593', ...OPEN, verify('relays')),
    extended(
      '594',
      'TLS over UDP is asked for as well, which newer relays leave off unless told.',
      ...OPEN,
      CALLS,
      verify('relays'),
    ),
    kept('595', ...OPEN, verify('relays'), rule('TURN-004')),
    relaysDirect('597'),

    mediaDirect('601'),
    callControl('605-606'),
    extended(
      '607',
      'Open, since the way is needed wherever a network lets no UDP through; whether it works is asked.',
      ...OPEN,
      verify('ways'),
    ),
    mediaPorts('608-609'),
    livekitName('611'),

    kept('618', MATRIX, role('firewall'), drill('docker'), rule('FW-001')),
    corrected(
      '619-620',
      "Both are in Docker's own networks, as MDAD has them, and no port of the host. What Matrix publishes are 81 and, for the check of tokens, 8449.",
      MATRIX,
      drill('docker'),
      drill('flows'),
    ),
    corrected(
      '621',
      "MDAD numbers workers otherwise and publishes none of these ports: a proxy beside them routes inside Docker's network. There is nothing to open.",
      MATRIX,
      drill('docker'),
      drill('flows'),
    ),
    metricsPaths('622'),

    corrected(
      '627',
      'HAProxy for the virtual IP, and the members among themselves. Poolers ask the virtual IP, as said elsewhere, and never the server beside them; backups come through a port of their own, 8432.',
      ...OPEN,
      role('pgbackrest'),
      rule('POOL-001'),
    ),
    corrected(
      '628',
      'Through the virtual IP alone, so that a pooler that is away is noticed by the proxy and not by Synapse.',
      ...OPEN,
      verify('databases'),
    ),
    corrected(
      '629',
      'Administrators use `patronictl` on a member, and reach this port from nowhere else. It speaks TLS, the members and monitoring ask it as well.',
      ...OPEN,
      role('patroni'),
      alert('PatroniNoPrimary'),
    ),
    extended(
      '630-631',
      'With TLS and certificates of both sides; metrics have a port of their own, 2381, so that monitoring needs none.',
      ...OPEN,
      role('etcd'),
    ),
    kept('632', ...OPEN, alert('PostgresDown')),

    extended(
      '637',
      'Through the virtual IP, with TLS. The servers talk to each other on the same port, and monitoring reads it.',
      ...OPEN,
      verify('buckets'),
    ),
    corrected(
      '638',
      "Off unless `storage.console` says otherwise, and then for administrators' networks directly: no proxy stands before it.",
      role('object_store'),
      role('firewall'),
      drill('flows'),
    ),

    kept('643-644', ...OPEN, verify('pages')),
    corrected(
      '645',
      'There are no other servers: federation is off. The port is open to the host that checks tokens for calls.',
      ...OPEN,
      MATRIX,
      verify('pages'),
      rule('MX-009'),
    ),
    kept('646', ...OPEN, role('haproxy'), alert('HAProxyBackendDown')),
    corrected(
      '651',
      'With TLS and an account for each service. A single LiveKit has no use for it, and then nobody but monitoring may connect.',
      ...OPEN,
      CALLS,
      verify('redis'),
    ),
    extended(
      '656-657',
      'With TLS and passwords. Grafana and administrators alone can ask Prometheus.',
      ...OPEN,
      role('prometheus'),
      role('grafana'),
      verify('prometheus'),
    ),
    extended('662', 'The controller, from which Ansible runs, is let in as well.', ...OPEN, role('base')),
    kept('663', ...OPEN, role('node_exporter'), alert('HostDown')),
  ],
}
