import { DATABASE_BACKUP, FIGURES, MATRIX } from '../holders.ts'
import {
  criticalServices,
  erasureSet,
  noEgress,
  proxyWithoutUdp,
  recoveryTime,
  relaysDirect,
  twoSources,
} from '../repeated.ts'
import { alert, type Chapter, corrected, drill, extended, kept, role, verify } from '../statement.ts'

export const executiveSummary: Chapter = {
  title: 'Title and executive summary',
  statements: [
    kept('5', FIGURES),
    kept('7', FIGURES, verify('records')),
    kept('27', FIGURES, role('haproxy')),
    criticalServices('29'),
    kept('30', FIGURES, MATRIX),
    corrected(
      '31',
      'Both ranges together would be 2 to 10 MB a message. They size different things, and the deployment expects each for itself: 100,000 messages and 200 GB a day.',
      FIGURES,
      alert('SendingSlow'),
      alert('ObjectStoreNearlyFull'),
    ),
    kept('32', role('keepalived'), role('patroni'), drill('failover'), drill('damage')),
    extended(
      '33',
      'Off for real: nobody comes in, and an empty list of servers lets nothing out. One path stays, on which a service asks whose a token is, since no call begins without it.',
      MATRIX,
      verify('pages'),
    ),
    noEgress('34'),
    relaysDirect('35'),
    recoveryTime('41'),
    erasureSet('42'),
    kept('43', role('haproxy'), role('keepalived'), alert('VipOwnedByNobody')),
    proxyWithoutUdp('44'),
    extended(
      '45',
      "The profile `seed` has the seed's workers and no others. `balanced`, one word away, relieves the main process of what it would do itself then: media, typing, receipts, devices, pushes.",
      MATRIX,
    ),
    extended(
      '46',
      "Synapse's makers do not speak of this mode. Three measures make it hold: its session settings belong to its role, an alias keeps sessions for what needs one, and upgrades lift the timeout of statements first.",
      role('pgbouncer'),
      role('patroni'),
      FIGURES,
      verify('databases'),
    ),
    kept('47', role('pgbackrest'), DATABASE_BACKUP, verify('repositories'), role('restore_drill')),
    twoSources('48'),
  ],
}
