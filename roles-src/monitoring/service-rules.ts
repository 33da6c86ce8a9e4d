import { defineServiceRule, type Place, parseDays, type ServiceRule, type Violation } from '#topology'
import { reachedInside } from '../firewall/inside.ts'
import { BYTES_PER_SAMPLE, SECONDS, SERIES_PER_TARGET } from './capacity.ts'
import type { MonitoringOptions } from './service.ts'
import { scrapeJobs } from './targets.ts'

const at = (...keys: readonly (string | number)[]) => ['services', 'prometheus', ...keys]

const somebodyTold = defineServiceRule<MonitoringOptions>({
  code: 'MON-001',
  severity: 'warning',
  demand: 'Alerts reach somebody: by mail or by a webhook.',
  reason: 'What is seen in an interface alone is seen when somebody looks, which is after users have called.',
  evidence: "Alertmanager's documentation: a receiver without an integration discards what it gets.",
  wayOut: 'Say emails and mail, or webhooks, of the service prometheus.',
  check: ({ webhooks, emails }) =>
    webhooks.length + emails.length > 0
      ? []
      : [
          {
            message: 'Nobody is told of alerts: there is neither an address nor a webhook.',
            subject: 'prometheus',
            at: at(),
          },
        ],
})

const mailServer = defineServiceRule<MonitoringOptions>({
  code: 'MON-002',
  severity: 'error',
  demand: 'Where alerts go to addresses, there is a mail server that takes them.',
  reason: 'Alertmanager does not start with an address and no server to give the mail to.',
  evidence:
    "Alertmanager's documentation, setting smtp_smarthost; amtool check-config refuses such a configuration.",
  wayOut: "Say mail: { server: 'mail.example.org:587', from: 'alerts@example.org' }.",
  check: ({ emails, mail }) =>
    emails.length === 0 || mail
      ? []
      : [
          {
            message: `Alerts are to go to ${emails.join(', ')}, and there is no mail server.`,
            subject: 'prometheus',
            at: at('emails'),
          },
        ],
})

const metricsFit = defineServiceRule<MonitoringOptions>({
  code: 'MON-003',
  severity: 'warning',
  demand: 'Metrics of all the days that are kept fit in their share of the disk.',
  reason:
    'Prometheus throws away the oldest when its share is full: the days that were asked for would not be there.',
  evidence: `Prometheus' documentation, chapter Storage: seconds × samples a second × 1 to 2 bytes; here ${SERIES_PER_TARGET} series a target every ${SECONDS} seconds.`,
  wayOut: 'Keep metrics for fewer days, or give the host a larger first disk.',
  check: ({ host, keep }, topology) => {
    const targets = scrapeJobs(topology).reduce((sum, job) => sum + job.targets.length, 0)
    const days = parseDays(keep) ?? 0
    const needed = (days * 86_400 * targets * SERIES_PER_TARGET * BYTES_PER_SAMPLE) / SECONDS / 1e9
    const share = topology.size('prometheus', host, 'retention')
    return needed <= share
      ? []
      : [
          {
            message: `${days} days of ${targets} targets are some ${Math.ceil(needed)} GB, and metrics have ${share} GB: some ${Math.floor((days * share) / needed)} days.`,
            subject: 'prometheus',
            at: at('keep'),
          },
        ]
  },
})

const watchedItself = defineServiceRule<MonitoringOptions>({
  code: 'MON-004',
  severity: 'warning',
  demand: 'Somebody outside notices when monitoring itself is silent.',
  reason: 'A monitoring host that is lost raises no alert, and all seems well.',
  evidence:
    'Monitoring is one host; the alert Watchdog always fires, so that its silence is told by whoever gets it.',
  wayOut: 'Say heartbeat: a URL whose owner raises the alarm when the calls end.',
  check: ({ heartbeat }) =>
    heartbeat === undefined
      ? [
          {
            message: 'Nobody notices when monitoring itself is silent: there is no heartbeat.',
            subject: 'prometheus',
            at: at(),
          },
        ]
      : [],
})

/** The host of a URL or of `name:port`; undefined for what is neither. */
const hostOf = (place: string): string | undefined =>
  /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^:/]+)/i.exec(place)?.[1]

const alertsLeave = defineServiceRule<MonitoringOptions>({
  code: 'MON-005',
  severity: 'warning',
  demand: 'Webhooks, the mail server and the heartbeat are where hosts may connect to after the cut.',
  reason:
    'The firewall closes every way but those to the own networks, and hosts know no name but those in their hosts files: alerts are raised, and nobody is told of them.',
  evidence:
    'roles-src/firewall/inside.ts lists what stays open; roles-src/lockdown leaves /etc/hosts alone to answer for names, unless it is told of resolvers.',
  wayOut:
    'Give an address in a network of the deployment, its clients, its administrators or firewall.egressNetworks, or a name that base.names has; waive this where a resolver of your own leads the name there.',
  check: ({ webhooks, emails, mail, heartbeat }, topology) => {
    const { firewall } = topology.deployment.input.services
    // Whoever leaves the way out open is told so by a rule of its own.
    if (firewall?.egress === 'open') return []
    const told: readonly (readonly [what: string, place: string, at: Place])[] = [
      ...webhooks.map((url, index) => ['The webhook', url, at('webhooks', index)] as const),
      ...(mail && emails.length > 0 ? [['The mail server', mail.server, at('mail', 'server')] as const] : []),
      ...(heartbeat === undefined ? [] : [['The heartbeat', heartbeat, at('heartbeat')] as const]),
    ]
    return told.flatMap(([what, place, where]): readonly Violation[] => {
      const host = hostOf(place)
      return host !== undefined && reachedInside(host, topology, firewall?.egressNetworks ?? [])
        ? []
        : [
            {
              message: `${what} ${place} is out of reach after the cut: ${host} is neither an address inside nor a name that hosts know.`,
              subject: host ?? place,
              at: where,
            },
          ]
    })
  },
})

/** What monitoring must keep. */
export const rules: readonly ServiceRule<MonitoringOptions>[] = [
  somebodyTold,
  mailServer,
  metricsFit,
  watchedItself,
  alertsLeave,
]
