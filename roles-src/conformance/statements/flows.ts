import { CALLS, FIGURES, MATRIX, SITES } from '../holders.ts'
import {
  erasureSet,
  forwardedFor,
  livekitName,
  mediaPorts,
  metricsPaths,
  poolerToWriter,
  proxyWithoutUdp,
  relayNames,
  relaysDirect,
  smallPools,
  wellKnown,
  writerCheck,
  writesToPrimary,
} from '../repeated.ts'
import {
  type Chapter,
  corrected,
  drill,
  extended,
  kept,
  role,
  rule,
  type Statement,
  verify,
} from '../statement.ts'

/** Where clients are told to ask for calls. */
const controlName = (lines: string): Statement =>
  corrected(
    lines,
    "One name cannot lead both past the edge and to it. Clients are told `rtc.` below the domain, which is the edge's virtual IP; the edge answers for this name, too, should somebody ask it.",
    CALLS,
    MATRIX,
    verify('records'),
    verify('pages'),
    rule('NAME-001'),
  )

export const flows: Chapter = {
  title: '7. Data flow diagram',
  statements: [
    kept('672-676', FIGURES, verify('pages')),
    forwardedFor('678-680'),
    kept('682-684', MATRIX, SITES, drill('flows')),
    kept('686-688', MATRIX),
    corrected(
      '690-692',
      "Every process of Synapse asks the database itself; the main process is asked for what it alone may write, inside Docker's network.",
      MATRIX,
      FIGURES,
    ),
    smallPools('694'),
    poolerToWriter('696'),
    writerCheck('698'),
    writesToPrimary('700-704'),

    kept('710-712', SITES, verify('pages')),
    corrected(
      '714',
      "Client readers cannot serve media: the main process does under the seed's profile, and workers of their own do under `balanced`.",
      MATRIX,
      rule('MX-001'),
    ),
    extended(
      '716-718',
      'Before an upload is acknowledged, so that none is lost with the host; with TLS on both sides of the proxy.',
      MATRIX,
      verify('buckets'),
    ),
    kept('720-722', role('haproxy'), verify('buckets')),
    erasureSet('724-726'),

    relaysDirect('732-733'),
    kept('735', CALLS, verify('pages')),
    controlName('737'),
    kept('739-741', role('lk_jwt_service'), CALLS, FIGURES),
    mediaPorts('743'),
    corrected(
      '745',
      'LiveKit mixes nothing: it forwards to each participant what the others send.',
      role('livekit'),
      verify('ways'),
    ),
    kept('749', CALLS, SITES),
    extended(
      '750',
      'Federation is off, so this is the one of its paths that stays, for the host that asks.',
      role('lk_jwt_service'),
      MATRIX,
      verify('pages'),
      rule('MX-009'),
    ),
    kept('751', CALLS, verify('ways')),
    mediaPorts('752'),
    relaysDirect('753'),
    proxyWithoutUdp('754'),
    livekitName('755'),
    relayNames('756'),

    kept('761-763', MATRIX, verify('pages')),
    wellKnown('765-771'),
    extended(
      '773',
      'Synapse tells the same itself, since newer clients ask for calls only there.',
      MATRIX,
      CALLS,
      verify('pages'),
    ),

    metricsPaths('779-784'),
    metricsPaths('786-788'),
  ],
}
