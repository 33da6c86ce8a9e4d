import { CALLS, FIGURES, MATRIX, ZONE } from '../holders.ts'
import { relaysDirect, smallPools, workerChecks } from '../repeated.ts'
import { alert, type Chapter, corrected, extended, kept, role, rule, test, verify } from '../statement.ts'

export const scaling: Chapter = {
  title: '8. Scaling considerations',
  statements: [
    kept('797', role('prometheus'), verify('prometheus')),
    kept('801', alert('HostBusy'), rule('CAP-002')),
    corrected(
      '802',
      'The factor counts entries; what lowers memory is the ceiling of caches, which follows from the memory that is declared. Above 90 % an alert is raised, as said.',
      alert('HostShortOfMemory'),
      MATRIX,
      rule('CAP-001'),
      rule('CAP-008'),
    ),
    kept('803', alert('DatabaseHostBusy'), rule('CAP-002')),
    kept('804', alert('DatabaseHostShortOfMemory'), FIGURES, rule('DB-013')),
    kept('805', alert('LinkSaturated'), rule('CAP-004')),
    corrected(
      '806',
      'A sync lasts as long as its client asked to wait, so that percentiles of its time say nothing. The alert looks at the work of a sync, and has the same threshold.',
      alert('SyncSlow'),
      MATRIX,
    ),
    corrected(
      '807',
      "Connections end at the pool before PostgreSQL has no more: clients that wait are the sign, and a larger pool or shorter statements the way out. The seed's threshold is an alert as well.",
      alert('PgBouncerClientsWaiting'),
      alert('PostgresConnectionsHigh'),
      role('pgbouncer'),
      rule('POOL-002'),
      rule('POOL-003'),
    ),

    corrected(
      '812',
      "Counts stand in the deployment's options, `workers: { sync: 10 }`. `vars.yml` is written from them, and whoever edits it by hand is told so.",
      MATRIX,
      test('test/emit/disk.test.ts'),
    ),
    extended(
      '813',
      'To add, `--tags=install-all,start` is enough and faster; `setup-all` is for what is removed. What follows outside of Matrix, such as targets of monitoring, follows by the next build.',
      MATRIX,
      verify('prometheus'),
    ),
    workerChecks('814'),
    kept('815', MATRIX, rule('MX-003')),
    smallPools('816'),

    kept('819', role('coturn'), FIGURES),
    extended('820', 'The record follows from the host.', ZONE, verify('records')),
    extended(
      '821',
      "Synapse's list and LiveKit's follow from the hosts, and each relay's certificate with them.",
      MATRIX,
      CALLS,
      verify('ways'),
    ),
    relaysDirect('822'),

    kept('825', FIGURES, role('livekit')),
    extended(
      '826',
      'A second node in the list is enough: both use Redis then, with an account of their own. Several nodes without Redis are refused.',
      CALLS,
      role('redis'),
      rule('RTC-005'),
    ),
    kept('827', CALLS, role('livekit')),
    extended('828', 'Both follow from the list of nodes.', ZONE, CALLS),

    smallPools('832'),
    kept('834-835', MATRIX, FIGURES, rule('CAP-005')),
    corrected(
      '836',
      'Towards the poolers it is 190. Towards PostgreSQL the pools are what counts: at most 210 of all three poolers. A pooler takes 1,000 clients, since the 100 that it takes unless told would refuse some.',
      FIGURES,
      role('pgbouncer'),
      rule('POOL-002'),
      rule('POOL-003'),
    ),
    kept('837', FIGURES, role('patroni'), alert('PostgresConnectionsHigh'), rule('POOL-003')),
    kept('838', FIGURES, role('pgbouncer'), rule('POOL-003')),
    kept('839', FIGURES, role('pgbouncer'), alert('PostgresConnectionsHigh'), rule('POOL-003')),
  ],
}
