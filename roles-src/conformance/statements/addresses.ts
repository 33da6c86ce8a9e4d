import { FIGURES, ZONE } from '../holders.ts'
import {
  backupServers,
  hostsFile,
  livekitName,
  mediaDirect,
  poolerToWriter,
  proxyWithoutUdp,
  relayNames,
  relaysDirect,
  serverCount,
  writerCheck,
  writesToPrimary,
} from '../repeated.ts'
import { type Chapter, drill, extended, kept, role, rule, type Statement, verify } from '../statement.ts'

/** Virtual IPs are called by what is found there; the seed's names lead there, too. */
const vipName = (lines: string): Statement =>
  extended(
    lines,
    "A virtual IP is called by what is found there, `edge-vip`, `database-vip` and `storage-vip`, whatever serves it; the seed's name leads to it as well.",
    FIGURES,
    verify('names'),
    rule('NAME-004'),
  )

export const addresses: Chapter = {
  title: '5. IP address planning',
  statements: [
    extended(
      '456',
      'They are written once, in `inventory/production.ts`. A role in which an address or a name of a deployment stands is refused.',
      FIGURES,
      role('preflight'),
      rule('NET-001'),
      rule('NET-002'),
    ),
    vipName('460'),
    hostsFile('461-462'),
    hostsFile('467'),
    vipName('472'),
    hostsFile('473-475'),
    writesToPrimary('479'),
    kept('480', role('haproxy'), FIGURES, verify('databases')),
    poolerToWriter('481'),
    writerCheck('482'),
    backupServers('483'),
    vipName('487'),
    hostsFile('488-491'),
    relayNames('496-497'),
    livekitName('498'),
    hostsFile('499'),
    hostsFile('504-505'),

    kept('510', role('base'), role('dns'), verify('names'), verify('records')),
    hostsFile('512'),
    extended(
      '516-517',
      "A host's own name leads to its address and never to the loopback, since members of clusters tell it to each other.",
      role('base'),
      FIGURES,
      verify('names'),
    ),
    vipName('520'),
    hostsFile('521-522'),
    vipName('525'),
    hostsFile('526-528'),
    vipName('531'),
    hostsFile('532-535'),
    relayNames('538-539'),
    livekitName('542'),
    hostsFile('543'),
    hostsFile('546-547'),
    serverCount('550'),

    kept('554', role('dns'), ZONE, verify('records'), rule('DNS-002')),
    kept('558-559', ZONE, FIGURES, verify('records'), rule('NAME-001')),
    relayNames('560-561'),
    livekitName('562'),
    relaysDirect('566'),
    mediaDirect('567'),
    kept('568', ZONE, verify('pages'), drill('flows')),
    proxyWithoutUdp('569'),
  ],
}
