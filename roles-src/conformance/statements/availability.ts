import { CALLS, FIGURES, MATRIX } from '../holders.ts'
import { recoveryTime, smallPools, standbyReads, writerCheck } from '../repeated.ts'
import { alert, type Chapter, corrected, drill, extended, kept, role, rule, verify } from '../statement.ts'

export const availability: Chapter = {
  title: '9. High availability strategy',
  statements: [
    corrected(
      '848',
      'With an advert each second a lost host is noticed after three of them: 2.8 s were measured. A stopped keepalived takes 0.8 s, a dead HAProxy 2.3 s. `advertInterval` can be shorter.',
      role('keepalived'),
      alert('VipOwnedByNobody'),
      rule('EDGE-002'),
    ),
    kept('849', role('keepalived'), alert('VipOwnedByNobody'), rule('HA-001')),
    kept('850', role('keepalived'), role('haproxy'), rule('EDGE-002')),
    kept('851', role('keepalived'), alert('ProbeFailed')),
    kept('852', rule('NET-012'), CALLS, drill('flows')),

    kept('855', role('coturn'), alert('ProbeFailed')),
    extended(
      '856',
      'New calls ask all relays at once, so that one that is lost costs them no time.',
      MATRIX,
      CALLS,
      verify('relays'),
    ),
    corrected(
      '857',
      'How soon a running call finds another relay is up to its client; the deployment can only offer both, and checks that each is enough. No time is promised.',
      verify('relays'),
      verify('ways'),
      alert('ProbeFailed'),
    ),
    kept('858', verify('ways'), alert('ProbeFailed')),
    kept('859', MATRIX, CALLS, verify('ways'), rule('RTC-002')),

    extended(
      '862',
      'It is watched from outside and by its metrics.',
      alert('CallsFail'),
      alert('InstanceDown'),
    ),
    extended(
      '863',
      'systemd starts it again, whatever its exit status, since LiveKit ends with 0 even when it cannot start.',
      role('livekit'),
      CALLS,
      alert('UnitRestarts'),
      rule('HA-006'),
    ),
    kept('864', role('livekit'), CALLS, rule('HA-006')),
    kept('865', role('livekit'), alert('CallsFail')),
    corrected(
      '866',
      'It holds for media and for calls that run. Joining a call passes the edge, so that a moving virtual IP interrupts it for some seconds.',
      CALLS,
      role('keepalived'),
      drill('flows'),
    ),

    corrected(
      '869',
      "Every 5 s, since the seed's recovery time cannot be met with 10; the key of a writer that is silent ends after 20 s.",
      role('patroni'),
      drill('failover'),
      alert('PatroniNoPrimary'),
      rule('DB-004'),
      rule('DB-005'),
    ),
    extended(
      '870',
      'An old writer that comes back is rewound and follows the new one by itself, also when it was killed in between.',
      role('patroni'),
      drill('failover'),
      rule('DB-003'),
    ),
    recoveryTime('871'),
    standbyReads('872'),
    writerCheck('873'),

    corrected(
      '876',
      'Behind a pooler nothing is refused: clients wait, and get an error after 30 s. The alert is raised after two minutes of waiting.',
      role('pgbouncer'),
      alert('PgBouncerClientsWaiting'),
      alert('QueriesWait'),
    ),
    smallPools('877'),
    corrected(
      '878',
      "The limit that is met is the pool's, not PostgreSQL's: find the statements that hold connections, then enlarge the pool, whose sum over all poolers stays below max_connections - 100.",
      role('pgbouncer'),
      FIGURES,
      alert('PgBouncerClientsWaiting'),
      rule('POOL-003'),
    ),
    extended(
      '879',
      'For 30 s, and not for the two minutes of the default.',
      role('pgbouncer'),
      alert('QueriesWait'),
    ),
  ],
}
